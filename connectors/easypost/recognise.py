"""What `hub read` has before it: webhooks, objects, lists, error answers, or recorded exchanges."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from connectors.easypost.kinds import UNREADABLE
from hub.connector import Event

_LISTS = {
    *("shipments", "trackers", "events", "webhooks", "batches", "addresses", "insurances", "orders", "pickups"),
    *("scan_forms", "rates", "payloads"),
}


def recognise(_name: str, body: bytes) -> Sequence[Event]:
    """An object says what it is (`object`), an event what it tells of (`description`); a name says nothing."""
    try:
        found = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return [Event(kind=UNREADABLE, body=body)]
    return list(_events(found)) or [Event(kind=UNREADABLE, body=body)]


def _events(found: Any) -> Iterator[Event]:
    match found:
        case list():
            for each in found:
                yield from _events(each)
        case {"exchanges": [*exchanges]}:
            yield from _events(exchanges)
        case {"request": {}, "response": {"body": body}}:
            yield from _events(body)
        case {"object": "Event", "description": str(kind)}:
            yield _event(kind, found)
        case {"object": str(kind)}:
            yield _event(kind.lower(), found)
        case {"error": _}:
            yield _event("error", found)
        case dict() if lists := [found[name] for name in found if name in _LISTS and isinstance(found[name], list)]:
            yield from [event for each in lists for event in _events(each)] or [_event("answer", found)]
        case dict() if "id" not in found:
            yield _event("answer", found)
        case _:
            yield _event(UNREADABLE, found)


def _event(kind: str, found: Any) -> Event:
    return Event(kind=kind, body=msgspec.json.encode(found))
