"""What a webhook's item says: which object to fetch, or that one is gone."""

import re
from collections.abc import Iterable

import msgspec

from connectors.quickbooks import shapes
from connectors.quickbooks.read import KINDS, gone
from hub.connector import Hint, Ignored, Reading
from hub.domain.clock import parse_time
from hub.domain.errors import Unreadable
from hub.domain.records import Record

_TYPE = re.compile(r"qbo\.([a-z]+)\.([a-z]+)\.v[0-9]+")
_ID = re.compile(r"[0-9]{1,20}")
_NAMES = {entity.lower(): entity for entity in KINDS}
# CloudEvents say `updated` where the older form said `Update`.
_DELETED = ("delete", "deleted")
_MERGED = ("merge", "merged")


def read_notice(reading: Reading, body: bytes) -> Iterable[Record | Hint | Ignored]:
    """Transactions that were deleted cannot be fetched any more: the signed notice itself is the record.

    Names (customers) are never deleted but made inactive, and can be fetched.
    """
    try:
        if body.lstrip()[:1] == b"{" and b'"eventNotifications"' in body[:64]:
            return _legacy(reading, body)
        event = msgspec.json.decode(body, type=shapes.CloudEvent)
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"$: {fault}") from fault
    typed = _TYPE.fullmatch(event.type)
    if typed is None:
        raise Unreadable(f"$.type: expected qbo.<entity>.<operation>.v1, found {event.type[:80]!r}")
    return _said(reading, event.intuitaccountid, typed[1], event.intuitentityid, typed[2], event.time, None)


def _legacy(reading: Reading, body: bytes) -> list[Record | Hint | Ignored]:
    found: list[Record | Hint | Ignored] = []
    for raw in msgspec.json.decode(body, type=shapes.Notifications).event_notifications:
        notification = msgspec.json.decode(raw, type=shapes.Notification)
        for item in notification.data_change_event.entities:
            entity = msgspec.json.decode(item, type=shapes.Entity)
            facts = (entity.name, entity.id, entity.operation, entity.last_updated, entity.deleted_id)
            found += _said(reading, notification.realm_id, *facts)
    return found


def _said(
    reading: Reading, realm: str, name: str, id: str, operation: str, time: str, merged: str | None
) -> list[Record | Hint | Ignored]:
    ours = getattr(reading.settings, "realm_id", "")  # none where a body is read without a connection
    if ours and realm != ours:
        return [Ignored(reason=f"of company {realm[:20]}, not of ours")]
    entity = _NAMES.get(name.lower())
    if entity is None:
        return [Ignored(reason=f"{name[:40]}: of no use to an order")]
    for each in (id, merged):
        if each is not None and not _ID.fullmatch(each):
            raise Unreadable(f"id: expected digits, found {each[:40]!r}")
    try:
        at = parse_time(time) if time else None
    except ValueError:
        at = None  # only told along; what counts is what is fetched
    if entity != "Customer" and operation.lower() in _DELETED:
        return [gone(reading, entity, id, at)]
    found: list[Record | Hint | Ignored] = [Hint(kind=entity.lower(), external_id=id)]
    if merged and operation.lower() in _MERGED:
        found.append(gone(reading, entity, merged, at))
    return found
