"""What can be followed: every change behind a cursor, once, in the order in which they were committed."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import strawberry

from hub.store.reading import StoredOrder
from hub.store.reading_changes import Change as StoredChange
from hub.store.reading_changes import changes_after, newest_cursor
from hub.store.reading_lists import OrderFilter, orders_that_match
from schema.context import Info
from schema.event import Change
from schema.inputs import OrderWhere, order_filter
from schema.order import Order
from schema.paging import decode_cursor, encode_cursor

T = TypeVar("T")

_FEED = "changes"
_BATCH = 100
_LISTEN = 15.0  # seconds until the table is looked at even if nobody rang


@dataclass(frozen=True, slots=True)
class Followed:
    change: StoredChange
    order: StoredOrder | None

    @property
    def cursor(self) -> str:
        return encode_cursor(_FEED, (self.change.cursor,))


@strawberry.type(description="One change, and the order as it is now (which may hold later changes already).")
class OrderChange:
    cursor: str = strawberry.field(description="Give the last one that you handled as `after`, and nothing is missed.")
    change: Change
    order: Order | None = strawberry.field(description="`null` when the order was merged into another one since.")


async def _whole(read: Coroutine[Any, Any, T]) -> T:
    """A follower may leave at any moment: the short read that it is in ends first, so its connection is not lost."""
    reading = asyncio.ensure_future(read)
    try:
        return await asyncio.shield(reading)
    finally:
        if not reading.done():
            await asyncio.wait({reading})


async def _behind(
    info: Info, cursor: int, wanted: OrderFilter
) -> tuple[Sequence[StoredChange], Mapping[str, StoredOrder]]:
    async with info.context.hub.database.read() as connection:
        changes = await changes_after(connection, cursor, _BATCH)
        return changes, await orders_that_match(connection, {change.order_id for change in changes}, wanted)


async def _newest(info: Info) -> int:
    async with info.context.hub.database.read() as connection:
        return await newest_cursor(connection)


async def _follow(info: Info, cursor: int, wanted: OrderFilter) -> AsyncIterator[Followed]:
    hub = info.context.hub
    filtered = wanted != OrderFilter()
    while True:
        changes, orders = await _whole(_behind(info, cursor, wanted))
        for change in changes:
            cursor = change.cursor
            order = orders.get(change.order_id)
            if order is not None or not filtered:
                info.context.forget()
                yield Followed(change, order)
        if len(changes) < _BATCH:
            await hub.wait_for_change(cursor, _LISTEN)


async def order_changed(
    info: Info,
    where: OrderWhere | None = None,
    after: Annotated[
        str | None, strawberry.argument(description="Go on behind this change; without it: from now on.")
    ] = None,
) -> Any:
    wanted = await order_filter(info, None, where)
    if after is not None:
        (cursor,) = decode_cursor(after, _FEED, (int,))
    else:
        cursor = await _whole(_newest(info))
    return _follow(info, cursor, wanted)


@strawberry.type
class Subscription:
    order_changed: OrderChange = strawberry.subscription(
        resolver=order_changed,
        description="Each change of an order, oldest first. `where` is looked at as the order is now.",
        graphql_type=OrderChange,
    )
