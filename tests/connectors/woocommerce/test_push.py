"""Commands reach the store once, whatever becomes of the answer, and what it answers is done in the plan's eyes."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from connectors.woocommerce import CONNECTOR
from connectors.woocommerce.plan import (
    CancelOrder,
    CompleteOrder,
    MarkHold,
    RecordRefund,
    TellTracking,
    mark_of,
    plan,
)
from connectors.woocommerce.push import COMMAND_FIELD, REQUEST_FIELD
from connectors.woocommerce.read_order import HOLD_TAG
from connectors.woocommerce.sandbox import WooCommerceSandbox
from hub.connector import Account, Event, Find
from hub.domain.commands import Command
from hub.domain.errors import Missing, Refused, Unknown
from hub.domain.ids import CommandId
from hub.domain.money import Money
from hub.domain.records import OrderRecord, Record, RefundRecord
from tests import building
from tests.conftest import Time
from tests.connectors.woocommerce.store import account, heard, newest, read_events, records, sandbox, settings

KEY = CommandId("cmd_1")


@pytest.fixture(params=[True, False], ids=["orders table", "orders as posts"])
def store(request: pytest.FixtureRequest) -> WooCommerceSandbox:
    return sandbox(Time(), orders_table=request.param)


@pytest.fixture
def way(store: WooCommerceSandbox) -> Account:
    return account(store)


@pytest.fixture
def order(store: WooCommerceSandbox) -> str:
    placed: str = store.acts()["place_order"](payment_method="till", shipping="5.00")["order_id"]
    return placed


async def send(way: Account, wish: Command, key: CommandId = KEY) -> Sequence[Event]:
    return await CONNECTOR.push[type(wish)].send(way, wish, key)


async def look(way: Account, wish: Command, key: CommandId = KEY) -> Sequence[Event] | None:
    safety = CONNECTOR.push[type(wish)].safety
    assert isinstance(safety, Find)
    return await safety.look(way, wish, key)


def sale_in(events: Sequence[Event]) -> OrderRecord:
    (sale,) = (each for each in read_events(events) if isinstance(each, OrderRecord))
    return sale


def refund(order: str, amount: int = 1_250) -> RecordRefund:
    return RecordRefund(target="rr_1", order=order, amount=Money(amount, "USD"), reason="one broke")


def shown(store: WooCommerceSandbox) -> dict[str, Any]:
    (found,) = store.state()["orders"]
    assert isinstance(found, dict)
    return found


# ----------------------------------------------------------------------------------------------- lost answers


async def lost(store: WooCommerceSandbox, act: Callable[[], Awaitable[object]]) -> None:
    """The store does it, and the connection ends before the answer is whole."""
    store.faults.drop_replies = 1
    with pytest.raises(Unknown):
        await act()


async def test_a_refund_whose_answer_was_lost_is_found_and_there_is_one(
    store: WooCommerceSandbox, way: Account, order: str
) -> None:
    assert await look(way, refund(order)) is None
    await lost(store, lambda: send(way, refund(order)))

    found = await look(way, refund(order))

    assert found is not None
    assert [each.amount for each in read_events(found) if isinstance(each, RefundRecord)] == [Money(1_250, "USD")]
    assert len(shown(store)["refunds"]) == 1


async def test_a_refund_is_found_though_the_store_died_before_it_wrote_our_fields(
    store: WooCommerceSandbox, way: Account, order: str
) -> None:
    await send(way, refund(order))
    store.held.orders[int(order)].refunds[0].fields.clear()

    assert await look(way, refund(order)) is not None


@pytest.mark.parametrize(
    "wish",
    [
        lambda order: MarkHold(order=order, held=True),
        lambda order: TellTracking(target="TN1", order=order, carrier="UPS"),
        lambda order: CompleteOrder(order=order),
        lambda order: CancelOrder(order=order),
    ],
)
async def test_a_change_whose_answer_was_lost_is_sent_again_and_is_one(
    store: WooCommerceSandbox, way: Account, order: str, wish: Callable[[str], Command]
) -> None:
    await lost(store, lambda: send(way, wish(order)))
    once = shown(store)

    await send(way, wish(order))
    twice = shown(store)

    same = ("history", "status", "meta_data", "date_completed_gmt", "date_paid_gmt")
    assert {name: twice[name] for name in same} == {name: once[name] for name in same}


# ------------------------------------------------------------------------------------------------- what is done


async def test_a_refund_moves_no_money_and_no_stock_and_carries_our_reference(
    store: WooCommerceSandbox, way: Account, order: str
) -> None:
    await send(way, refund(order))

    (made,) = shown(store)["refunds"]
    assert (made["refunded_payment"], made["amount"]) == (False, "12.50")
    assert made["reason"] == f"one broke {mark_of('rr_1')}"
    assert {each["key"]: each["value"] for each in made["meta_data"]} == {REQUEST_FIELD: "rr_1", COMMAND_FIELD: KEY}


async def test_what_the_sandbox_is_not_told_to_leave_it_gives_back_through_the_gateway(
    store: WooCommerceSandbox, way: Account, order: str
) -> None:
    """The trap that `api_refund` is: without it this test's store would pay twice."""
    await way.http.post(f"/orders/{order}/refunds", json={"amount": "1.00"})

    assert shown(store)["refunds"][0]["refunded_payment"] is True


async def test_more_than_is_left_is_refused_with_the_stores_words(
    store: WooCommerceSandbox, way: Account, order: str
) -> None:
    with pytest.raises(Refused, match="Invalid refund amount"):
        await send(way, refund(order, amount=99_999))

    assert shown(store)["refunds"] == []


async def test_the_mark_of_a_hold_makes_the_order_newer_each_time(
    store: WooCommerceSandbox, way: Account, order: str
) -> None:
    states = [sale_in(await send(way, MarkHold(order=order, held=held))) for held in (True, False, True, True)]

    assert [HOLD_TAG in each.tags for each in states] == [True, False, True, True]
    versions = [each.version for each in states]
    assert versions[0] < versions[1] < versions[2] == versions[3]


async def test_an_order_that_moved_on_is_neither_completed_nor_cancelled(
    store: WooCommerceSandbox, way: Account, order: str
) -> None:
    store.acts()["set_status"](order, status="refunded")

    for wish in (CompleteOrder(order=order), CancelOrder(order=order)):
        with pytest.raises(Refused, match="refunded by now"):
            await send(way, wish)

    assert shown(store)["history"] == ["processing", "refunded"]


async def test_an_order_that_is_gone_is_missing(store: WooCommerceSandbox, way: Account, order: str) -> None:
    store.acts()["delete_order"](order)

    for wish in (CompleteOrder(order=order), TellTracking(target="T", order=order)):
        with pytest.raises(Missing):
            await send(way, wish)


# ---------------------------------------------------------------------------------------------- plan and echo


async def test_what_the_store_answers_leaves_the_plan_nothing_to_do(
    store: WooCommerceSandbox, way: Account, order: str
) -> None:
    """Round by round, as the hub does it: plan, send, hear the answer, plan again."""
    held = newest(heard(store))
    key = next(each for each in held.values() if isinstance(each, OrderRecord)).source.key
    others: list[Record] = [
        building.payment("p1", connection="till", captured=3_000, currency="USD", claims=(key,)),
        building.refund("r1", of="p1", connection="till", amount=1_250, currency="USD", request="rr_1"),
    ]
    sent: list[str] = []

    for _ in range(5):
        sale = next(each for each in held.values() if isinstance(each, OrderRecord))
        parcel = building.shipment(of=sale, connection="carrier")
        view = building.view(*held.values(), *others, parcel, of="store", settings=settings())
        wishes = [each for each in plan(view) if isinstance(each, Command)]
        sent += [each.action for each in wishes]
        for wish in wishes:
            told = read_events(await send(way, wish, CommandId(f"cmd_{len(sent)}")))
            held = newest([*held.values(), *records(told)])

    assert sorted(sent) == ["complete_order", "record_refund", "tell_tracking"]


async def test_an_echo_says_what_the_answer_said(store: WooCommerceSandbox, way: Account, order: str) -> None:
    before = len(store.deliveries)

    answer = newest(read_events(await send(way, CompleteOrder(order=order))))
    echo = newest(heard(store, before))

    assert answer == echo
    assert sale_in(await send(way, CompleteOrder(order=order))).closed_at == store.now() + timedelta(seconds=1)
