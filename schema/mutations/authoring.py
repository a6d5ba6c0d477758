"""How a wish becomes a record: checked before, once per idempotency key, checked again under the order's lock."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import strawberry

from hub.domain.errors import HubError
from hub.domain.ids import new_id
from hub.domain.intents import IntentKey
from hub.domain.order import Order
from hub.domain.records import Kind, Record, Source
from hub.store.reading import StoredOrder
from schema.context import Info
from schema.user_errors import UserError, invalid, not_found, user_error

HUB = "hub"  # the built-in connection: what people and programs ask of the hub
MOST_TEXT = 2_000
_MOST_KEY = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What stands behind every payload: the order as it is now, or what is wrong."""

    order: StoredOrder | None = None
    user_errors: list[UserError] = field(default_factory=list)


def new_source(kind: Kind) -> Source:
    return Source(HUB, kind, new_id("int"))


def refused(*errors: HubError) -> Outcome:
    return Outcome(user_errors=[user_error(error) for error in errors])


async def find_order(info: Info, order_id: str) -> StoredOrder:
    order = await info.context.loaders.orders.load(order_id)
    if order is None:
        raise not_found("there is no such order", "orderId")
    return order


async def author(
    info: Info,
    operation: str,
    input: Any,
    record: Record,
    *,
    check: Callable[[Order], None] | None = None,
) -> Outcome:
    """Hands `record` to the hub, with the `idempotency_key` and the `expected_version` of the input if it has them."""
    context = info.context
    done = await context.hub.intend(
        record,
        context.caller.name,
        _intent_key(context.caller.key_id, operation, input),
        check=check,
        expected_version=getattr(input, "expected_version", None),
    )
    context.forget()
    return Outcome(order=await context.loaders.orders.load(done.order_id))


def text(value: str | None, *path: str) -> str:
    """A text that people write; "" for none."""
    if value is not None and len(value) > MOST_TEXT:
        raise invalid(f"at most {MOST_TEXT} characters", *path)
    return (value or "").strip()


def _intent_key(key_id: str, operation: str, input: Any) -> IntentKey | None:
    """A key belongs to one caller and one mutation: another caller's equal key is another key."""
    told = strawberry.asdict(input)
    told.pop("idempotency_key", None)
    key: str | None = getattr(input, "idempotency_key", None)
    if key is None:
        return None
    if not 1 <= len(key) <= _MOST_KEY or not key.isprintable():
        raise invalid(f"1 to {_MOST_KEY} printable characters; a UUID is a good one", "idempotencyKey")
    digest = hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()
    return IntentKey(f"{key_id}/{operation}/{key}", digest)
