"""What came in, and what it changed."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import strawberry

from hub.observe.traces import trace_id
from hub.store.reading_changes import Change as StoredChange
from hub.store.reading_changes import FieldChange as StoredFieldChange
from hub.store.reading_work import EventState, StoredEvent
from schema.context import Info
from schema.ids import Node
from schema.scalars import Json

if TYPE_CHECKING:
    from schema.order import Order

LazyOrder = Annotated["Order", strawberry.lazy("schema.order")]


async def _payload(root: strawberry.Parent[StoredEvent], info: Info) -> Json | None:
    info.context.caller.must("raw")
    body = await info.context.loaders.payloads.load(root.id)
    if body is None or root.pruned_at is not None:
        return None
    try:
        msgspec.json.decode(body)
    except msgspec.DecodeError:
        return Json(msgspec.json.encode(body.decode("utf-8", "replace")))  # a form, or not even that
    return Json(body)


async def _order(root: strawberry.Parent[StoredEvent], info: Info) -> Any:
    return await info.context.loaders.orders.load(root.order_id) if root.order_id else None


def _trace_id(root: strawberry.Parent[StoredEvent]) -> str | None:
    return trace_id(root.id)


@strawberry.type(description="One thing a system told us, kept as it came.")
class Event(Node):
    connection: str
    key: str | None = strawberry.field(description="What makes it the same event when it comes again.")
    kind: str | None
    at: datetime | None = strawberry.field(description="By the vendor's clock, where it says so.")
    received_at: datetime
    done_at: datetime | None
    state: EventState
    reason: str | None = strawberry.field(description="Why it was ignored or parked, with the path of the fault.")
    deliveries: int = strawberry.field(description="How often the same event came.")
    order: LazyOrder | None = strawberry.field(resolver=_order, description="One of the orders that it touched.")
    trace_id: str | None = strawberry.field(
        resolver=_trace_id, description="Of the trace of all that it led to, as tracing tools want it."
    )
    payload: Json | None = strawberry.field(
        resolver=_payload,
        description="The body as it came; a text where it is not JSON. Needs the scope `raw`: it tells of people. "
        "Null once it was pruned.",
    )
    pruned_at: datetime | None = strawberry.field(
        description="When its body was dropped for age. It is still known when it comes again, but cannot be replayed."
    )

    @classmethod
    def is_type_of(cls, value: object, _info: Info) -> bool:
        return isinstance(value, StoredEvent)


def _before(root: strawberry.Parent[StoredFieldChange]) -> Json:
    return Json(msgspec.json.encode(root.before))


def _after(root: strawberry.Parent[StoredFieldChange]) -> Json:
    return Json(msgspec.json.encode(root.after))


@strawberry.type
class FieldChange:
    path: str
    before: Json | None = strawberry.field(resolver=_before)
    after: Json | None = strawberry.field(resolver=_after)


async def _event(root: strawberry.Parent[StoredChange], info: Info) -> Any:
    return await info.context.loaders.events.load(root.cause)


async def _is_event_pruned(root: strawberry.Parent[StoredChange], info: Info) -> bool:
    return root.cause.startswith("evt_") and await info.context.loaders.events.load(root.cause) is None


@strawberry.type(description="What differed in an order, when, and who or what caused it.")
class Change:
    seq: int = strawberry.field(description="Counts the changes of its order from 1, without gaps.")
    at: datetime
    actor: str | None = strawberry.field(description="A connection, an API key's name, or the hub itself.")
    summary: str | None
    cause: strawberry.ID | None = strawberry.field(description="The id of the event, command or intent behind it.")
    event: Event | None = strawberry.field(resolver=_event, description="The event behind it, if it was one.")
    is_event_pruned: bool = strawberry.field(
        resolver=_is_event_pruned, description="It was an event, which is gone for age: the change outlives it."
    )
    fields: list[FieldChange]
