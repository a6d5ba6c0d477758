"""What ShipEngine should be asked to do for an order: make its label, give one back, make one for the way back."""

from collections.abc import Iterator
from datetime import timedelta

from connectors.shipengine.commands import BuyLabel, CreateReturnLabel, VoidLabel
from connectors.shipengine.read import number_of
from connectors.shipengine.settings import ShipEngineSettings
from connectors.shipping.plan import parcels, sending, stands
from connectors.shipping.references import is_ours
from hub.connector import OrderView
from hub.domain.clock import rfc3339
from hub.domain.commands import Command, Mismatch
from hub.domain.order import Order
from hub.domain.records import ShipmentRecord, ShipmentStatus

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
    due = sending(view, settings.parcel)
    if due and not any(map(stands, parcels(view))):
        yield BuyLabel(subject=view.order.id, to=due.to, email=view.order.email, weight=due.weight)


def _void(view: OrderView) -> Iterator[Command | Mismatch]:
    """Labels that people made are theirs to give back."""
    for record in _labels(view):
        if record.inbound or _status(view.order, record) is not ShipmentStatus.PENDING:
            continue
        if is_ours(record):
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
        if not record.inbound and is_ours(record) and _status(order, record) in _LEFT:
            asked = min(request.at for request in order.refund_requests)
            yield CreateReturnLabel(subject=order.id, target=record.source.external_id, since=rfc3339(asked - _EARLIER))
            return


def _labels(view: OrderView) -> Iterator[ShipmentRecord]:
    for record in view.said:
        if isinstance(record, ShipmentRecord) and not number_of(record.source.external_id) and stands(record):
            yield record


def _status(order: Order, label: ShipmentRecord) -> ShipmentStatus:
    """Of the parcel: its label and its tracking together."""
    return next((each.status for each in order.shipments if label.source in each.sources), label.status)
