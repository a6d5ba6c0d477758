"""What a body is, by fields that only such a body has; the topic, an unsigned header, decides only where none has."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

import msgspec

from hub.connector import Event

# The first that fits.
_BY_FIELDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("order", frozenset({"line_items", "order_key", "currency"})),
    ("order", frozenset({"line_items", "billing", "total"})),
    ("refund", frozenset({"amount", "reason", "line_items"})),
    ("customer", frozenset({"email", "username", "billing"})),
    ("customer", frozenset({"email", "billing", "is_paying_customer"})),
    ("webhook", frozenset({"delivery_url", "topic"})),
    ("order_note", frozenset({"note", "customer_note", "author"})),
    ("coupon", frozenset({"code", "discount_type"})),
    ("product", frozenset({"slug", "permalink", "catalog_visibility"})),
)


def kind_of(body: bytes, topic: str) -> str:
    """The kind of a webhook's body. Orders and customers keep the topic's event: `order.updated`."""
    try:
        said = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return topic or "order"  # its reader says where the fault is
    found = _bare(said)
    if found not in ("order", "customer"):
        return topic or found or "other"
    # One that says it is deleted and shows the thing all the same is not from this vendor: read as what it shows.
    fits = topic.startswith(f"{found}.") and not topic.endswith(".deleted")
    return topic if fits else found


def recognise(file_name: str, body: bytes) -> Sequence[Event]:
    """At least one event for every JSON file; a webhook's body may be named by its topic: `order.deleted.json`."""
    parts = PurePath(file_name).name.removesuffix(".json").split(".")
    topic = ".".join(parts[:2])
    try:
        said = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return [Event(kind="order", body=body)]
    if topic in ("order.deleted", "customer.deleted"):
        return [Event(kind=topic, body=body)]
    return [Event(kind=kind, body=msgspec.json.encode(each)) for kind, each in _found(said)] or [
        Event(kind="other", body=body)
    ]


def _found(said: Any) -> Iterator[tuple[str, Any]]:
    for each in said if isinstance(said, list) else [said]:
        if kind := _bare(each):
            yield kind, each


def _bare(said: Any) -> str:
    if not isinstance(said, dict):
        return ""
    return next((kind for kind, fields in _BY_FIELDS if fields <= said.keys()), "")
