"""What a file holds: a webhook body named by its topic, a REST answer, or a GraphQL answer. Pure guesswork on names."""

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Any

import msgspec

from connectors.shopify.ignored import IGNORED
from connectors.shopify.read import READ
from hub.connector import Event

# Which reader a bare object is for, by fields that only it has. The first that fits.
_BY_FIELDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("orders/edited", frozenset({"order_edit"})),
    ("order", frozenset({"lineItems", "totalPriceSet"})),
    ("customer", frozenset({"defaultEmailAddress", "firstName"})),
    ("draft_orders/update", frozenset({"invoice_url"})),
    ("orders/updated", frozenset({"line_items", "total_price", "order_number"})),
    ("orders/updated", frozenset({"line_items", "total_price", "currency"})),
    ("refunds/create", frozenset({"refund_line_items", "order_id"})),
    ("order_transactions/create", frozenset({"kind", "gateway", "order_id"})),
    ("fulfillments/update", frozenset({"tracking_number", "order_id"})),
    ("customers/update", frozenset({"first_name", "last_name", "verified_email"})),
)
# Keys that REST answers wrap an object, or a list of them, in.
_BY_WRAPPER = {
    "order": "orders/updated",
    "orders": "orders/updated",
    "refund": "refunds/create",
    "refunds": "refunds/create",
    "transaction": "order_transactions/create",
    "transactions": "order_transactions/create",
    "fulfillment": "fulfillments/update",
    "fulfillments": "fulfillments/update",
    "customer": "customers/update",
    "customers": "customers/update",
    "draft_order": "draft_orders/update",
    "dispute": "disputes/update",
    "fulfillment_event": "fulfillment_events/create",
    "fulfillment_order": "other",
    "shop": "shop/update",
    "tender_transactions": "tender_transactions/create",
    "variant": "products/update",
    "inventory_levels": "inventory_levels/update",
    "locations": "locations/update",
}


def recognise(file_name: str, body: bytes) -> Sequence[Event]:
    """At least one event for every JSON file; what is no order, payment, refund, parcel or customer is `other`."""
    try:
        said = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return [Event(kind=_topic(file_name) or "orders/updated", body=body)]  # its reader says where the fault is
    topic = _topic(file_name)
    if topic:
        return [Event(kind=topic, body=body)]
    found = [Event(kind=kind, body=msgspec.json.encode(each)) for kind, each in _found(said)]
    return found or [Event(kind="other", body=body)]


def kind_of(body: bytes) -> str:
    """The topic of a webhook body that came without one."""
    return recognise("", body)[0].kind


def _topic(file_name: str) -> str:
    """`orders.updated.json`, also with more behind it (`orders.updated.2.json`), and the topics that have a dot."""
    parts = PurePath(file_name).name.removesuffix(".json").split(".")
    if len(parts) < 2:
        return ""
    slashed, dotted = "/".join(parts[:2]), ".".join(parts[:2])
    if slashed in IGNORED or slashed in READ:
        return slashed
    return dotted if dotted in IGNORED else ""


def _found(said: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(said, list):
        for each in said:
            yield from _found(each)
    elif isinstance(said, dict):
        if isinstance(said.get("data"), dict):
            for value in said["data"].values():
                yield from _graphql(value)
            return
        if len(said) == 1:
            ((name, inside),) = said.items()
            kind = _BY_WRAPPER.get(name)
            if kind and isinstance(inside, dict | list):
                for each in inside if isinstance(inside, list) else [inside]:
                    yield _bare(each) or kind, each
                return
        if kind := _bare(said):
            yield kind, said


def _graphql(value: Any) -> Iterator[tuple[str, Any]]:
    """Objects of an answer, also inside connections and mutation payloads."""
    if not isinstance(value, dict):
        return
    if kind := _bare(value):
        yield kind, value
        return
    nodes = value.get("nodes") or [edge.get("node") for edge in value.get("edges") or [] if isinstance(edge, dict)]
    for each in nodes if isinstance(nodes, list) else []:
        yield from _graphql(each)
    for name, inside in value.items():
        if name not in ("nodes", "edges", "pageInfo"):
            yield from _graphql(inside)


def _bare(said: Any) -> str:
    if not isinstance(said, dict):
        return ""
    return next((kind for kind, fields in _BY_FIELDS if fields <= said.keys()), "")
