"""What Stripe should be asked to do for an order: refund what was requested, take or release what is held."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from connectors.processors.plan import left_over
from connectors.stripe.amounts import to_stripe
from connectors.stripe.context import VENDOR
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.order import FulfilmentState
from hub.domain.records import PaymentRecord, PaymentStatus, vendor_key


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRefund(Command):
    """`target` is the refund request: each is answered by one refund."""

    action: ClassVar[str] = "create_refund"

    payment: str  # a payment intent, or the charge of a payment without one
    amount: int  # in Stripe's own units
    currency: str
    order: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePayment(Command):
    """`target` is the payment intent."""

    action: ClassVar[str] = "capture_payment"

    amount: int  # in Stripe's own units; what is held beyond it is released
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelPayment(Command):
    """`target` is the payment intent."""

    action: ClassVar[str] = "cancel_payment"


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    payments = [record for record in view.said if isinstance(record, PaymentRecord)]
    yield from _refunds(view, payments)
    intents = [record for record in payments if record.source.external_id.startswith("pi_") and record.authority]
    if view.order.cancelled_at is not None:
        yield from _cancel(intents)
        yield from left_over(view)
    elif view.settings.capture == "when_shipped":
        yield from _capture(view, intents)


def _refunds(view: OrderView, payments: list[PaymentRecord]) -> Iterator[Command | Mismatch]:
    own = {record.source: record for record in payments}
    by_key = {payment.id: own[source] for payment in view.order.payments for source in payment.sources if source in own}
    for request in view.order.refund_requests:
        record = by_key.get(request.payment)
        if record is None or request.done:
            continue
        try:
            if request.amount.currency != record.amount.currency:
                raise ValueError(f"the payment is in {record.amount.currency}, not {request.amount.currency}")
            amount = to_stripe(request.amount)
        except ValueError as fault:
            yield Mismatch(about=f"refund request {request.id}", expected=str(request.amount), found=str(fault))
            continue
        yield CreateRefund(
            target=request.id,
            payment=_payment_id(record),
            amount=amount,
            currency=request.amount.currency,
            order=view.order.id,
            reason=request.reason[:500],  # the most that a metadata value holds
        )


def _payment_id(record: PaymentRecord) -> str:
    """A charge's or a session's own intent, where it has one: Stripe then finds the charge that took the money."""
    intent = vendor_key(VENDOR, "pi_")
    named = (claim.removeprefix(f"{VENDOR}/") for claim in record.claims if claim.startswith(intent))
    return next(named, record.source.external_id)


def _capture(view: OrderView, intents: list[PaymentRecord]) -> Iterator[Command | Mismatch]:
    order = view.order
    shipped = order.fulfilment_state in (FulfilmentState.FULFILLED, FulfilmentState.DELIVERED)
    if not (shipped and order.may_fulfil):
        return
    due = order.total - order.captured
    for record in intents:
        if not record.can_capture or record.amount.currency != due.currency:
            continue
        held = record.authorized - record.captured
        amount = min(held, due)
        if amount.minor <= 0:
            continue
        due -= amount
        yield CapturePayment(target=record.source.external_id, amount=to_stripe(amount), currency=amount.currency)


# A failed intent may still be paid: the customer can try another card.
_OPEN = (PaymentStatus.PENDING, PaymentStatus.AUTHORIZED, PaymentStatus.FAILED)


def _cancel(intents: list[PaymentRecord]) -> Iterator[Command]:
    for record in intents:
        if record.status in _OPEN and not record.captured:
            yield CancelPayment(target=record.source.external_id)
