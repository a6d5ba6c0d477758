"""What goes out."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from hub.observe.traces import trace_id
from hub.store.reading_work import AttemptState, CommandState, StoredCommand
from schema.context import Info
from schema.ids import Node
from schema.scalars import Json

if TYPE_CHECKING:
    from schema.order import Order

LazyOrder = Annotated["Order", strawberry.lazy("schema.order")]


@strawberry.type(description="One try at a command.")
class Attempt:
    id: strawberry.ID
    state: AttemptState
    message: str | None
    started_at: datetime
    ended_at: datetime | None


async def _attempts(root: strawberry.Parent[StoredCommand], info: Info) -> Any:
    return await info.context.loaders.attempts.load(root.id) or ()


async def _content(root: strawberry.Parent[StoredCommand], info: Info) -> Json | None:
    info.context.caller.must("raw")
    content = await info.context.loaders.contents.load(root.id)
    return None if content is None else Json(content)


async def _order(root: strawberry.Parent[StoredCommand], info: Info) -> Any:
    return await info.context.loaders.orders.load(root.order_id) if root.order_id else None


def _trace_id(root: strawberry.Parent[StoredCommand]) -> str | None:
    return trace_id(root.cause)


@strawberry.type(description="What a system is asked to do. Its id is its idempotency key.")
class Command(Node):
    connection: str
    action: str
    subject: str | None
    target: str | None
    state: CommandState
    reason: str | None = strawberry.field(
        description="Why it is parked or superseded, in the vendor's words if it spoke."
    )
    tries: int
    due_at: datetime
    first_sent_at: datetime | None
    created_at: datetime
    done_at: datetime | None
    order: LazyOrder | None = strawberry.field(resolver=_order)
    trace_id: str | None = strawberry.field(
        resolver=_trace_id, description="Of the trace of the event or mutation that it goes back to."
    )
    attempts: list[Attempt] = strawberry.field(resolver=_attempts, description="Oldest first.")
    content: Json | None = strawberry.field(resolver=_content, description="What is sent. Needs the scope `raw`.")

    @classmethod
    def is_type_of(cls, value: object, _info: Info) -> bool:
        return isinstance(value, StoredCommand)
