import json
from itertools import permutations
from typing import Any

import pytest

from connectors.paypal import CONNECTOR
from connectors.paypal.sandbox import PayPalSandbox
from hub.connector import Hint
from hub.decide.payments import fold_moneys
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import (
    DisputeRecord,
    DisputeStatus,
    Kind,
    PaymentRecord,
    PaymentStatus,
    RefundRecord,
    RefundStatus,
    Source,
    vendor_key,
)
from tests.conftest import Time
from tests.connectors.paypal.app import ODDITIES, account, heard, newest, read, read_events, records

OURS = "ord_0123456789abcdefghjkmnpqrs"
AT = "2026-11-22T12:00:00Z"


def capture(**more: Any) -> bytes:
    given = {
        "id": "7CAP",
        "status": "COMPLETED",
        "amount": {"currency_code": "EUR", "value": "10.00"},
        "create_time": AT,
        "update_time": AT,
        "supplementary_data": {"related_ids": {"order_id": "7ORD"}},
    }
    return json.dumps(given | more).encode()


def one(said: list[Any]) -> Any:
    (record,) = records(said)
    return record


@pytest.mark.parametrize("body", ODDITIES)
def test_reading_junk_ends_in_a_reason(body: bytes) -> None:
    for kind in CONNECTOR.read:
        with pytest.raises(Unreadable):
            read(kind, body)
    assert [event.kind for event in CONNECTOR.recognise("x.json", body)] == ["unreadable"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (capture(amount={"currency_code": "EUR", "value": "10.001"}), "amount"),
        (capture(amount={"currency_code": "ZZZ", "value": "10"}), "amount"),
        (capture(amount={"value": "10"}), "amount"),
        (capture(amount=[10]), "amount"),
        (capture(create_time="2026-11-22T12:00:00"), "create_time"),
        (capture(id=None), "id"),
    ],
)
def test_a_fault_is_named_by_its_path(body: bytes, path: str) -> None:
    with pytest.raises(Unreadable, match=f"^{path}"):
        read("capture", body)


def test_a_status_that_is_new_moves_no_money() -> None:
    payment = one(read("capture", capture(status="SHINY")))
    refund = one(read("refund", capture(status="SHINY")))
    held = one(read("authorization", capture(status="SHINY")))

    assert (payment.status, payment.captured) == (PaymentStatus.PENDING, Money(0, "EUR"))
    assert refund.status is RefundStatus.PENDING
    assert (held.status, held.can_capture) == (PaymentStatus.PENDING, False)


def test_one_bad_refund_does_not_spoil_its_order() -> None:
    unit = {
        "amount": {"currency_code": "EUR", "value": "10.00"},
        "payments": {"captures": [json.loads(capture())], "refunds": [{"id": "7BAD"}]},
    }
    body = {"id": "7ORD", "status": "COMPLETED", "create_time": AT, "purchase_units": [unit]}

    said = read("order", json.dumps(body).encode())

    assert [str(each) for each in said if not isinstance(each, PaymentRecord)] != []
    assert [each.captured for each in said if isinstance(each, PaymentRecord)] == [Money(1000, "EUR")] * 2


@pytest.mark.parametrize(
    ("currency", "value", "minor"), [("JPY", "500", 500), ("HUF", "500", 50_000), ("TWD", "5", 500)]
)
def test_currencies_without_decimals_at_paypal_are_exact(currency: str, value: str, minor: int) -> None:
    assert one(read("capture", capture(amount={"currency_code": currency, "value": value}))).captured.minor == minor


def test_both_generations_of_a_resource_say_the_same() -> None:
    old = one(read("capture", capture(status=None, state="completed", amount={"currency": "EUR", "total": "10.00"})))

    assert (old.status, old.captured) == (PaymentStatus.CAPTURED, Money(1000, "EUR"))


def test_a_negative_total_of_a_v1_refund_is_money_given_back() -> None:
    body = capture(amount={"currency": "USD", "total": "-0.15"}, capture_id="7CAP", id="7REF", state="completed")

    refund = one(read("refund", body))

    assert (refund.amount, refund.payment) == (Money(15, "USD"), vendor_key("paypal", "7CAP"))


def test_times_of_any_offset_are_one_clock() -> None:
    early, late = capture(update_time="2026-11-22T05:00:01-07:00"), capture(update_time="2026-11-22T12:00:02Z")

    assert one(read("capture", early)).version < one(read("capture", late)).version


def test_an_order_id_of_ours_and_the_stores_own_reference_are_claimed() -> None:
    ours = one(read("capture", capture(custom_id=OURS)))
    reference = {"field": "invoice_id", "connection": "shop"}
    stores = one(read("capture", capture(invoice_id="1001", custom_id="x"), order_reference=reference))

    assert OURS in ours.claims
    assert Source("shop", Kind.ORDER, "1001").key in stores.claims
    assert all("1001" not in claim for claim in one(read("capture", capture(invoice_id="1001"))).claims)


def test_a_payment_is_one_whoever_tells_of_it_and_in_whatever_order() -> None:
    app = PayPalSandbox(now=Time())
    app.refund(app.pay("10.00", "EUR", custom_id=OURS)["capture"], "2.50")
    told = records(heard(app))

    folds = {repr(fold_moneys(list(newest(arrival).values()))) for arrival in permutations([*told, told[0]])}

    assert len(folds) == 1
    moneys = fold_moneys(list(newest(told).values()))
    (payment,) = moneys.payments
    assert payment.verified
    assert (payment.captured, payment.refunded) == (Money(1000, "EUR"), Money(250, "EUR"))
    assert all(OURS in record.claims for record in told if isinstance(record, PaymentRecord))


def test_its_name_is_the_paypal_order_from_the_first_telling_on() -> None:
    app = PayPalSandbox(now=Time())
    made = app.pay("10.00", "EUR", capture=False)
    app.capture(made["authorization"], "4.00", final=False)

    names = {record.identity for record in records(heard(app)) if isinstance(record, PaymentRecord)}

    assert names == {vendor_key("paypal", made["order"])}


async def test_captures_in_parts_are_counted_together_by_their_order() -> None:
    app = PayPalSandbox(now=Time())
    held = app.pay("10.00", "EUR", capture=False)["authorization"]
    app.capture(held, "4.00", final=False)
    app.capture(held, "5.00", final=True)
    way = await account(app)
    said = heard(app)

    hints = {(each.kind, each.external_id) for each in said if isinstance(each, Hint)}
    for kind, external_id in hints:
        said += read_events(await CONNECTOR.fetch[kind](way, external_id))

    (payment,) = fold_moneys(list(newest(said).values())).payments
    assert (payment.captured, payment.authorized, payment.can_capture) == (Money(900, "EUR"), Money(1000, "EUR"), False)


def test_a_refund_that_fails_asks_its_capture_again() -> None:
    app = PayPalSandbox(now=Time())
    made = app.pay("10.00", "EUR")
    refund = app.refund(made["capture"], "10.00", status="PENDING")["refund"]
    app.fail_refund(refund)

    said = heard(app)

    record = newest(said)[f"refund/{refund}"]
    assert isinstance(record, RefundRecord)
    assert record.status is RefundStatus.FAILED
    assert Hint(kind="capture", external_id=made["capture"]) in said


def test_a_void_releases_what_was_held() -> None:
    app = PayPalSandbox(now=Time())
    held = app.pay("10.00", "EUR", capture=False)["authorization"]
    app.void(held)

    (payment,) = fold_moneys(list(newest(heard(app)).values())).payments

    assert (payment.status, payment.can_capture, payment.captured.minor) == (PaymentStatus.CANCELLED, False, 0)


@pytest.mark.parametrize(("won", "status"), [(True, DisputeStatus.WON), (False, DisputeStatus.LOST)])
def test_a_dispute_names_its_payment_and_how_it_ended(won: bool, status: DisputeStatus) -> None:
    app = PayPalSandbox(now=Time())
    made = app.pay("10.00", "EUR")
    dispute = app.dispute(made["capture"])["dispute"]
    app.resolve_dispute(dispute, won=won)

    record = newest(heard(app))[f"dispute/{dispute}"]

    assert isinstance(record, DisputeRecord)
    assert (record.status, record.payment) == (status, vendor_key("paypal", made["capture"]))


def test_a_row_of_the_dispute_list_asks_for_the_dispute() -> None:
    body = {"dispute_id": "PP-D-1", "create_time": AT, "status": "OPEN"}

    assert read("dispute", json.dumps(body).encode()) == [Hint(kind="dispute", external_id="PP-D-1")]


def test_an_answer_without_representation_asks_for_the_order() -> None:
    body = {"id": "7ORD", "status": "CREATED", "links": []}

    assert read("order", json.dumps(body).encode()) == [Hint(kind="order", external_id="7ORD")]


@pytest.mark.parametrize(
    ("code", "kind"), [("T0006", "capture"), ("T1107", "refund"), ("T1300", "authorization"), ("T0400", "")]
)
def test_a_row_of_the_transaction_search_asks_for_what_it_is_about(code: str, kind: str) -> None:
    body = {"transaction_info": {"transaction_id": "7TXN", "transaction_event_code": code}}

    (said,) = read("transaction", json.dumps(body).encode())

    assert said == Hint(kind=kind, external_id="7TXN") if kind else not isinstance(said, Hint)


def test_a_payment_of_the_sandbox_environment_is_a_test() -> None:
    assert one(read("capture", capture(), environment="sandbox")).test
    assert not one(read("capture", capture())).test


def whole_order(unit: dict[str, Any], **more: Any) -> bytes:
    amount = {"currency_code": "EUR", "value": "100.00"}
    given = {"id": "7ORD", "status": "COMPLETED", "create_time": AT, "update_time": AT}
    return json.dumps(given | {"purchase_units": [{"amount": amount, "payments": unit}]} | more).encode()


def test_a_capture_that_does_not_name_its_order_stays_that_orders_payment() -> None:
    """PayPal's own sample of PAYMENT.CAPTURE.COMPLETED names the authorization alone, others nothing at all."""
    bare = json.loads(capture(supplementary_data=None))
    order = records(read("order", whole_order({"captures": [bare]})))
    alone = one(read("capture", json.dumps(bare | {"update_time": "2026-11-22T12:00:09Z"}).encode()))

    held = {record.source: record for record in [*order, alone]}

    (payment,) = fold_moneys(list(held.values())).payments
    assert payment.captured == Money(1_000, "EUR")


def test_of_two_tellings_of_one_state_the_one_that_names_the_order_is_kept() -> None:
    bare = json.loads(capture(supplementary_data=None))
    inside = next(
        each
        for each in records(read("order", whole_order({"captures": [bare]})))
        if each.source.external_id == "captures/7CAP"
    )

    assert one(read("capture", json.dumps(bare).encode())).version < inside.version
    assert one(read("capture", capture(status="REFUNDED", supplementary_data=None))).version > inside.version


def test_what_an_order_gave_back_is_counted_for_each_capture() -> None:
    """One capture refunded in part, which only the refund tells; the other taken back, which no refund tells."""
    amount = {"currency_code": "EUR", "value": "50.00"}
    first = json.loads(capture(id="7ONE", status="PARTIALLY_REFUNDED", amount=amount))
    second = json.loads(capture(id="7TWO", status="REVERSED", amount=amount))
    back = json.loads(capture(id="7REF", amount={"currency_code": "EUR", "value": "20.00"}))
    back["links"] = [{"rel": "up", "href": "https://api-m.paypal.com/v2/payments/captures/7ONE"}]

    order = next(
        each
        for each in records(read("order", whole_order({"captures": [first, second], "refunds": [back]})))
        if each.source.external_id == "orders/7ORD"
    )

    assert isinstance(order, PaymentRecord)
    assert order.refunded == Money(7_000, "EUR")
