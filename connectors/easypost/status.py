"""Where a parcel is, by its tracker (docs.easypost.com/docs/trackers)."""

from datetime import UTC, datetime

from connectors.easypost.shapes import Shipment, Tracker
from hub.domain.records import ShipmentStatus

_STATUS = {
    "pre_transit": ShipmentStatus.PENDING,
    "in_transit": ShipmentStatus.IN_TRANSIT,
    "out_for_delivery": ShipmentStatus.IN_TRANSIT,
    "available_for_pickup": ShipmentStatus.IN_TRANSIT,
    "delivered": ShipmentStatus.DELIVERED,
    "return_to_sender": ShipmentStatus.RETURNED,
    "failure": ShipmentStatus.FAILED,
    "cancelled": ShipmentStatus.CANCELLED,
}
_STILL_HERE = (ShipmentStatus.PENDING, ShipmentStatus.CANCELLED)

# docs.easypost.com/docs/shipping-refund. A carrier that bills on the scan answers "not_applicable": there is nothing
# to give back, and nothing will be charged for a label that is thrown away. A rejected refund leaves the label ours.
_GIVEN_BACK = ("submitted", "refunded", "not_applicable")


def given_back(refund_status: str | None) -> bool:
    return refund_status in _GIVEN_BACK


def status_of(tracker: Tracker | None) -> ShipmentStatus:
    """`unknown`, `error` and words that are new say nothing of the parcel's place: then its last scan does."""
    if tracker is None:
        return ShipmentStatus.PENDING
    if known := _STATUS.get(tracker.status or ""):
        return known
    scans = sorted(_scans(tracker), key=lambda scan: scan[0])
    return next((status for _, status in reversed(scans)), ShipmentStatus.PENDING)


def parcel_status(shipment: Shipment) -> ShipmentStatus:
    """A label that was given back and is scanned all the same is a parcel: its place counts more than its price."""
    status = status_of(shipment.tracker)
    if status is ShipmentStatus.PENDING and given_back(shipment.refund_status):
        return ShipmentStatus.CANCELLED
    return status


def shipped_at(tracker: Tracker | None) -> datetime | None:
    """The first scan of a parcel that moves. `None` where it has not left, whatever was said before a correction."""
    if tracker is None or status_of(tracker) in _STILL_HERE:
        return None
    return min((at for at, status in _scans(tracker) if status not in _STILL_HERE), default=_time(tracker.updated_at))


def delivered_at(tracker: Tracker | None) -> datetime | None:
    if tracker is None or status_of(tracker) is not ShipmentStatus.DELIVERED:
        return None
    arrivals = (at for at, status in _scans(tracker) if status is ShipmentStatus.DELIVERED)
    return max(arrivals, default=_time(tracker.updated_at))


def _scans(tracker: Tracker) -> list[tuple[datetime, ShipmentStatus]]:
    told = ((_time(detail.datetime), _STATUS.get(detail.status or "")) for detail in tracker.tracking_details or ())
    return [(at, status) for at, status in told if at is not None and status is not None]


def _time(text: str | None) -> datetime | None:
    """A scan's time is told for people: one that cannot be read spoils nothing. Without an offset it is UTC."""
    try:
        at = datetime.fromisoformat(text or "")
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
