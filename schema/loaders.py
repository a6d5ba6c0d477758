"""Loaders: whatever sibling fields want of one family is read with one statement, in a short read of its own."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.dataloader import DataLoader

from hub.domain.order import Customer
from hub.store import reading, reading_changes, reading_work
from hub.store.reading import StoredOrder
from hub.store.reading_changes import Change
from hub.store.reading_work import Attempt, Drift, StoredCommand, StoredEvent

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Read = Callable[[], AbstractAsyncContextManager[AsyncConnection]]
MOST_AT_ONCE = 250
Loader = DataLoader[K, V | None]


class Loaders:
    def __init__(self, read: Read) -> None:
        def by_id(reader: Callable[[AsyncConnection, Collection[str]], Awaitable[Mapping[str, V]]]) -> Loader[str, V]:
            async def load(keys: list[str]) -> Sequence[V | None]:
                async with read() as connection:
                    found = await reader(connection, keys)
                return [found.get(key) for key in keys]

            return DataLoader(load, max_batch_size=MOST_AT_ONCE)

        def by_order(
            reader: Callable[[AsyncConnection, Collection[str], K], Awaitable[Mapping[str, Sequence[V]]]],
        ) -> DataLoader[tuple[str, K], Sequence[V]]:
            """Keys are (order id, how much of it): one statement for each `how much`."""

            async def load(keys: list[tuple[str, K]]) -> Sequence[Sequence[V]]:
                orders: dict[K, list[str]] = defaultdict(list)
                for order_id, much in keys:
                    orders[much].append(order_id)
                async with read() as connection:
                    found = {much: await reader(connection, ids, much) for much, ids in orders.items()}
                return [found[much][order_id] for order_id, much in keys]

            return DataLoader(load, max_batch_size=MOST_AT_ONCE)

        async def timelines(
            connection: AsyncConnection, ids: Collection[str], much: tuple[int, int]
        ) -> Mapping[str, Sequence[Change]]:
            after, limit = much
            return await reading_changes.timelines(connection, ids, after=after, limit=limit)

        self.orders: Loader[str, StoredOrder] = by_id(reading.orders_by_id)
        self.customers: Loader[str, Customer] = by_id(reading.customers_by_id)
        self.events: Loader[str, StoredEvent] = by_id(reading_work.events_by_id)
        self.payloads: Loader[str, bytes] = by_id(reading_work.event_bodies)
        self.commands: Loader[str, StoredCommand] = by_id(reading_work.commands_by_id)
        self.contents: Loader[str, bytes] = by_id(reading_work.command_contents)
        self.attempts: Loader[str, Sequence[Attempt]] = by_id(reading_work.attempts_of)
        self.drifts: Loader[str, Sequence[Drift]] = by_id(reading_work.drifts_of_orders)
        self.lengths: Loader[str, int] = by_id(reading_changes.lengths)
        self.events_of_orders: DataLoader[tuple[str, int], Sequence[StoredEvent]] = by_order(
            reading_work.events_of_orders
        )
        self.commands_of_orders: DataLoader[tuple[str, int], Sequence[StoredCommand]] = by_order(
            reading_work.commands_of_orders
        )
        self.timelines: DataLoader[tuple[str, tuple[int, int]], Sequence[Change]] = by_order(timelines)
