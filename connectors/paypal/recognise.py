"""What `hub read` has before it: events, resources, lists of them, error answers, or recorded exchanges."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from connectors.paypal.context import by_link
from connectors.paypal.inbound import UNREADABLE
from hub.connector import Event


def recognise(_: str, body: bytes) -> Sequence[Event]:
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
        case {"request": {}, "response": {"body": body}}:
            yield from _events(body)
        case {"event_type": str(kind), "resource": {}}:
            yield _event(kind, found)
        case {"events": [_, *_] as items} | {"items": [_, *_] as items} | {"transaction_details": [_, *_] as items}:
            yield from _events(items)
        case {"transaction_info": {}}:
            yield _event("transaction", found)
        case {"dispute_id": str()}:
            yield _event("dispute", found)
        case {"purchase_units": list()}:
            yield _event("order", found)
        case {"name": str(), "message": str(), "debug_id": str()}:
            yield _event("error", found)
        case {"id": str(), "links": list(links)}:
            yield _event(_own_kind(links), found)
        case _:
            yield _event(UNREADABLE, found)


def _own_kind(links: list[Any]) -> str:
    for link in links:
        match link:
            case {"rel": "self", "href": str(href)}:
                return by_link(href)[0] or UNREADABLE
    return UNREADABLE


def _event(kind: str, found: Any) -> Event:
    return Event(kind=kind, body=msgspec.json.encode(found))
