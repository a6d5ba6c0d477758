import json
from datetime import timedelta

import pytest

from connectors.stripe import CONNECTOR
from connectors.stripe.sandbox import StripeSandbox
from hub.connector import Account, Event
from hub.domain.clock import rfc3339
from hub.domain.money import Money
from hub.domain.records import PaymentRecord
from tests.connectors.stripe.support import SECRET, START, Time, account, only, read_all


async def drain(at: Account, stream: str, cursor: str) -> tuple[list[Event], str]:
    events: list[Event] = []
    for _ in range(100):
        page = await CONNECTOR.pull[stream](at, cursor)
        events += page.events
        cursor = page.cursor
        if not page.more:
            return events, cursor
    raise AssertionError("the stream never ends")


def since(days: float = 30) -> str:
    return f"since:{rfc3339(START - timedelta(days=days))}"


def ids(events: list[Event]) -> list[str]:
    return [json.loads(event.body)["id"] for event in events]


def busy(time: Time, payments: int) -> StripeSandbox:
    stripe = StripeSandbox(secret=SECRET, now=time, calls_per_second=0)
    for _ in range(payments):
        stripe.pay(100, "eur")
        time.forward(seconds=1)
    return stripe


async def test_an_account_without_anything_has_nothing_and_what_comes_later_is_seen() -> None:
    time = Time()
    stripe = busy(time, 0)

    async with account(stripe, time) as at:
        nothing, cursor = await drain(at, "events", since())
        time.forward(minutes=1)
        stripe.pay(100, "eur")
        events, _ = await drain(at, "events", cursor)

    assert nothing == []
    assert [event.kind for event in events] == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
    ]


async def test_events_say_that_they_reach_back_thirty_days_and_go_on_without_a_gap() -> None:
    time = Time()
    stripe = busy(time, 1)

    async with account(stripe, time) as at:
        first = await CONNECTOR.pull["events"](at, since(90))
        second = await CONNECTOR.pull["events"](at, first.cursor)
        payments = await CONNECTOR.pull["payment_intents"](at, since(90))

    assert first.window is not None
    assert first.window.start == time.at - timedelta(days=30)
    assert first.cursor.startswith("at:")
    assert (second.window, payments.window) == (None, None)


@pytest.mark.parametrize("payments", [1, 33, 34, 67, 100])
async def test_all_events_come_oldest_first_whatever_the_pages(payments: int) -> None:
    time = Time()
    stripe = busy(time, payments)

    async with account(stripe, time) as at:
        events, _ = await drain(at, "events", since())

    assert ids(events) == [json.loads(each.body)["id"] for each in stripe.deliveries]


async def test_only_what_came_after_the_first_cursor_is_pulled() -> None:
    time = Time()
    stripe = busy(time, 2)
    old = len(stripe.deliveries)
    time.forward(days=2)
    stripe.pay(100, "eur")

    async with account(stripe, time) as at:
        events, _ = await drain(at, "events", f"since:{rfc3339(time.at - timedelta(days=1))}")

    assert ids(events) == [json.loads(each.body)["id"] for each in stripe.deliveries[old:]]


async def test_the_next_round_looks_back_some_minutes_and_no_further() -> None:
    time = Time()
    stripe = busy(time, 3)
    time.forward(hours=1)
    stripe.pay(100, "eur")
    recent = [json.loads(each.body)["id"] for each in stripe.deliveries[9:]]

    async with account(stripe, time) as at:
        _, cursor = await drain(at, "events", since())
        again, cursor = await drain(at, "events", cursor)
        time.forward(hours=1)
        _, cursor = await drain(at, "events", cursor)
        quiet, _ = await drain(at, "events", cursor)

    assert ids(again) == recent
    assert quiet == []


async def test_a_cursor_older_than_stripes_memory_starts_with_all_that_is_left() -> None:
    time = Time()
    stripe = busy(time, 40)

    async with account(stripe, time) as at:
        events, _ = await drain(at, "events", "at:evt_forgotten/evt_forgotten")

    assert ids(events) == [json.loads(each.body)["id"] for each in stripe.deliveries]


@pytest.mark.parametrize("stream", ["payment_intents", "charges"])
async def test_payments_older_than_the_events_are_pulled_by_list_with_their_refunds(stream: str) -> None:
    time = Time()
    stripe = busy(time, 3)
    made = stripe.pay(1990, "eur")
    stripe.refund(made["payment_intent"], 500)

    async with account(stripe, time) as at:
        events, _ = await drain(at, stream, since())

    records = only(PaymentRecord, read_all(events))
    assert Money(500, "EUR") in {record.refunded for record in records}
    assert len(events) == 4
    assert {event.at for event in events} == {time.at}


async def test_refunds_and_disputes_are_pulled_by_list() -> None:
    time = Time()
    stripe = busy(time, 1)
    intent = stripe.pay(1990, "eur")["payment_intent"]
    refund, dispute = stripe.refund(intent, 500), stripe.dispute(intent)

    async with account(stripe, time) as at:
        assert ids((await drain(at, "refunds", since()))[0]) == [refund["id"]]
        assert ids((await drain(at, "disputes", since()))[0]) == [dispute["id"]]
