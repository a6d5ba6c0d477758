"""What ShipEngine should be asked to do for an order: make its label, give one back, make one for the way back."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from connectors.shipengine.commands import BuyLabel, CreateReturnLabel, VoidLabel
from connectors.shipengine.read import number_of
from connectors.shipengine.settings import ShipEngineSettings
from hub.connector import OrderView
from hub.domain.clock import rfc3339
from hub.domain.commands import Command, Mismatch
from hub.domain.order import Order, PaymentState
from hub.domain.records import RefundRecord, RefundStatus, ShipmentRecord, ShipmentStatus

_LEFT = (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED)
_EARLIER = timedelta(minutes=10)  # by which the vendor's clock may be behind ours


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    settings: ShipEngineSettings = view.settings
    if view.order.test and not settings.is_test:
        return
    if view.order.cancelled_at is not None:
        yield from _void(view)
    elif settings.buy_labels == "when_ready":
        yield from _buy(view, settings)
    if settings.return_labels:
        yield from _return(view)


def _buy(view: OrderView, settings: ShipEngineSettings) -> Iterator[Command]:
    """Any parcel that is told of, whoever told, means that somebody has taken this order in hand."""
    order = view.order
    known = any(_stands(record) for record in (*view.said, *view.others) if isinstance(record, ShipmentRecord))
    if known or order.shipping_address is None or not order.may_fulfil:
        return
    if order.payment_state is PaymentState.REFUNDED:  # all else that is unpaid holds the order
        return
    units = _units_left(view)
    if units:
        to = order.shipping_address
        parcel = settings.parcel
        weight = max(parcel.weight_per_unit * Decimal(units), parcel.weight_at_least)
        yield BuyLabel(
            subject=order.id,
            to=replace(to, name=to.name or to.company or order.name, phone=to.phone or order.phone),
            email=order.email,
            weight=f"{weight:f}",
        )


def _units_left(view: OrderView) -> int:
    """Of what has to be shipped, less what was given back."""
    returned: Counter[str] = Counter()
    for record in (*view.said, *view.others):
        if isinstance(record, RefundRecord) and record.status not in (RefundStatus.FAILED, RefundStatus.CANCELLED):
            for line_id, quantity in record.lines:
                returned[line_id] += quantity
    return sum(max(0, line.quantity - returned[line.id]) for line in view.order.lines if line.fulfillable)


def _void(view: OrderView) -> Iterator[Command | Mismatch]:
    """Labels that people made are theirs to give back."""
    for record in _labels(view):
        if record.inbound or _status(view.order, record) is not ShipmentStatus.PENDING:
            continue
        if _is_ours(record):
            yield VoidLabel(target=record.source.external_id)
        else:
            found = f"{record.source.external_id}, made by hand"
            yield Mismatch(about="label of a cancelled order", expected="voided", found=found)


def _return(view: OrderView) -> Iterator[Command]:
    order = view.order
    back = any(each.inbound and each.status is not ShipmentStatus.CANCELLED for each in order.shipments)
    if back or not order.refund_requests:
        return
    for record in _labels(view):
        if not record.inbound and _is_ours(record) and _status(order, record) in _LEFT:
            asked = min(request.at for request in order.refund_requests)
            yield CreateReturnLabel(subject=order.id, target=record.source.external_id, since=rfc3339(asked - _EARLIER))
            return


def _labels(view: OrderView) -> Iterator[ShipmentRecord]:
    for record in view.said:
        if isinstance(record, ShipmentRecord) and not number_of(record.source.external_id) and _stands(record):
            yield record


def _status(order: Order, label: ShipmentRecord) -> ShipmentStatus:
    """Of the parcel: its label and its tracking together."""
    return next((each.status for each in order.shipments if label.source in each.sources), label.status)


def _is_ours(label: ShipmentRecord) -> bool:
    return any(claim.startswith("ord_") for claim in label.claims)


def _stands(record: ShipmentRecord) -> bool:
    return record.status is not ShipmentStatus.CANCELLED
