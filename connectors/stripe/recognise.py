"""What `hub read` has before it: events, objects, lists, `event.data`, error answers, or recorded exchanges."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import PurePath
from typing import Any

import msgspec

from connectors.stripe.inbound import UNREADABLE
from connectors.stripe.kinds import OBJECTS
from hub.connector import Event

# Old captures may lack `object`; the id says it as well.
_PREFIXES = {
    "pi_": "payment_intent",
    "ch_": "charge",
    "py_": "charge",
    "re_": "refund",
    "pyr_": "refund",
    "dp_": "dispute",
    "du_": "dispute",
    "cs_": "checkout.session",
    "cus_": "customer",
    "we_": "webhook_endpoint",
}


def recognise(name: str, body: bytes) -> Sequence[Event]:
    try:
        found = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return [Event(kind=UNREADABLE, body=body)]
    whole = [Event(kind=UNREADABLE, body=body)]
    return list(_events(found, PurePath(name).stem, None)) or whole


def _events(found: Any, name: str, at: datetime | None) -> Iterator[Event]:
    match found:
        case list():
            for each in found:
                yield from _events(each, name, at)
        case {"request": {}, "response": {"body": body, **response}}:
            yield from _events(body, "", said_at(response.get("headers") or {}))
        case {"object": "event" | "v2.core.event", "type": str(kind)}:
            yield _event(kind, found, at)
        case {"object": "list", "data": [_, *_] as items}:
            for each in items:
                yield from _events(each, "", at)
        case {"object": str(kind)}:
            yield _event(kind, found, at)
        case {"error": {}}:
            yield _event("error", found, at)
        case {"object": {} as inner} if set(found) <= {"object", "previous_attributes"}:
            yield from _events(inner, name, at)
        case {"id": str(external_id)}:
            yield _event(_kind_of(external_id, name), found, at)
        case _:
            yield _event(UNREADABLE, found, at)


def _kind_of(external_id: str, name: str) -> str:
    for prefix, kind in _PREFIXES.items():
        if external_id.startswith(prefix):
            return kind
    return next((kind for kind in OBJECTS if name == kind or name.startswith(f"{kind}.")), UNREADABLE)


def _event(kind: str, found: Any, at: datetime | None) -> Event:
    return Event(kind=kind, body=msgspec.json.encode(found), at=at)


def said_at(headers: Any) -> datetime | None:
    """The vendor's clock when it answered; `None` for an answer that was replayed for a repeated idempotency key.

    Such an answer shows the past: its object counts as old as it was made.
    """
    if headers.get("idempotent-replayed") == "true":
        return None
    try:
        at = parsedate_to_datetime(headers.get("date") or "")
        return at if at.tzinfo else None  # two Date headers, joined by a proxy, are no time at all
    except ValueError:
        return None
