"""Commands: planned from the state, found again by what they left, and never done twice."""

from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors.shopify import CONNECTOR
from connectors.shopify.plan import HOLD_TAG, CancelOrder, FulfilOrder, TagOrder, plan
from connectors.shopify.sandbox import ShopifySandbox
from hub.connector import Account, Find, OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.errors import Missing, Refused
from hub.domain.ids import CommandId
from hub.domain.order import (
    Hold,
    HoldKind,
)
from hub.domain.records import (
    CancellationRecord,
    Kind,
    OrderRecord,
    Record,
    ShipmentRecord,
    ShipmentStatus,
    Source,
)
from tests.building import golden_order
from tests.connectors.shopify.shop import (
    HAT,
    MUG,
    NOON,
    Clock,
    account,
    heard,
    newest,
    read_events,
    records,
    sandbox,
    settings,
)

KEY = CommandId("cmd_1")
HELD = Hold(id="hold_1", kind=HoldKind.PAYMENT_NOT_VERIFIED, reason="no payment")


@pytest.fixture
def shop() -> ShopifySandbox:
    return sandbox(Clock())


@pytest.fixture
def way(shop: ShopifySandbox) -> Account:
    return account(shop)


@pytest.fixture
def order(shop: ShopifySandbox) -> str:
    return str(shop.acts()["place_order"](lines=[MUG, HAT], email="ada@example.com", transactions=[{}])["order_id"])


async def send(way: Account, wish: Command) -> dict[str, Record]:
    return newest(read_events(await CONNECTOR.push[type(wish)].send(way, wish, KEY)))


async def look(way: Account, wish: Command) -> bool:
    safety = CONNECTOR.push[type(wish)].safety
    assert isinstance(safety, Find)
    return await safety.look(way, wish, KEY) is not None


def shown(shop: ShopifySandbox) -> dict[str, Any]:
    found: dict[str, Any] = shop.state()["orders"][0]
    return found


# -------------------------------------------------------------------------------------------------------- push


async def test_a_parcel_is_told_once_and_found_again(shop: ShopifySandbox, way: Account, order: str) -> None:
    wish = FulfilOrder(target="1Z", order=order, carrier="UPS", url="https://example.com/1Z")
    assert not await look(way, wish)

    said = await send(way, wish)

    assert await look(way, wish)
    assert shown(shop)["fulfilment_status"] == "fulfilled"
    (parcel,) = (record for record in said.values() if isinstance(record, ShipmentRecord))
    assert (parcel.tracking_numbers, parcel.carrier) == (("1Z",), "UPS")
    with pytest.raises(Refused, match="nothing of the order is open"):
        await send(way, wish)


async def test_a_lost_answer_leaves_what_the_look_up_finds(shop: ShopifySandbox, way: Account, order: str) -> None:
    wish = FulfilOrder(target="1Z", order=order)
    shop.faults.drop_replies = 1

    with pytest.raises((httpx.HTTPError, AssertionError)):
        await send(way, wish)

    assert await look(way, wish)
    assert len(shown(shop)["fulfilments"]) == 1


async def test_a_parcel_with_some_of_the_lines_leaves_the_others_open(
    shop: ShopifySandbox, way: Account, order: str
) -> None:
    mug, hat = (line.id for line in shop.held.orders[int(order)].lines)

    await send(way, FulfilOrder(target="1Z", order=order, lines=((str(mug), 1),)))

    assert shown(shop)["fulfilment_status"] == "partial"
    with pytest.raises(Refused, match="less open"):
        await send(way, FulfilOrder(target="2Z", order=order, lines=((str(mug), 2), (str(hat), 1))))
    await send(way, FulfilOrder(target="3Z", order=order))
    assert shown(shop)["fulfilment_status"] == "fulfilled"


async def test_an_order_of_many_open_lines_is_fulfilled_whole(shop: ShopifySandbox, way: Account) -> None:
    lines = [{"sku": f"S{number}", "price": "1.00"} for number in range(130)]
    order = shop.acts()["place_order"](lines=lines)["order_id"]

    await send(way, FulfilOrder(target="1Z", order=order))

    assert shown(shop)["fulfilment_status"] == "fulfilled"


async def test_a_tag_is_set_and_taken_back_as_often_as_it_is_asked_for(
    shop: ShopifySandbox, way: Account, order: str
) -> None:
    for present in (True, True, False, False):
        said = await send(way, TagOrder(target=HOLD_TAG, order=order, present=present))

        (sale,) = (record for record in said.values() if isinstance(record, OrderRecord))
        assert (HOLD_TAG in sale.tags) is present
    assert shown(shop)["tags"] == []


async def test_a_cancellation_gives_no_money_back_and_is_found_again(
    shop: ShopifySandbox, way: Account, order: str
) -> None:
    wish = CancelOrder(order=order, reason="CUSTOMER", note="changed her mind")
    assert not await look(way, wish)

    await send(way, wish)

    assert await look(way, wish)
    assert shown(shop)["cancelled"]
    assert shown(shop)["refunded"] == "0.00"
    with pytest.raises(Refused, match="already been cancelled"):
        await send(way, wish)


async def test_what_is_gone_cannot_be_asked_for(way: Account) -> None:
    with pytest.raises(Missing):
        await send(way, FulfilOrder(target="1Z", order="404"))
    with pytest.raises(Refused):
        await send(way, TagOrder(target=HOLD_TAG, order="404", present=True))
    with pytest.raises(Refused):
        await send(way, CancelOrder(order="404", reason="OTHER"))


async def test_a_command_that_was_done_is_done_even_if_the_order_cannot_be_read_back(
    shop: ShopifySandbox, way: Account, order: str
) -> None:
    async def fall_silent(response: httpx.Response) -> None:
        shop.faults.refuse = 99

    way.http.event_hooks["response"].append(fall_silent)

    assert await send(way, TagOrder(target=HOLD_TAG, order=order, present=True)) == {}
    assert shown(shop)["tags"] == [HOLD_TAG]


# -------------------------------------------------------------------------------------------------------- plan


def parcel(number: str = "1Z", status: ShipmentStatus = ShipmentStatus.IN_TRANSIT, **more: Any) -> ShipmentRecord:
    return ShipmentRecord(
        source=Source("carrier", Kind.SHIPMENT, number),
        version=1,
        created_at=NOON,
        updated_at=NOON,
        status=status,
        carrier="UPS",
        tracking_numbers=(number,) if number else (),
        **more,
    )


def cancellation(reason: str = "customer") -> CancellationRecord:
    source = Source("hub", Kind.CANCELLATION, "c1")
    return CancellationRecord(source=source, version=1, created_at=NOON, updated_at=NOON, reason=reason, by="ada")


def view(
    shop: ShopifySandbox, *others: Record, holds: tuple[Hold, ...] = (), cancelled: bool = False, **more: Any
) -> OrderView:
    said = tuple(record for record in newest(heard(shop)).values() if record.source.kind is not Kind.CUSTOMER)
    (sale,) = (record for record in said if isinstance(record, OrderRecord))
    golden = golden_order(
        when=NOON,
        number=sale.number,
        cancelled_at=NOON if cancelled else None,
        total=sale.total,
        subtotal=sale.subtotal,
        lines=sale.lines,
        holds=holds,
    )
    return OrderView(
        connection="shop",
        settings=settings(**more),
        order=golden,
        said=said,
        others=others,
        customer=None,
        customer_said=(),
    )


def test_an_order_in_line_asks_for_nothing(shop: ShopifySandbox, order: str) -> None:
    assert list(plan(view(shop))) == []


async def test_a_hold_is_shown_in_the_store_until_it_is_released(
    shop: ShopifySandbox, way: Account, order: str
) -> None:
    (wish,) = plan(view(shop, holds=(HELD,)))
    assert wish == TagOrder(target=HOLD_TAG, order=order, present=True)
    assert isinstance(wish, TagOrder)
    await send(way, wish)

    assert list(plan(view(shop, holds=(HELD,)))) == []
    released = replace(HELD, released_at=NOON, released_by="ada")
    assert list(plan(view(shop, holds=(released,)))) == [replace(wish, present=False)]


def test_a_store_that_wants_no_tags_gets_none(shop: ShopifySandbox, order: str) -> None:
    assert list(plan(view(shop, holds=(HELD,), hold_tags=False))) == []


def test_a_parcel_of_a_carrier_is_told_to_the_store(shop: ShopifySandbox, order: str) -> None:
    wishes = list(plan(view(shop, parcel(lines=(("of the carrier", 1),)))))

    assert wishes == [FulfilOrder(target="1Z", order=order, carrier="UPS")]
    assert FulfilOrder.releases_goods


@pytest.mark.parametrize(
    "other",
    [
        parcel(""),
        parcel(status=ShipmentStatus.PENDING),
        parcel(status=ShipmentStatus.CANCELLED),
        parcel(status=ShipmentStatus.FAILED),
    ],
)
def test_a_parcel_without_number_or_not_on_its_way_is_not(shop: ShopifySandbox, order: str, other: Record) -> None:
    assert list(plan(view(shop, other))) == []


async def test_a_parcel_that_the_store_knows_is_not_told_again(shop: ShopifySandbox, way: Account, order: str) -> None:
    await send(way, FulfilOrder(target="1Z", order=order))

    assert list(plan(view(shop, parcel(), parcel("2Z")))) == [FulfilOrder(target="2Z", order=order, carrier="UPS")]


def test_a_parcel_that_two_systems_tell_of_is_one(shop: ShopifySandbox, order: str) -> None:
    twice = replace(parcel(), source=Source("other", Kind.SHIPMENT, "x"))

    assert len(list(plan(view(shop, parcel(), twice)))) == 1


def test_only_a_cancellation_that_the_hub_was_asked_for_is_passed_on(shop: ShopifySandbox, order: str) -> None:
    assert list(plan(view(shop, cancelled=True))) == []
    (wish,) = plan(view(shop, cancellation(), cancelled=True))
    (other,) = plan(view(shop, cancellation("too dear " * 50), cancelled=True))

    assert isinstance(wish, CancelOrder)
    assert isinstance(other, CancelOrder)
    assert (wish.order, wish.reason, other.reason) == (order, "CUSTOMER", "OTHER")
    assert len(other.note) <= 255


async def test_a_store_that_cancelled_already_is_not_asked(shop: ShopifySandbox, order: str) -> None:
    shop.acts()["cancel_order"](order)

    assert list(plan(view(shop, cancellation(), cancelled=True))) == []


def test_an_order_that_left_cannot_be_cancelled_and_a_person_is_told(shop: ShopifySandbox, order: str) -> None:
    shop.acts()["fulfil_order"](order)

    (drift,) = plan(view(shop, cancellation(), cancelled=True))

    assert isinstance(drift, Mismatch)


def test_a_cancelled_order_gets_no_parcels(shop: ShopifySandbox, order: str) -> None:
    shop.acts()["cancel_order"](order)

    assert list(plan(view(shop, parcel(), cancelled=True))) == []
    assert records(heard(shop))
