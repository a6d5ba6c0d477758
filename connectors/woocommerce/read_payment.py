"""What a store says of money. It does not move any: the processor's own record is believed before it.

A WooCommerce order has one payment: method, transaction id, and when it was paid. The id is the processor's, so it
joins the order to the processor's record.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from connectors.woocommerce import shapes
from connectors.woocommerce.read_customer import SECOND
from connectors.woocommerce.shapes import amount, items, metas, moment, text
from hub.connector import Faulty, Reading
from hub.domain.money import Money
from hub.domain.records import (
    Kind,
    OrderRecord,
    PaymentRecord,
    PaymentStatus,
    RefundRecord,
    RefundStatus,
    Source,
    vendor_key,
)

_STRIPE_PAYMENT = ("pi_", "ch_", "py_")
_STRIPE_REFUND = ("re_", "pyr_")
# Fields in which the Stripe plug-in (`_stripe_`) and WooPayments, which is Stripe underneath, keep Stripe's ids.
_STRIPE_FIELDS = ("_stripe_intent_id", "_stripe_charge_id", "_intent_id", "_charge_id")
_STRIPE_REFUND_FIELDS = ("_stripe_refund_id", "_wcpay_refund_id")
_PAYPAL_METHODS = ("ppcp", "paypal")
_PAYPAL_ORDER = "_ppcp_paypal_order_id"
_REFUNDED_ITEM = "_refunded_item_id"
_LONGEST = 255


def payment(
    reading: Reading, said: shapes.Order, order: OrderRecord, given_back: Sequence[shapes.Refund]
) -> PaymentRecord | None:
    """`None` for an order that costs nothing, or for which nobody has chosen how to pay."""
    method, transaction = text(said.payment_method), text(said.transaction_id)
    paid_at = moment(said.date_paid_gmt, "date_paid_gmt")
    if not order.total or not (method or transaction or paid_at):
        return None
    zero = Money.zero(order.currency)
    if paid_at:
        status = PaymentStatus.CAPTURED
    elif said.status in ("failed", "cancelled"):
        status = PaymentStatus.FAILED if said.status == "failed" else PaymentStatus.CANCELLED
    else:
        status = PaymentStatus.PENDING
    keys = _processor_keys(method, transaction, metas(said.meta_data))
    back = sum((abs(_given_back(each)) for each in given_back), Decimal(0))
    return PaymentRecord(
        source=Source(reading.connection, Kind.PAYMENT, str(said.id)),
        # Plug-ins name the processor's payment after the status, in the same second: what knows more is newer.
        version=order.version * 10 + min(len(keys), 9),
        claims=tuple(sorted({order.source.key, *keys})),
        identity=keys[0] if keys else "",
        created_at=order.created_at,
        updated_at=order.updated_at,
        url=order.url,
        status=status,
        amount=order.total,
        authorized=zero,
        captured=order.total if paid_at else zero,
        refunded=Money.parse(back, order.currency) if paid_at else zero,
        authority=method in reading.settings.trusted_gateways,
        gateway=method,
        email=order.email,
        name=order.name,
        customer=order.customer,
        captured_at=paid_at,
        test=order.test,
    )


def _processor_keys(method: str, transaction: str, fields: dict[str, Any]) -> list[str]:
    """The one that all tellings name first: a Stripe intent before its charge, a PayPal order before its capture."""
    told = [transaction, *(text(fields.get(name)) for name in _STRIPE_FIELDS)]
    keys = {vendor_key("stripe", each) for each in told if each.startswith(_STRIPE_PAYMENT) and len(each) <= _LONGEST}
    if method.startswith(_PAYPAL_METHODS):
        paypal = [text(fields.get(_PAYPAL_ORDER)), transaction]
        return [vendor_key("paypal", each) for each in dict.fromkeys(paypal) if each and len(each) <= _LONGEST]
    return sorted(keys, key=lambda key: (not key.startswith("stripe/pi_"), key))


def refunds(
    reading: Reading,
    said: shapes.Order,
    order: OrderRecord,
    paid: PaymentRecord | None,
    given_back: Sequence[shapes.Refund],
) -> Iterator[RefundRecord | Faulty]:
    for each in given_back:
        try:
            yield _refund(reading, said, order, paid, each)
        except ValueError as fault:
            yield Faulty(path=f"refund {each.id}: {fault}")


def _refund(
    reading: Reading, said: shapes.Order, order: OrderRecord, paid: PaymentRecord | None, each: shapes.Refund
) -> RefundRecord:
    """An order's list tells neither time nor lines. Such a word has version 0: the whole one always counts more."""
    at = moment(each.date_created_gmt, "date_created_gmt") if each.whole else None
    if each.whole and at is None:
        raise ValueError("a time is expected - at `$.date_created_gmt`")
    fields = metas(each.meta_data)
    theirs = {text(fields.get(name)) for name in _STRIPE_REFUND_FIELDS}
    claims = {vendor_key("stripe", name) for name in theirs if name.startswith(_STRIPE_REFUND)}
    named = len(claims)
    claims |= {order.source.key} | ({paid.source.key} if paid else set())
    return RefundRecord(
        source=Source(reading.connection, Kind.REFUND, str(each.id)),
        # As for payments, the processor's own id is written after the refund, which keeps its time.
        version=int(at.timestamp()) * SECOND + named if at else 0,
        claims=tuple(sorted(claims)),
        created_at=at or order.created_at,
        updated_at=at or order.created_at,
        url=order.url,
        status=RefundStatus.SUCCEEDED,
        amount=Money.parse(abs(_given_back(each)), order.currency),
        payment=paid.source.key if paid else "",
        authority=bool(paid and paid.authority),
        reason=text(each.reason),
        lines=_lines(said, each),
    )


def _given_back(each: shapes.Refund) -> Decimal:
    """Negative in an order's list, positive in the refund itself."""
    return amount(each.amount, "amount") if each.whole else amount(each.total, "total")


def _lines(said: shapes.Order, refund: shapes.Refund) -> tuple[tuple[str, int], ...]:
    """(order line, units). A fraction of a piece is one unit of a line that is a fraction itself, as orders read it."""
    sold = {str(line.id): line for line in items(said.line_items, shapes.LineItem, "line_items")}
    found: list[tuple[str, int]] = []
    for line in items(refund.line_items, shapes.LineItem, "refunds.line_items"):
        of = text(metas(line.meta_data).get(_REFUNDED_ITEM))
        units = abs(amount(line.quantity, "refunds.line_items.quantity"))
        if of not in sold or not units:
            continue
        had = amount(sold[of].quantity, "line_items.quantity")
        if had != int(had):
            units = Decimal(1) if units >= had else Decimal(0)
        if int(units):
            found.append((of, int(units)))
    return tuple(found)
