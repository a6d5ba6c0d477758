import dataclasses
from datetime import timedelta
from typing import Any

import pytest

from connectors.stripe.plan import CancelPayment, CapturePayment, CreateRefund, plan
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.ids import OrderId
from hub.domain.money import Money
from hub.domain.order import (
    FulfilmentState,
    Hold,
    HoldKind,
    Payment,
    RefundRequest,
)
from hub.domain.records import Kind, PaymentRecord, PaymentStatus, Source, vendor_key
from tests.building import golden_order, golden_payment
from tests.connectors.stripe.support import START, settings

EUR = Money.zero("EUR")
HERE = "stripe_eu"


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def record(
    external_id: str = "pi_1", *, held: int = 0, captured: int = 0, status: str = "captured", **more: Any
) -> PaymentRecord:
    return PaymentRecord(
        source=Source(HERE, Kind.PAYMENT, external_id),
        version=1,
        created_at=START,
        updated_at=START,
        status=PaymentStatus(status),
        amount=euros(2000),
        authorized=euros(held + captured),
        captured=euros(captured),
        refunded=EUR,
        authority=True,
        can_capture=bool(held),
        **more,
    )


def golden(found: PaymentRecord, refunded: int = 0) -> Payment:
    return golden_payment(
        source=found.source,
        when=START,
        status=found.status,
        amount=found.amount,
        authorized=found.authorized,
        captured=found.captured,
        refunded=euros(refunded),
        can_capture=found.can_capture,
    )


def request(found: PaymentRecord, minor: int = 500, **more: Any) -> RefundRequest:
    given: dict[str, Any] = {"id": "req_1", "payment": found.source.key, "amount": euros(minor), "done": False} | more
    return RefundRequest(reason="too big", by="ann", at=START, **given)


def view(*said: PaymentRecord, capture: str = "never", payments: tuple[Payment, ...] = (), **changes: Any) -> OrderView:
    captured = sum((each.captured for each in said), start=EUR)
    order = golden_order(
        2000, when=START, id=OrderId("ord_1"), captured=captured, payments=payments or tuple(map(golden, said))
    )
    return OrderView(
        connection=HERE,
        settings=settings(capture=capture),
        order=dataclasses.replace(order, **changes),
        said=said,
        others=(),
        customer=None,
        customer_said=(),
    )


def planned(given: OrderView) -> list[Command | Mismatch]:
    return list(plan(given))


SHIPPED: dict[str, Any] = {"fulfilment_state": FulfilmentState.FULFILLED, "capture": "when_shipped"}
HOLD = Hold(id="hold_1", kind=HoldKind.PAYMENT_NOT_VERIFIED, reason="not yet")
CANCELLED: dict[str, Any] = {"cancelled_at": START + timedelta(hours=1)}


def test_a_payment_that_is_as_it_should_be_needs_nothing() -> None:
    assert planned(view(record(captured=2000))) == []


@pytest.mark.parametrize("more", [{"done": True}, {"payment": "ord_of_another_connection"}])
def test_a_refund_that_is_done_or_not_ours_is_not_planned(more: dict[str, Any]) -> None:
    paid = record(captured=2000)

    assert planned(view(paid, refund_requests=(request(paid, **more),))) == []


def test_a_refund_that_stripe_cannot_express_is_a_mismatch_and_no_command() -> None:
    paid = record(captured=2000)
    wrong = request(paid, amount=Money(500, "USD"))

    [mismatch] = planned(view(paid, refund_requests=(wrong,)))

    assert isinstance(mismatch, Mismatch)


@pytest.mark.parametrize(
    ("external_id", "claims", "payment"),
    [
        ("pi_1", (), "pi_1"),
        ("ch_1", (vendor_key("stripe", "ch_1"), vendor_key("stripe", "pi_1")), "pi_1"),
        ("ch_1", (vendor_key("stripe", "ch_1"),), "ch_1"),
    ],
)
def test_a_refund_request_becomes_one_refund_of_its_payment(
    external_id: str, claims: tuple[str, ...], payment: str
) -> None:
    paid = record(external_id, captured=2000, claims=claims)

    assert planned(view(paid, refund_requests=(request(paid),))) == [
        CreateRefund(target="req_1", payment=payment, amount=500, currency="EUR", order="ord_1", reason="too big")
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"fulfilment_state": FulfilmentState.UNFULFILLED, "capture": "when_shipped"},
        {"fulfilment_state": FulfilmentState.PARTIALLY_FULFILLED, "capture": "when_shipped"},
        {"fulfilment_state": FulfilmentState.FULFILLED, "capture": "never"},
        SHIPPED | {"holds": (HOLD,)},
        SHIPPED | {"sources": ()},
        SHIPPED | {"captured": euros(2000)},
    ],
)
def test_nothing_is_captured_before_it_may_be(changes: dict[str, Any]) -> None:
    assert planned(view(record(held=2000, status="authorized"), **changes)) == []


def test_what_shipped_is_captured_up_to_the_total_over_all_authorisations() -> None:
    first, second = record("pi_1", held=1500, status="authorized"), record("pi_2", held=1500, status="authorized")
    charge = record("ch_1", held=1500, status="authorized")

    assert planned(view(charge, first, second, **SHIPPED)) == [
        CapturePayment(target="pi_1", amount=1500, currency="EUR"),
        CapturePayment(target="pi_2", amount=500, currency="EUR"),
    ]


@pytest.mark.parametrize("status", ["pending", "authorized", "failed"])
def test_a_cancelled_order_lets_go_of_what_was_not_captured(status: str) -> None:
    held = record(held=2000 if status == "authorized" else 0, status=status)

    assert planned(view(held, **CANCELLED, **SHIPPED)) == [CancelPayment(target="pi_1")]


@pytest.mark.parametrize("status", ["captured", "cancelled"])
def test_what_is_captured_or_gone_is_not_cancelled(status: str) -> None:
    given = record(status=status)

    assert planned(view(given, **CANCELLED)) == []


def test_money_left_in_a_cancelled_order_is_told_and_never_given_back_unasked() -> None:
    paid = record(captured=2000)

    assert planned(view(paid, **CANCELLED, payments=(golden(paid, refunded=500),))) == [
        Mismatch(about="cancelled order still holds money", expected="0.00 EUR", found="15.00 EUR")
    ]


def test_a_refund_request_for_what_is_left_explains_it() -> None:
    paid = record(captured=2000)
    partly, wholly = request(paid, 500), request(paid, 2000)

    kinds = [type(each) for each in planned(view(paid, **CANCELLED, refund_requests=(partly,)))]
    assert kinds == [CreateRefund, Mismatch]
    assert [type(each) for each in planned(view(paid, **CANCELLED, refund_requests=(wholly,)))] == [CreateRefund]
    assert planned(view(paid, **CANCELLED, payments=(golden(paid, refunded=2000),))) == []


def test_requests_in_several_currencies_for_one_payment_do_not_stop_the_plan() -> None:
    paid = record(captured=2000)
    wholly, foreign = request(paid, 2000), request(paid, id="req_2", amount=Money(100, "USD"))

    found = planned(view(paid, **CANCELLED, refund_requests=(wholly, foreign)))

    assert [type(each) for each in found] == [CreateRefund, Mismatch]
    assert found[1] == Mismatch(
        about="refund request req_2", expected="1.00 USD", found="the payment is in EUR, not USD"
    )
