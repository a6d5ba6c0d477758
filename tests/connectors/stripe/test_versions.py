"""Stripe's clock has whole seconds, and order of arrival is nobody's promise."""

import json
from itertools import permutations

import pytest

from hub.connector import Event
from hub.domain.money import Money
from hub.domain.records import (
    PaymentRecord,
    PaymentStatus,
    Record,
    Source,
)
from tests.connectors.stripe.support import (
    VERSIONS,
    Time,
    final,
    newest,
    only,
    payment,
    read,
    read_all,
    sandbox,
    told,
)


def life(version: str, step: float) -> list[Event]:
    """Tried, declined, authorised, captured, refunded twice; `step` seconds from one to the next."""
    time = Time()
    stripe = sandbox(version, time)
    intent = stripe.ledger.create_intent(amount=1990, currency="eur", capture_method="manual")
    stripe.ledger.confirm(intent, decline=True)
    time.forward(seconds=step)
    stripe.ledger.confirm(intent)
    time.forward(seconds=step)
    stripe.ledger.capture(intent)
    time.forward(seconds=step)
    stripe.refund(intent["id"], 500)
    stripe.refund(intent["id"], 300)
    return told(stripe)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("step", [0, 1, 60])
def test_any_order_of_arrival_ends_in_the_same_newest_records(version: str, step: float) -> None:
    groups = [only(Record, read(event)) for event in life(version, step)]
    expected = newest(record for group in groups for record in group)

    for offset in range(len(groups)):
        for start in permutations(groups[offset : offset + 4]):
            arrival = [*start, *groups[:offset], *reversed(groups), *groups[offset:]]
            kept: dict[Source, Record] = {}
            for record in (record for group in arrival for record in group):
                held = kept.get(record.source)
                if held is None or (record.version, repr(record)) > (held.version, repr(held)):
                    kept[record.source] = record
            assert kept == expected


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("step", [0, 1])
def test_the_newest_record_is_the_last_state_even_when_all_happens_in_one_second(version: str, step: float) -> None:
    payments = only(PaymentRecord, newest(only(Record, read_all(life(version, step)))).values())

    assert {record.status for record in payments} == {PaymentStatus.CAPTURED, PaymentStatus.FAILED}
    captured = [record for record in payments if record.status is PaymentStatus.CAPTURED]
    assert {record.captured for record in captured} == {Money(1990, "EUR")}
    assert max(record.refunded.minor for record in captured) == 800


def test_what_was_fetched_counts_from_stripes_clock_and_beats_older_events() -> None:
    time = Time()
    stripe = sandbox(VERSIONS[1], time)
    ids = stripe.pay(1990, "eur")
    refund = stripe.refund(ids["payment_intent"])
    before = final(stripe)[ids["charge"]]
    time.forward(days=2)
    stripe.fail_refund(refund["id"])

    body = json.dumps(stripe.ledger.find("charge", ids["charge"])).encode()
    [now] = read(Event(kind="charge", body=body, at=time()))

    assert payment(before).refunded.minor == 1990
    assert payment(now).refunded.minor == 0
    assert payment(now).version > before.version
