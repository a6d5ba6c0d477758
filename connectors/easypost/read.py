"""EasyPost's words as records: a bought shipment is a parcel, and so is a tracker of a label from elsewhere.

A tracker of a shipment tells too little (no price, no label, no reference), and a record is a full snapshot: such a
tracker makes the hub ask for the shipment, which has the tracker in it. The vendor advises to read back, too.
"""

from collections.abc import Iterator
from typing import TypeVar

import msgspec

from connectors.easypost import shapes
from connectors.easypost.kinds import REFUND, REFUND_EVENTS, SHIPMENT, TRACKER, TRACKER_EVENTS, UNREADABLE
from connectors.easypost.status import delivered_at, parcel_status, shipped_at, status_of
from connectors.shipping.references import order_in
from hub.connector import Faulty, Hint, Ignored, Reader, Reading
from hub.domain.clock import parse_time
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import Kind, Record, ShipmentRecord, ShipmentStatus, Source, vendor_key

Said = Record | Hint | Ignored | Faulty
S = TypeVar("S")

_LONGEST = 200  # of a vendor's id or number that can be a key


def decode(body: bytes, shape: type[S]) -> S:
    try:
        body.decode()
        return msgspec.json.decode(body, type=shape)
    except (ValueError, RecursionError) as fault:
        raise Unreadable(str(fault)) from fault


def read_shipment(reading: Reading, body: bytes) -> Iterator[Said]:
    shipment = decode(body, shapes.Shipment)
    if foreign := _foreign(reading, shipment.mode):
        yield foreign
    elif not shipment.is_bought:
        yield Ignored(reason="no label was bought for it")
    else:
        yield from _parcel(reading, shipment)


def read_tracker(reading: Reading, body: bytes) -> Iterator[Said]:
    tracker = decode(body, shapes.Tracker)
    if foreign := _foreign(reading, tracker.mode):
        yield foreign
    elif tracker.shipment_id:
        yield Hint(kind=SHIPMENT, external_id=tracker.shipment_id)
    else:
        yield _tracked(reading, tracker)


def read_refund(_reading: Reading, body: bytes) -> Iterator[Said]:
    """Of a label's price. The shipment says it, too, with all else."""
    refund = decode(body, shapes.Refund)
    if refund.shipment_id:
        yield Hint(kind=SHIPMENT, external_id=refund.shipment_id)
    else:
        yield Ignored(reason="a refund of no shipment of this account")


def read_event(reading: Reading, body: bytes) -> Iterator[Said]:
    event = decode(body, shapes.WebhookEvent)
    if foreign := _foreign(reading, event.mode):
        yield foreign
        return
    result = bytes(event.result)
    if result == b"null":
        # So are events in lists; deliveries have the object. Nothing in it says which parcel it is about.
        yield Ignored(reason="an event without its object: the next pull tells what changed")
    elif event.description in TRACKER_EVENTS:
        yield from read_tracker(reading, result)
    elif event.description in REFUND_EVENTS:
        yield from read_refund(reading, result)
    else:
        raise Unreadable(f"{event.description!r} is not an event that is read - at `$.description`")


def read_unreadable(_reading: Reading, _body: bytes) -> Iterator[Said]:
    raise Unreadable("an event with `id`, `description` and `result`, or an object that says what it is, is expected")


READ: dict[str, Reader] = {
    SHIPMENT: read_shipment,
    TRACKER: read_tracker,
    REFUND: read_refund,
    **dict.fromkeys((*TRACKER_EVENTS, *REFUND_EVENTS), read_event),
    UNREADABLE: read_unreadable,
}


def _foreign(reading: Reading, mode: str) -> Ignored | None:
    """Test labels cost nothing and ship nothing: they must never look like a parcel of the live account."""
    if mode and mode != reading.settings.mode:
        return Ignored(reason=f"of {mode} mode; this connection is for {reading.settings.mode} mode")
    return None


def _parcel(reading: Reading, shipment: shapes.Shipment) -> Iterator[ShipmentRecord | Faulty]:
    """A label without its price is still a label."""
    tracker, rate = shipment.tracker, shipment.selected_rate or shapes.Rate()
    try:
        created, updated = parse_time(shipment.created_at), parse_time(shipment.updated_at)
        if tracker:
            updated = max(updated, parse_time(tracker.updated_at))
    except (ValueError, OverflowError) as fault:
        raise Unreadable(f"{fault} - at `$`") from fault
    cost: Money | None = None
    try:
        cost = Money.parse(rate.rate, rate.currency) if rate.rate and rate.currency else None
    except ValueError as fault:
        yield Faulty(path=f"{fault} - at `$.selected_rate`")
    status = parcel_status(shipment)
    number = shipment.tracking_code or (tracker.tracking_code if tracker else None) or ""
    refund = f"refund_{shipment.refund_status}" if shipment.refund_status else ""
    order = order_in(shipment.reference)
    yield ShipmentRecord(
        source=Source(reading.connection, Kind.SHIPMENT, _id(shipment.id)),
        version=_version(updated.timestamp(), tracker, shipment.refund_status),
        claims=tuple(sorted({*([order] if order else []), *_tracking(number)})),
        created_at=created,
        updated_at=updated,
        status=status,
        authority=True,
        detail=refund if status in (ShipmentStatus.CANCELLED, ShipmentStatus.PENDING) and refund else _word(tracker),
        inbound=bool(shipment.is_return),
        service=rate.service or "",
        cost=cost,
        label_url=(shipment.postage_label.label_url if shipment.postage_label else None) or "",
        carrier=rate.carrier or (tracker.carrier if tracker else None) or "",
        tracking_numbers=(number,) if number else (),
        tracking_urls=(tracker.public_url,) if tracker and tracker.public_url else (),
        shipped_at=shipped_at(tracker),
        delivered_at=delivered_at(tracker),
    )


def _tracked(reading: Reading, tracker: shapes.Tracker) -> ShipmentRecord:
    """A label that was bought elsewhere: all that is known of it is where it is."""
    try:
        created, updated = parse_time(tracker.created_at), parse_time(tracker.updated_at)
    except (ValueError, OverflowError) as fault:
        raise Unreadable(f"{fault} - at `$`") from fault
    number = tracker.tracking_code or ""
    return ShipmentRecord(
        source=Source(reading.connection, Kind.SHIPMENT, _id(tracker.id)),
        version=_version(updated.timestamp(), tracker, None),
        claims=_tracking(number),
        created_at=created,
        updated_at=updated,
        status=status_of(tracker),
        authority=True,
        detail=_word(tracker),
        inbound=bool(tracker.is_return),
        carrier=tracker.carrier or "",
        tracking_numbers=(number,) if number else (),
        tracking_urls=(tracker.public_url,) if tracker.public_url else (),
        shipped_at=shipped_at(tracker),
        delivered_at=delivered_at(tracker),
    )


def _version(updated: float, tracker: shapes.Tracker | None, refund: str | None) -> int:
    """The newest time that is told, in seconds. Within one second, scans and then a refund's end come one by one."""
    scans = min(len((tracker.tracking_details if tracker else None) or ()), 99)
    ended = {None: 0, "submitted": 1}.get(refund, 2)
    return (max(int(updated), 0) * 100 + scans) * 10 + ended


def _id(external_id: str) -> str:
    if not 0 < len(external_id) <= _LONGEST:
        raise Unreadable("an id is expected - at `$.id`")
    return external_id


def _tracking(number: str) -> tuple[str, ...]:
    return (vendor_key("tracking", number),) if 0 < len(number) <= _LONGEST else ()


def _word(tracker: shapes.Tracker | None) -> str:
    return (tracker.status if tracker else None) or ""
