"""Cancel, give money back, release a hold."""

from typing import Any

import strawberry

from hub.domain.errors import HubError
from hub.domain.money import Money
from hub.domain.order import Order as GoldenOrder
from hub.domain.order import Payment, Stage
from hub.domain.records import (
    CancellationRecord,
    DisputeStatus,
    HoldReleaseRecord,
    Kind,
    RefundRequestRecord,
    RefundStatus,
)
from schema.context import Info
from schema.money import MoneyInput
from schema.mutations.authoring import author, find_order, new_source, refused, text
from schema.order import Order
from schema.user_errors import UserError, invalid, not_found, not_now

_GONE = (Stage.SHIPPED, Stage.DELIVERED, Stage.COMPLETED)
_EXPECTED = "Refuse with STALE_VERSION if the order is not at this version any more."


@strawberry.input
class OrderCancelInput:
    order_id: strawberry.ID
    reason: str | None = None
    expected_version: int | None = strawberry.field(default=None, description=_EXPECTED)
    idempotency_key: str | None = None


@strawberry.type
class OrderCancelPayload:
    order: Order | None
    user_errors: list[UserError]


async def order_cancel(info: Info, input: OrderCancelInput) -> Any:
    try:
        order = await find_order(info, input.order_id)
        now = info.context.now()
        record = CancellationRecord(
            source=new_source(Kind.CANCELLATION),
            version=1,
            claims=(order.id,),
            created_at=now,
            updated_at=now,
            reason=text(input.reason, "reason"),
            by=info.context.caller.name,
        )
        return await author(info, "orderCancel", input, record, check=may_cancel)
    except HubError as error:
        return refused(error)


def may_cancel(order: GoldenOrder) -> None:
    if order.cancelled_at is not None:
        raise not_now("the order is cancelled already", "orderId")
    if not order.is_sale:
        raise not_now("this is not a sale: there is nothing to cancel", "orderId")
    if order.stage in _GONE:
        raise not_now(f"the order is {order.stage} already: what has left the house can only come back", "orderId")


# ------------------------------------------------------------------------------------------------------ refunds


@strawberry.input
class RefundCreateInput:
    order_id: strawberry.ID
    amount: MoneyInput
    payment_id: strawberry.ID | None = strawberry.field(
        default=None, description="Which payment to take it from; not needed where the order has one."
    )
    reason: str | None = None
    expected_version: int | None = strawberry.field(default=None, description=_EXPECTED)
    idempotency_key: str = strawberry.field(description="The same key with the same input never gives back twice.")


@strawberry.type
class RefundCreatePayload:
    order: Order | None
    user_errors: list[UserError]


async def refund_create(info: Info, input: RefundCreateInput) -> Any:
    try:
        amount = _amount(input.amount)
        order = await find_order(info, input.order_id)
        payment_id = _payment_id(order, input.payment_id)
        now = info.context.now()
        record = RefundRequestRecord(
            source=new_source(Kind.REFUND_REQUEST),
            version=1,
            claims=(order.id,),
            created_at=now,
            updated_at=now,
            amount=amount,
            payment=payment_id,
            reason=text(input.reason, "reason"),
            by=info.context.caller.name,
        )

        def check(locked: GoldenOrder) -> None:
            may_refund(locked, payment_id, amount)

        return await author(info, "refundCreate", input, record, check=check)
    except HubError as error:
        return refused(error)


def _amount(given: MoneyInput) -> Money:
    try:
        amount = given.exact()
    except ValueError as fault:
        raise invalid(str(fault), "amount", "amount") from None
    if amount.minor <= 0:
        raise invalid("an amount above zero is expected", "amount", "amount")
    return amount


def _payment_id(order: GoldenOrder, given: str | None) -> str:
    """ "" where the order does not tell: `may_refund` says so, unless the same wish was granted before."""
    if given is not None:
        return given
    captured = [payment.id for payment in order.payments if payment.captured]
    return captured[0] if len(captured) == 1 else ""


def may_refund(order: GoldenOrder, payment_id: str, amount: Money) -> None:
    if not payment_id:
        several = any(payment.captured for payment in order.payments)
        words = "the order has several payments: name one" if several else "the order has no captured payment"
        raise not_now(words, "paymentId")
    payment = next((each for each in order.payments if each.id == payment_id), None)
    if payment is None:
        raise not_found("the order has no such payment", "paymentId")
    if not payment.verified:
        raise not_now("the system that moved the money has not confirmed this payment", "paymentId")
    if amount.currency != payment.captured.currency:
        raise invalid(f"the payment is in {payment.captured.currency}", "amount", "currencyCode")
    left = refundable(order, payment)
    if left < amount:
        raise not_now(f"only {left} of the payment can be given back", "amount", "amount")


def refundable(order: GoldenOrder, payment: Payment) -> Money:
    """What was captured, less all that went back, is on its way back, was asked for, or is disputed.

    Systems tell of a refund at different times: of the payment's own total and the sum of its refunds the larger one
    counts. It may refuse a moment too long; it never gives back too much.
    """
    zero = Money.zero(payment.captured.currency)
    refunds = sum((each.amount for each in order.refunds if each.payment == payment.id and _counts(each.status)), zero)
    asked = sum((each.amount for each in order.refund_requests if each.payment == payment.id and not each.done), zero)
    disputed = sum(
        (each.amount for each in order.disputes if each.payment == payment.id and each.status is not DisputeStatus.WON),
        zero,
    )
    gone = payment.refunded if refunds < payment.refunded else refunds
    left = payment.captured - gone - asked - disputed
    return zero if left < zero else left


def _counts(status: RefundStatus) -> bool:
    return status not in (RefundStatus.FAILED, RefundStatus.CANCELLED)


# -------------------------------------------------------------------------------------------------------- holds


@strawberry.input
class HoldReleaseInput:
    order_id: strawberry.ID
    hold_id: strawberry.ID
    note: str | None = strawberry.field(default=None, description="Why it is in order to go on.")
    expected_version: int | None = strawberry.field(default=None, description=_EXPECTED)
    idempotency_key: str | None = None


@strawberry.type
class HoldReleasePayload:
    order: Order | None
    user_errors: list[UserError]


async def hold_release(info: Info, input: HoldReleaseInput) -> Any:
    try:
        order = await find_order(info, input.order_id)
        now = info.context.now()
        record = HoldReleaseRecord(
            source=new_source(Kind.HOLD_RELEASE),
            version=1,
            claims=(order.id,),
            created_at=now,
            updated_at=now,
            hold=input.hold_id,
            by=info.context.caller.name,
            note=text(input.note, "note"),
        )

        def check(locked: GoldenOrder) -> None:
            may_release(locked, input.hold_id)

        return await author(info, "holdRelease", input, record, check=check)
    except HubError as error:
        return refused(error)


def may_release(order: GoldenOrder, hold_id: str) -> None:
    hold = next((each for each in order.holds if each.id == hold_id), None)
    if hold is None:
        raise not_found("the order has no such hold", "holdId")
    if not hold.active:
        raise not_now(f"released already, by {hold.released_by}", "holdId")
