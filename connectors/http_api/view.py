"""The order as plain JSON: what conditions, paths and bodies are written over.

Names are those of the golden order. An amount is `{"amount": "19.90", "currency": "USD", "minor": 1990}`, a time is
RFC 3339 in UTC, a source is `{"connection", "kind", "id"}`; a record has its external id as `id`.
"""

from dataclasses import fields
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any

from hub.connector import OrderView
from hub.domain.clock import rfc3339
from hub.domain.money import Money
from hub.domain.records import Record, Source


def plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case Money():
            return {"amount": value.major, "currency": value.currency, "minor": value.minor}
        case datetime():
            return rfc3339(value)
        case Source():
            return {"connection": value.connection, "kind": value.kind.value, "id": value.external_id}
        case tuple():
            return [plain(each) for each in value]
    told = {name: plain(getattr(value, name)) for name in _names(value.__class__)}
    if isinstance(value, Record):
        told["id"] = value.source.external_id
    return told


@cache
def _names(shape: Any) -> tuple[str, ...]:
    return tuple(each.name for each in fields(shape))


def root_of(view: OrderView) -> dict[str, Any]:
    """`order`, `customer`, and what this connection says: `said.<record>` is a list, as `customer_said` is."""
    said: dict[str, list[Any]] = {}
    for record in view.said:
        said.setdefault(record.kind.value, []).append(plain(record))
    return {
        "order": plain(view.order) | {"is_sale": view.order.is_sale, "may_fulfil": view.order.may_fulfil},
        "customer": plain(view.customer) if view.customer is not None else None,
        "said": said,
        "customer_said": [plain(record) for record in view.customer_said],
    }
