"""Labels and tracking to shipment records.

A label and its tracking are told apart by the vendor (tracking names no label), so each is a record of its own: `se-…`
and `tracking:<number>`. Their tracking number makes them one parcel. What the label says of tracking is not believed:
a label just made says `in_transit`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeVar

import msgspec

from connectors.shipengine import shapes
from connectors.shipengine.inbound import named
from connectors.shipengine.status import NOT_YET, status_of
from connectors.shipping.references import order_in
from hub.connector import Faulty, Hint, Ignored, Reader, Reading
from hub.domain.clock import parse_time
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import Kind, Record, ShipmentRecord, ShipmentStatus, Source, vendor_key

T = TypeVar("T")
Said = Iterable[Record | Hint | Ignored | Faulty]

_TRACKING = "tracking:"
_LABEL = {
    "processing": ShipmentStatus.PENDING,
    "completed": ShipmentStatus.PENDING,
    "error": ShipmentStatus.FAILED,
    "voided": ShipmentStatus.CANCELLED,
}
_MOST_EVENTS = 4095


def decode(body: bytes | msgspec.Raw, shape: type[T], path: str = "") -> T:
    """Raises `Unreadable`, with the path in the vendor's own words."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as fault:
        what, _, where = str(fault).partition(" - at `$")
        found = ".".join(part for part in (path, where.rstrip("`").lstrip(".")) if part)
        raise Unreadable(f"{found or 'body'}: {what}") from fault


def tracking_id(number: str) -> str:
    """The external id of what is known of a tracking number: behind the label's, which names the parcel."""
    return f"{_TRACKING}{number}"


def number_of(external_id: str) -> str:
    return external_id.removeprefix(_TRACKING) if external_id.startswith(_TRACKING) else ""


# ------------------------------------------------------------------------------------------------------------ labels


def read_label(reading: Reading, body: bytes) -> Said:
    label = decode(body, shapes.Label)
    if not label.label_id:
        raise Unreadable("label_id: empty")
    made = _moment(label.created_at, "created_at")
    voided = bool(label.voided) or label.status == "voided"
    changed = (_moment(label.voided_at, "voided_at") if label.voided_at else made) if voided else made
    status = ShipmentStatus.CANCELLED if voided else _LABEL.get(label.status)
    if status is None:
        return [Ignored(reason=f"a label in the state {label.status[:40]!r}, which says nothing that we know")]
    cost, fault = _cost(label)
    numbers = _numbers(label)
    orders = {order_in(label.external_shipment_id), order_in(label.rma_number)} - {""}
    record = ShipmentRecord(
        source=Source(reading.connection, Kind.SHIPMENT, label.label_id),
        # Times have seven digits there, and a label changes in the tick that it was made in: a void comes last.
        version=_milliseconds(changed) * 4 + (3 if voided else 0 if label.status == "processing" else 1),
        claims=(*sorted(orders), *(vendor_key("tracking", number) for number in numbers)),
        created_at=made,
        updated_at=changed,
        status=status,
        authority=label.trackable is not False,
        detail=label.status,
        inbound=bool(label.is_return_label),
        service=label.service_code or "",
        cost=cost,
        label_url=_url(label),
        carrier=label.carrier_code or "",
        tracking_numbers=numbers,
        tracking_urls=(label.tracking_url,) if label.tracking_url else (),
    )
    given_back = [_given_back(record, number) for number in numbers] if voided else []
    return [record, *given_back, *([Faulty(path=fault)] if fault else [])]


def _given_back(label: ShipmentRecord, number: str) -> ShipmentRecord:
    """What was known of its tracking counts no more. A scan after the void is news, and stands."""
    return ShipmentRecord(
        source=Source(label.source.connection, Kind.SHIPMENT, tracking_id(number)),
        version=_version(label.updated_at, 0),
        claims=(vendor_key("tracking", number),),
        created_at=label.created_at,
        updated_at=label.updated_at,
        status=ShipmentStatus.CANCELLED,
        authority=True,
        detail="voided",
        carrier=label.carrier,
        tracking_numbers=(number,),
    )


def _numbers(label: shapes.Label) -> tuple[str, ...]:
    packages = (package.tracking_number for package in label.packages or ())
    return tuple(dict.fromkeys(number for number in (label.tracking_number, *packages) if number))


def _url(label: shapes.Label) -> str:
    """Lives for 90 days (help.shipengine.com, "Best Practices")."""
    return (label.label_download.href or label.label_download.pdf or "") if label.label_download else ""


def _cost(label: shapes.Label) -> tuple[Money | None, str]:
    """Postage and insurance, or in words why there is no telling: a label without its price is still a label."""
    total: Money | None = None
    for name, amount in (("shipment_cost", label.shipment_cost), ("insurance_cost", label.insurance_cost)):
        if amount is None:
            continue
        try:
            part = money(amount)
            total = part if total is None else total + part if part else total
        except ValueError as fault:
            return None, f"{name}: {fault}"
    return total, ""


def money(amount: shapes.Amount) -> Money:
    """Raises `ValueError` for what is no whole number of minor units of a known currency."""
    return Money.parse(amount.amount, amount.currency)


# ---------------------------------------------------------------------------------------------------------- tracking


def read_tracking(reading: Reading, body: bytes) -> Said:
    return _tracking(reading, decode(body, shapes.Tracking))


def _tracking(reading: Reading, said: shapes.Tracking, path: str = "") -> Said:
    number = said.tracking_number.strip()
    if not number:
        raise Unreadable(f"{path}tracking_number: empty")
    scans = [
        (_moment(event.occurred_at, f"{path}events[{at}].occurred_at"), event.status_code or "")
        for at, event in enumerate(said.events or ())
        if event.occurred_at
    ]
    status = status_of(said)
    if status is None or (said.status_code == NOT_YET and not scans):
        return [Ignored(reason=f"tracking in the state {said.status_code[:40]!r} tells nothing of where the parcel is")]
    arrived = _moment(said.actual_delivery_date, f"{path}actual_delivery_date") if said.actual_delivery_date else None
    shipped = _moment(said.ship_date, f"{path}ship_date") if said.ship_date else None
    known = sorted(at for at, _ in scans) or [at for at in (shipped, reading.at, arrived) if at]
    if not known:
        raise Unreadable(f"{path}events: neither they nor anything else tells a time")
    newest = known[-1]
    told = scans or arrived or status is ShipmentStatus.DELIVERED
    left = status not in (ShipmentStatus.PENDING, ShipmentStatus.CANCELLED)
    moving = sorted(at for at, code in scans if code in ("IT", "AT", "SP", "DE"))
    delivered = sorted(at for at, code in scans if code == "DE") or ([arrived] if arrived else known[-1:])
    return [
        ShipmentRecord(
            source=Source(reading.connection, Kind.SHIPMENT, tracking_id(number)),
            version=_version(newest, len(scans)) if told else _milliseconds(newest),
            claims=(vendor_key("tracking", number),),
            created_at=known[0],
            updated_at=newest,
            status=status,
            authority=True,
            detail=said.status_detail_code or said.status_code,
            carrier=said.carrier_code or "",
            tracking_numbers=(number,),
            tracking_urls=(said.tracking_url,) if said.tracking_url else (),
            shipped_at=(moving or ([shipped] if shipped else known))[0] if left else None,
            delivered_at=delivered[0] if status is ShipmentStatus.DELIVERED else None,
        )
    ]


def _version(newest: datetime, scans: int) -> int:
    """Tracking has no time of its own: the newest scan is one, and a scan that was added is news.

    What tells neither a scan nor an arrival has only the time of asking, and stands behind all that does: the first
    scan may be older than that, and a ship date may be still to come.
    """
    return _milliseconds(newest) * (_MOST_EVENTS + 1) + min(scans, _MOST_EVENTS)


# ---------------------------------------------------------------------------------------------------------- webhooks


def read_track_notice(reading: Reading, body: bytes) -> Said:
    notice = decode(body, shapes.Notice)
    if bytes(notice.data)[:1] == b"{":
        return _tracking(reading, decode(notice.data, shapes.Tracking, "data"), "data.")
    place = named(notice.resource_url, reading.settings)
    number = place[1].get("tracking_number", "") if place else ""
    return [Hint(kind="shipment", external_id=tracking_id(number))] if number else [_elsewhere(notice)]


def read_batch_notice(reading: Reading, body: bytes) -> Said:
    notice = decode(body, shapes.Notice)
    place = named(notice.resource_url, reading.settings)
    batch = place[0].rpartition("/v1/batches/")[2] if place and place[0].startswith("/v1/batches/") else ""
    return [Hint(kind="batch", external_id=batch)] if batch.startswith("se-") else [_elsewhere(notice)]


def _elsewhere(notice: shapes.Notice) -> Faulty:
    return Faulty(path=f"resource_url: {notice.resource_url[:200]!r} names nothing of this account's API")


# ------------------------------------------------------------------------------------------------------------- other


def read_answer(_reading: Reading, body: bytes) -> Said:
    """Answers that tell of no parcel: of use to who asked, and to nobody later."""
    if body.lstrip()[:1] == b"[":
        return [Ignored(reason=f"a list of {len(decode(body, list[msgspec.Raw]))} that tells of no parcel")]
    names = ", ".join(sorted(decode(body, dict[str, msgspec.Raw]))[:6])
    if not names:
        raise Unreadable("body: an object without any members")
    return [Ignored(reason=f"an answer that tells of no parcel ({names[:120]})")]


def read_notice(_reading: Reading, body: bytes) -> Said:
    notice = decode(body, shapes.Notice)
    return [Ignored(reason=f"a webhook of the kind {notice.resource_type[:60]!r}")]


def _moment(text: str, path: str) -> datetime:
    try:
        return parse_time(text)
    except (ValueError, OverflowError) as fault:
        raise Unreadable(f"{path}: {fault}") from fault


def _milliseconds(at: datetime) -> int:
    """Of our era; what claims to be older is as old as it gets."""
    return max(0, round(at.timestamp() * 1000))


READ: Mapping[str, Reader] = {
    "label": read_label,
    "tracking": read_tracking,
    "track": read_track_notice,
    "batch": read_batch_notice,
    "notice": read_notice,
    "answer": read_answer,
}

IGNORED: Mapping[str, str] = {
    "api_rate": "rates are asked for when a label is bought, and of no use later",
    "api_carrier_connected": "a carrier account was connected: `hub check` looks at those",
    "api_report_complete": "a report for people",
    "api_order_source_refresh_complete": "orders are told by the store's own connection",
    "api_sales_orders_imported": "orders are told by the store's own connection",
}
