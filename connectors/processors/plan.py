"""What every processor's plan says of money that stayed."""

from collections.abc import Iterator

from hub.connector import OrderView
from hub.domain.commands import Mismatch
from hub.domain.money import Money
from hub.domain.order import Payment, RefundRequest
from hub.domain.records import PaymentRecord


def left_over(view: OrderView) -> Iterator[Mismatch]:
    """Of a cancelled order. To give money back is a person's decision; that it is still here must be seen."""
    own = {record.source for record in view.said if isinstance(record, PaymentRecord)}
    for payment in view.order.payments:
        if not payment.verified or own.isdisjoint(payment.sources):
            continue
        left = payment.captured - payment.refunded
        if left.minor > _asked(payment, view.order.refund_requests):
            yield Mismatch(
                about="cancelled order still holds money", expected=str(Money.zero(left.currency)), found=str(left)
            )


def _asked(payment: Payment, requests: tuple[RefundRequest, ...]) -> int:
    """What is still to be given back of it, in minor units of its own currency."""
    return sum(
        request.amount.minor
        for request in requests
        if request.payment == payment.id and not request.done and request.amount.currency == payment.captured.currency
    )
