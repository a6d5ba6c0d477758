"""How far an order has come, and when: derived, never set."""

from collections.abc import Sequence
from datetime import datetime

from hub.domain.money import Money
from hub.domain.order import (
    FulfilmentState,
    Invoice,
    InvoiceState,
    Payment,
    PaymentState,
    Shipment,
    Stage,
    StageReached,
)
from hub.domain.records import InvoiceStatus, ShipmentStatus


def payment_state(total: Money, payments: Sequence[Payment]) -> PaymentState:
    mine = [payment for payment in payments if payment.verified and payment.amount.currency == total.currency]
    captured = sum(payment.captured.minor for payment in mine)
    refunded = sum(payment.refunded.minor for payment in mine)
    if refunded and refunded >= captured:
        return PaymentState.REFUNDED
    if refunded:
        return PaymentState.PARTIALLY_REFUNDED
    if captured >= total.minor and (captured or not total):
        return PaymentState.PAID
    if captured:
        return PaymentState.PARTIALLY_PAID
    held = any(payment.can_capture and payment.authorized for payment in mine)
    return PaymentState.AUTHORIZED if held else PaymentState.UNPAID


def invoice_state(invoices: Sequence[Invoice]) -> InvoiceState:
    live = [invoice for invoice in invoices if invoice.status is not InvoiceStatus.VOID]
    if not live:
        return InvoiceState.VOID if invoices else InvoiceState.NOT_INVOICED
    if all(invoice.status is InvoiceStatus.PAID for invoice in live):
        return InvoiceState.PAID
    return InvoiceState.INVOICED


def paid_at(total: Money, payments: Sequence[Payment], placed_at: datetime) -> datetime | None:
    """When what processors confirm first came up to the total. `None`: not yet."""
    if not total:
        return placed_at
    sure = 0
    for payment in sorted(payments, key=lambda each: (each.captured_at or each.created_at, each.source)):
        if payment.verified and payment.amount.currency == total.currency:
            sure += max(payment.captured.minor, payment.authorized.minor if payment.can_capture else 0)
            if sure >= total.minor:
                return max(payment.captured_at or payment.created_at, placed_at)
    return None


def stages_of(
    *,
    is_sale: bool,
    sound: bool,
    placed_at: datetime,
    paid: datetime | None,
    fulfilment: FulfilmentState,
    shipments: Sequence[Shipment],
    cancelled_at: datetime | None,
) -> tuple[StageReached, ...]:
    """In the order of the ladder. `sound`: no invariant is broken."""
    reached = [StageReached(stage=Stage.RECEIVED, at=placed_at)]
    if is_sale and sound:
        reached.append(StageReached(stage=Stage.VALIDATED, at=placed_at))
    if is_sale and paid is not None:
        reached.append(StageReached(stage=Stage.PAID, at=paid))
    shipped = [
        each.shipped_at or each.delivered_at
        for each in shipments
        if each.status in (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED) and not each.inbound
    ]
    if fulfilment in (FulfilmentState.FULFILLED, FulfilmentState.DELIVERED):
        reached.append(StageReached(stage=Stage.SHIPPED, at=max((at for at in shipped if at), default=placed_at)))
    arrived = fulfilment is FulfilmentState.DELIVERED
    delivered = max(
        (each.delivered_at for each in shipments if each.delivered_at and not each.inbound), default=placed_at
    )
    if arrived:
        reached.append(StageReached(stage=Stage.DELIVERED, at=delivered))
    if is_sale and paid is not None and (arrived or fulfilment is FulfilmentState.NOT_NEEDED):
        reached.append(StageReached(stage=Stage.COMPLETED, at=max(paid, delivered) if arrived else paid))
    if cancelled_at is not None:
        reached.append(StageReached(stage=Stage.CANCELLED, at=cancelled_at))
    return tuple(reached)
