"""Law 7, as far as explicit references go: a merge reassigns records and folds again, and its end gives both back."""

from dataclasses import replace

import pytest

from hub.domain.order import Order
from hub.domain.records import OrderRecord, Source, vendor_key
from hub.store.database import Database
from hub.store.reading import customers_by_id, orders_by_id
from tests.building import at, customer, order, payment, shipment
from tests.laws.asking import changes, commands, orders
from tests.laws.snapshot import golden
from tests.small_hub import SmallHub

TILL = order("77", connection="pos", total=10_000, note="from the till")
WEB = order("1001", connection="shop", total=10_000, claims=(vendor_key("stripe", "pi_1"),))
# The store learns of the till's order, and says so.
JOINED = replace(WEB, version=2, updated_at=at(2), claims=(*WEB.claims, TILL.source.key))


async def by_id(db: Database, *ids: str) -> dict[str, str]:
    """Which order answers to each of these ids."""
    async with db.read() as held:
        return {asked: found.id for asked, found in (await orders_by_id(held, ids)).items()}


def sources(found: Order) -> set[Source]:
    return {view.source for view in found.sources}


async def both(house: SmallHub, *, till: OrderRecord = TILL, web: OrderRecord = WEB) -> None:
    """The two as they would be if they had never met."""
    first, second = await orders(house.db)
    by_number = {each.number: each for each in (first, second)}
    assert sources(by_number["#77"]) == {till.source}
    assert sources(by_number["#1001"]) == {web.source, payment().source}
    assert by_number["#77"].note == till.note
    assert by_number["#1001"].note == web.note
    assert (by_number["#77"].captured.minor, by_number["#1001"].captured.minor) == (0, 10_000)


async def test_a_reference_makes_two_one_and_every_record_of_both_is_in_it(house: SmallHub) -> None:
    await house.say(TILL, WEB, payment())
    await both(house)

    await house.say(JOINED)

    [one] = await orders(house.db)
    assert sources(one) == {TILL.source, WEB.source, payment().source}
    assert await by_id(house.db, TILL.source.key, WEB.source.key) == dict.fromkeys(
        [TILL.source.key, WEB.source.key], one.id
    )


async def test_when_the_reference_is_gone_both_come_back_with_what_was_edited_meanwhile(house: SmallHub) -> None:
    await house.say(TILL, WEB, payment())
    await house.say(JOINED)
    edited = replace(TILL, version=2, updated_at=at(5), note="two bags")
    await house.say(edited)
    assert len(await orders(house.db)) == 1

    parted = replace(JOINED, version=3, updated_at=at(6), claims=WEB.claims, note="not that one")
    await house.say(parted)

    await both(house, till=edited, web=parted)
    assert await by_id(house.db, TILL.source.key, WEB.source.key) == {
        TILL.source.key: TILL.source.key,
        WEB.source.key: WEB.source.key,
    }


async def test_a_merge_and_its_end_leave_the_bytes_of_two_that_never_met(house: SmallHub) -> None:
    parted = replace(JOINED, version=3, updated_at=at(6), claims=WEB.claims)
    await house.say(TILL, parted, payment())
    never_met = await golden(house.db)
    again = replace(JOINED, version=4, updated_at=at(6))
    await house.say(again)
    assert len(await orders(house.db)) == 1

    await house.say(replace(parted, version=5))

    met = await golden(house.db)
    # The version that the store counts is part of what it said; all else is the same.
    said = {row[0]: row[-1].replace(b'"version":5', b'"version":3') for row in met["orders"]}
    assert said == {row[0]: row[-1] for row in never_met["orders"]}
    assert met["order_terms"] == never_met["order_terms"] and met["holds"] == never_met["holds"]


async def test_a_stale_reference_neither_merges_nor_parts(house: SmallHub) -> None:
    await house.say(TILL, replace(WEB, version=9, updated_at=at(9)), payment())

    await house.say(JOINED)  # it was true once, and comes late

    await both(house)


async def test_two_orders_of_one_system_are_never_one_whatever_refers_to_both(house: SmallHub) -> None:
    other = order("1002", claims=(WEB.source.key, vendor_key("stripe", "pi_1")))

    await house.say(WEB, payment(), other)

    assert sorted(each.number for each in await orders(house.db)) == ["#1001", "#1002"]


async def test_a_payment_that_two_orders_claim_belongs_to_one_and_stops_it_until_one_lets_go(house: SmallHub) -> None:
    rival = order("1002", claims=(vendor_key("stripe", "pi_1"),))
    await house.say(WEB, rival, payment())
    [owner] = [each for each in await orders(house.db) if each.payments]
    assert any("claimed by another order" in hold.reason and hold.active for hold in owner.holds)
    assert not owner.may_fulfil

    loser = rival if owner.number == "#1001" else WEB
    await house.say(replace(loser, version=2, claims=()))

    [owner] = [each for each in await orders(house.db) if each.payments]
    assert owner.holds == ()


async def test_a_payment_that_came_first_is_absorbed_by_its_sale_and_its_id_still_answers(house: SmallHub) -> None:
    await house.say(payment())
    [alone] = await orders(house.db)
    assert not alone.is_sale

    await house.say(WEB)

    assert await by_id(house.db, alone.id) == {alone.id: WEB.source.key}
    told = [row.summary for row in await changes(house.db) if row.order_id == alone.id]
    assert told[-1] == f"became part of {WEB.source.key}"

    await house.say(replace(WEB, version=2, claims=()))

    assert await by_id(house.db, alone.id) == {alone.id: alone.id}
    assert {each.id for each in await orders(house.db)} == {alone.id, WEB.source.key}


async def test_customers_part_as_they_met(house: SmallHub) -> None:
    in_books = customer("9", connection="books", name="A. Lovelace", phone="+44 1")
    await house.say(customer(), replace(in_books, claims=(customer().source.key,)))
    ids = [customer().source.key, in_books.source.key]
    async with house.db.read() as held:
        together = await customers_by_id(held, ids)
    assert len({each.id for each in together.values()}) == 1

    await house.say(replace(in_books, version=2, name="A. King"))

    async with house.db.read() as held:
        apart = await customers_by_id(held, ids)
    assert {asked: found.id for asked, found in apart.items()} == {each: each for each in ids}
    assert apart[in_books.source.key].name == "A. King"


async def test_what_was_asked_of_a_system_stays_with_the_sale_that_it_was_asked_for(house: SmallHub) -> None:
    """A merge must not ask for a second parcel; its end must not lose the first."""
    await house.say(WEB, payment())
    await house.settle()
    [bought] = await commands(house.db)
    await house.say(TILL)
    await house.say(JOINED)
    await house.settle()

    assert len(house.sandboxes["carrier"].state()["parcels"]) == 1

    await house.say(replace(JOINED, version=3, updated_at=at(6), claims=WEB.claims))
    await house.settle()

    assert len(house.sandboxes["carrier"].state()["parcels"]) == 1
    [command] = await commands(house.db)
    assert (command.id, command.state) == (bought.id, "done")
    [web] = [each for each in await orders(house.db) if each.number == "#1001"]
    assert [parcel.source.connection for parcel in web.shipments] == ["carrier"]


async def test_every_assignment_can_be_explained_by_the_keys_that_are_shared(house: SmallHub) -> None:
    await house.say(TILL, JOINED, payment(), shipment(of=WEB))

    [one] = await orders(house.db)
    said = {
        record.source: {record.source.key, *record.claims} for record in (TILL, JOINED, payment(), shipment(of=WEB))
    }
    reached, waiting = set(said[JOINED.source]), set(sources(one)) - {JOINED.source}
    while near := {each for each in waiting if said[each] & reached}:
        reached |= {key for each in near for key in said[each]}
        waiting -= near
    assert waiting == set()


async def test_a_reply_that_is_lost_before_a_merge_makes_no_second_effect_after_its_end(house: SmallHub) -> None:
    await house.say(WEB, payment())
    await house.plan()
    house.sandboxes["carrier"].faults.drop_replies = 1
    await house.deliver()
    await house.say(TILL)
    await house.say(JOINED)
    await house.plan()
    await house.say(replace(JOINED, version=3, updated_at=at(6), claims=WEB.claims))
    await house.settle()

    assert len(house.sandboxes["carrier"].state()["parcels"]) == 1
    assert {row.state for row in await commands(house.db)} == {"done"}


@pytest.mark.parametrize("first", [TILL, WEB], ids=["the till's was first", "the shop's was first"])
async def test_what_one_of_two_has_done_already_is_not_done_for_the_other_when_they_become_one(
    house: SmallHub, first: OrderRecord
) -> None:
    """Though the other's command waits for its turn, and the worker is quicker than the next plan."""
    cash = payment("pi_2", claims=(TILL.source.key,))
    await house.say(first, *([payment()] if first is WEB else [cash]))
    await house.settle()
    await house.say(TILL, WEB, payment(), cash)
    await house.plan()
    assert sorted(row.state for row in await commands(house.db)) == ["done", "pending"]

    await house.say(JOINED)
    await house.deliver()
    await house.settle()

    assert sorted(row.state for row in await commands(house.db)) == ["done", "superseded"]
    assert len(house.sandboxes["carrier"].state()["parcels"]) == 1
