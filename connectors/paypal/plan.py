"""What PayPal should be asked to do for an order: refund what was requested, take or release what is held."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from connectors.paypal.context import VENDOR
from connectors.paypal.decode import to_paypal
from connectors.paypal.reversals import GIVEN_BACK
from connectors.processors.plan import left_over
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.money import Money
from hub.domain.order import FulfilmentState
from hub.domain.records import PaymentRecord, RefundRecord, vendor_key


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRefund(Command):
    """`target` is the refund request: each is answered by one refund of one capture. Which capture, follows what they
    hold: where a refund may have been made of one, none is made of another."""

    action: ClassVar[str] = "create_refund"
    once: ClassVar[bool] = True

    capture: str
    amount: str  # as PayPal writes it
    currency: str
    order: str  # ours


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePayment(Command):
    """`target` is the authorization. What it holds beyond the amount is released."""

    action: ClassVar[str] = "capture_payment"

    amount: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidAuthorization(Command):
    """`target` is the authorization."""

    action: ClassVar[str] = "void_authorization"


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    if view.order.test and not view.settings.is_test:
        return
    own = {record.source: record for record in view.said if isinstance(record, PaymentRecord)}
    payments = {
        payment.id: [own[source] for source in payment.sources if source in own] for payment in view.order.payments
    }
    yield from _refunds(view, payments)
    if view.order.cancelled_at is not None:
        yield from _void(view, payments)
        yield from left_over(view)
    elif view.settings.capture == "when_shipped":
        yield from _capture(view, payments)


def _named(records: list[PaymentRecord], what: str) -> Iterator[tuple[str, PaymentRecord]]:
    for record in records:
        kind, _, external_id = record.source.external_id.partition("/")
        if kind == what:
            yield external_id, record


# ------------------------------------------------------------------------------------------------------------ refunds


def _refunds(view: OrderView, payments: dict[str, list[PaymentRecord]]) -> Iterator[Command | Mismatch]:
    """PayPal refunds a capture, so a request is answered from one that still holds as much."""
    left = {capture: amount for records in payments.values() for capture, amount in _left(view, records)}
    for request in view.order.refund_requests:
        records = payments.get(request.payment)
        if not records or request.done:
            continue
        if came_to := _outcome(view, request.id):
            yield Mismatch(about=f"refund request {request.id}", expected=str(request.amount), found=came_to)
            continue
        captures = [capture for capture, _ in _named(records, "captures")]
        fits = [capture for capture in captures if _holds(left[capture], request.amount)]
        try:
            if not fits:
                held = ", ".join(str(left[capture]) for capture in captures) or "no capture of Payments v2"
                raise ValueError(f"left to refund, by capture: {held}")
            amount = to_paypal(request.amount)
        except ValueError as fault:
            yield Mismatch(about=f"refund request {request.id}", expected=str(request.amount), found=str(fault))
            continue
        left[fits[0]] -= request.amount
        yield CreateRefund(
            target=request.id,
            capture=fits[0],
            amount=amount,
            currency=request.amount.currency,
            order=view.order.id,
        )


def _outcome(view: OrderView, request: str) -> str:
    """What became of a request that was answered and not done: to try again takes another request."""
    said = (each for each in view.said if isinstance(each, RefundRecord) and each.request == request)
    return next((f"{each.source.external_id}: {each.status}" for each in said), "")


def _left(view: OrderView, records: list[PaymentRecord]) -> Iterator[tuple[str, Money]]:
    for capture, record in _named(records, "captures"):
        listed = [
            refund.amount
            for refund in view.said
            if isinstance(refund, RefundRecord)
            and refund.payment == vendor_key(VENDOR, capture)
            and refund.status in GIVEN_BACK
            and refund.amount.currency == record.captured.currency
        ]
        given = sum(listed, Money.zero(record.captured.currency))
        yield capture, record.captured - max(given, record.refunded)


def _holds(left: Money, wanted: Money) -> bool:
    return left.currency == wanted.currency and 0 < wanted.minor <= left.minor


# ------------------------------------------------------------------------------------------------------ authorizations


def _capture(view: OrderView, payments: dict[str, list[PaymentRecord]]) -> Iterator[Command | Mismatch]:
    order = view.order
    if order.fulfilment_state not in (FulfilmentState.FULFILLED, FulfilmentState.DELIVERED) or not order.may_fulfil:
        return
    due = order.total - order.captured
    for payment in order.payments:
        taken = payment.captured
        for authorization, record in _named(payments[payment.id], "authorizations"):
            if not record.can_capture or record.amount.currency != due.currency or taken.currency != due.currency:
                continue
            held = record.authorized - taken
            amount = min(held, due)
            if amount.minor <= 0:
                continue
            try:
                value = to_paypal(amount)
            except ValueError as fault:
                yield Mismatch(about=f"capture of {authorization}", expected=str(amount), found=str(fault))
                continue
            due, taken = due - amount, taken + amount
            yield CapturePayment(target=authorization, amount=value, currency=amount.currency)


def _void(view: OrderView, payments: dict[str, list[PaymentRecord]]) -> Iterator[Command]:
    """What was captured in part cannot be voided any more; it ends by itself after 29 days."""
    for payment in view.order.payments:
        if not payment.captured:
            for authorization, record in _named(payments[payment.id], "authorizations"):
                if record.can_capture:
                    yield VoidAuthorization(target=authorization)
