"""Law 10: no goods leave before the processor's own record confirms amount and currency."""

import pytest

from hub.domain.order import HoldKind
from hub.domain.records import HoldReleaseRecord, Kind, Record, Source, vendor_key
from tests.building import at, order, payment
from tests.laws.asking import commands, orders
from tests.small_hub import SmallHub

SALE = order(claims=(vendor_key("stripe", "pi_1"),))


@pytest.mark.parametrize(
    "said",
    [
        [],
        [payment(captured=0)],
        [payment(captured=9_999)],
        [payment(currency="USD")],
        [payment(authority=False)],
        [payment(refunded=10_000)],
        [payment("pi_other")],
    ],
    ids=["no payment", "pending", "too little", "another currency", "only the store says so", "given back", "not ours"],
)
async def test_nothing_is_shipped_without_the_money(house: SmallHub, said: list[Record]) -> None:
    await house.say(SALE, *said)
    await house.settle()

    assert await commands(house.db) == []
    [sale] = [each for each in await orders(house.db) if each.is_sale]
    assert any(hold.active for hold in sale.holds)


async def test_the_processors_word_lets_goods_leave_once(house: SmallHub) -> None:
    await house.say(SALE)
    await house.settle()
    await house.say(payment())
    await house.settle()

    assert [row.state for row in await commands(house.db)] == ["done"]
    assert len(house.sandboxes["carrier"].state()["parcels"]) == 1


async def test_a_person_may_let_it_go_and_their_name_stays(house: SmallHub) -> None:
    await house.say(SALE)
    [sale] = await orders(house.db)
    [hold] = sale.holds
    assert hold.kind is HoldKind.PAYMENT_NOT_VERIFIED

    await house.say(
        HoldReleaseRecord(
            source=Source("hub", Kind.HOLD_RELEASE, "rel_1"),
            version=1,
            claims=(sale.id,),
            created_at=at(9),
            updated_at=at(9),
            hold=hold.id,
            by="Grace",
        )
    )
    await house.settle()

    [sale] = await orders(house.db)
    assert [(each.released_by, each.active) for each in sale.holds] == [("Grace", False)]
    assert len(house.sandboxes["carrier"].state()["parcels"]) == 1


async def test_a_release_does_not_cover_what_is_added_later(house: SmallHub) -> None:
    await test_a_person_may_let_it_go_and_their_name_stays(house)
    dearer = order(total=20_000, version=2, claims=(vendor_key("stripe", "pi_1"),))

    await house.say(dearer)

    [sale] = await orders(house.db)
    assert [hold.active for hold in sale.holds] == [True]
