"""When an order wants a label: a pure look at it, level-triggered."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.shipping.settings import Parcel
from hub.connector import OrderView
from hub.domain.order import PaymentState
from hub.domain.records import Address, RefundRecord, RefundStatus, ShipmentRecord, ShipmentStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """The one parcel that an order wants."""

    to: Address
    weight: str  # a decimal, in the unit of the settings


def sending(view: OrderView, parcel: Parcel) -> Sending | None:
    """`None` where nothing may leave, or nowhere. What was sent already is for the caller to see."""
    order, to, units = view.order, view.order.shipping_address, _units_left(view)
    # All else that is unpaid holds the order.
    if not order.may_fulfil or order.payment_state is PaymentState.REFUNDED or not units or to is None:
        return None
    weight = max(parcel.weight_per_unit * units, parcel.weight_at_least)
    named = replace(to, name=to.name or to.company or order.name, phone=to.phone or order.phone)
    return Sending(to=named, weight=f"{weight:f}")


def parcels(view: OrderView) -> Iterator[ShipmentRecord]:
    """All that are told of, whoever told."""
    return (record for record in (*view.said, *view.others) if isinstance(record, ShipmentRecord))


def stands(parcel: ShipmentRecord) -> bool:
    """It means that somebody has taken its order in hand."""
    return parcel.status is not ShipmentStatus.CANCELLED


def _units_left(view: OrderView) -> int:
    """Of what has to be shipped, less what was given back."""
    returned: Counter[str] = Counter()
    for record in (*view.said, *view.others):
        if isinstance(record, RefundRecord) and record.status not in (RefundStatus.FAILED, RefundStatus.CANCELLED):
            for line_id, quantity in record.lines:
                returned[line_id] += quantity
    return sum(max(0, line.quantity - returned[line.id]) for line in view.order.lines if line.fulfillable)
