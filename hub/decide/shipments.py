"""Parcels of one order: the same parcel told by a store and a carrier is one."""

from collections import Counter
from collections.abc import Iterable, Sequence

from hub.domain.order import FulfilmentState, Shipment
from hub.domain.records import Line, Record, RefundRecord, RefundStatus, ShipmentRecord, ShipmentStatus

_RANK = [
    ShipmentStatus.CANCELLED,
    ShipmentStatus.PENDING,
    ShipmentStatus.FAILED,
    ShipmentStatus.IN_TRANSIT,
    ShipmentStatus.RETURNED,
    ShipmentStatus.DELIVERED,
]
_LEFT = (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED)


def fold_shipments(records: Iterable[Record]) -> tuple[Shipment, ...]:
    parcels: list[list[ShipmentRecord]] = []
    for record in sorted(
        (record for record in records if isinstance(record, ShipmentRecord)), key=lambda record: record.source
    ):
        together = [
            parcel
            for parcel in parcels
            if any(set(record.tracking_numbers) & set(known.tracking_numbers) for known in parcel)
        ]
        merged = [*(known for parcel in together for known in parcel), record]
        parcels = [parcel for parcel in parcels if parcel not in together] + [merged]
    shipments = [_shipment(parcel) for parcel in parcels]
    return tuple(sorted(shipments, key=lambda each: (each.shipped_at is None, each.shipped_at, each.source)))


def _shipment(parcel: Sequence[ShipmentRecord]) -> Shipment:
    """Who tracks it is believed: then a newer word of an earlier status is its correction. Stores only add to it."""
    trackers = [record for record in parcel if record.authority]
    lead = max(trackers or parcel, key=lambda record: (_RANK.index(record.status), record.source))
    arrived = lead.status is ShipmentStatus.DELIVERED
    return Shipment(
        id=parcel[0].source.key,
        source=parcel[0].source,
        sources=tuple(sorted(record.source for record in parcel)),
        status=lead.status,
        verified=lead.authority,
        detail=lead.detail,
        inbound=any(record.inbound for record in parcel),
        service=next((record.service for record in (lead, *parcel) if record.service), ""),
        cost=next((record.cost for record in (lead, *parcel) if record.cost is not None), None),
        label_url=next((record.label_url for record in (lead, *parcel) if record.label_url), ""),
        carrier=next((record.carrier for record in (lead, *parcel) if record.carrier), ""),
        tracking_numbers=tuple(sorted({number for record in parcel for number in record.tracking_numbers})),
        tracking_urls=tuple(sorted({url for record in parcel for url in record.tracking_urls})),
        lines=next((record.lines for record in (lead, *parcel) if record.lines), ()),
        shipped_at=min((record.shipped_at for record in parcel if record.shipped_at), default=None),
        delivered_at=min((record.delivered_at for record in parcel if record.delivered_at and arrived), default=None),
    )


def returned_units(records: Iterable[Record]) -> Counter[str]:
    """By line, what was given back: it need not be sent any more."""
    units: Counter[str] = Counter()
    for record in records:
        if isinstance(record, RefundRecord) and record.status not in (RefundStatus.FAILED, RefundStatus.CANCELLED):
            for line, quantity in record.lines:
                units[line] += quantity
    return units


def fulfilment_state(
    lines: Sequence[Line], shipments: Sequence[Shipment], is_sale: bool, returned: Counter[str]
) -> FulfilmentState:
    """A parcel that names no lines holds the whole order."""
    wanted = {line.id: line.quantity - returned[line.id] for line in lines if line.fulfillable}
    wanted = {line: quantity for line, quantity in wanted.items() if quantity > 0}
    left = [shipment for shipment in shipments if shipment.status in _LEFT and not shipment.inbound]
    if not wanted and not left:
        return FulfilmentState.NOT_NEEDED if is_sale and lines else FulfilmentState.UNFULFILLED
    if not left:
        return FulfilmentState.UNFULFILLED
    if _covers(wanted, (shipment for shipment in left if shipment.status is ShipmentStatus.DELIVERED)):
        return FulfilmentState.DELIVERED
    return FulfilmentState.FULFILLED if _covers(wanted, left) else FulfilmentState.PARTIALLY_FULFILLED


def _covers(wanted: dict[str, int], shipments: Iterable[Shipment]) -> bool:
    sent: Counter[str] = Counter()
    for shipment in shipments:
        if not shipment.lines:
            return True
        for line, quantity in shipment.lines:
            sent[line] += quantity
    return bool(sent) and all(sent[line] >= quantity for line, quantity in wanted.items())
