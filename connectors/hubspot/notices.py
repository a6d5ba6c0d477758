"""What one item of a webhook says: which object to look at again, or that one is gone.

Items are thin and come in any order, so none is believed for what it says of an object: the object is fetched. A
merge gives the survivor an id of its own or keeps the first one; the others cannot be fetched under their ids any more.
"""

from collections.abc import Iterable

import msgspec

from connectors.hubspot.shapes import Notice
from hub.connector import Hint, Ignored, Reading
from hub.domain.errors import Unreadable

# Object type ids are the same in all accounts (developers.hubspot.com, "Object type IDs").
_TYPE_IDS = {"0-1": "contact", "0-3": "deal"}
FETCHED = {"contact": "customer", "deal": "deal"}  # HubSpot's word -> the fetcher's name, a record's kind
_GONE = ("deletion", "privacyDeletion")


def read_notice(reading: Reading, body: bytes) -> Iterable[Hint | Ignored]:
    try:
        notice = msgspec.json.decode(body, type=Notice)
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"$: {fault}") from fault
    ours = getattr(reading.settings, "portal_id", "")  # none where a body is read without a connection
    if ours and str(notice.portal_id) != ours:
        return [Ignored(reason=f"of account {notice.portal_id}, not of ours")]
    name, _, verb = notice.subscription_type.partition(".")
    if name == "object":
        name = _TYPE_IDS.get(notice.object_type_id or "", notice.object_type_id or "object")
    if verb == "associationChange":
        return _association(notice, name)
    kind = FETCHED.get(name)
    if kind is None:
        return [Ignored(reason=f"{notice.subscription_type[:60]}: neither a contact nor a deal")]
    if verb == "merge":
        return _merge(notice, kind)
    return [Hint(kind=kind, external_id=_id(notice.object_id, "objectId"), gone=verb in _GONE)]


def _merge(notice: Notice, kind: str) -> list[Hint | Ignored]:
    survivor = notice.new_object_id or notice.primary_object_id or notice.object_id
    merged = {*(notice.merged_object_ids or ()), notice.primary_object_id, notice.object_id} - {None, survivor}
    found: list[Hint | Ignored] = [Hint(kind=kind, external_id=_id(survivor, "primaryObjectId"))]
    found += [Hint(kind=kind, external_id=_id(each, "mergedObjectIds"), gone=True) for each in sorted(map(str, merged))]
    return found


def _association(notice: Notice, name: str) -> list[Hint | Ignored]:
    """A deal names its contacts, a contact no deals: only the deal's end is looked at."""
    ends = (notice.association_type or "").split("_TO_")
    if name == "deal" or ends[0] == "DEAL":
        return [Hint(kind="deal", external_id=_id(notice.from_object_id or notice.object_id, "fromObjectId"))]
    if ends[-1] == "DEAL":
        return [Hint(kind="deal", external_id=_id(notice.to_object_id, "toObjectId"))]
    return [Ignored(reason=f"{notice.association_type or 'an association'}: no deal is part of it")]


def _id(value: int | str | None, path: str) -> str:
    text = "" if value is None else str(value)
    if not text.isdecimal() or len(text) > 20:
        raise Unreadable(f"$.{path}: expected an id, found {text[:40] or 'nothing'!r}")
    return text
