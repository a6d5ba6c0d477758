"""The worker: every movement in its own loop, woken by bells, with a slow poll as the safety net."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import structlog

from hub.pipeline import publish as publishing
from hub.pipeline.apply import PLAN
from hub.pipeline.audit import audit
from hub.pipeline.deliver import Courier, claim, deliver
from hub.pipeline.digest import INBOX, digest
from hub.pipeline.plan import plan
from hub.pipeline.prune import Pruner, prune_in_turn
from hub.pipeline.pull import begin, fetch, pull
from hub.pipeline.registry import Connection, Connections
from hub.store import endpoints, inbox, outbox
from hub.store.cursors import CURSORS
from hub.store.golden import CHANGES
from hub.store.hints import HINTS
from hub.store.outbox import OUTBOX, Leased

log = structlog.get_logger("orderhub.work")

_POLL = 5.0  # seconds without a bell
_SORRY = 1.0  # seconds after a fault of our own or of the database
_HOUR = 3600.0  # seconds between two looks at a connection's subscriptions, and at its tokens
_GRACE = 10.0  # seconds that deliveries under way get to finish when the process stops


@dataclass(eq=False, kw_only=True)
class Worker:
    courier: Courier
    connections: Connections
    at_once: Callable[[Connection], int]  # how many deliveries of a lane may be under way
    publisher: publishing.Publisher | None = None  # with `endpoints`: who is told of changes
    endpoints: Sequence[publishing.Endpoint] = ()
    webhook_url: Callable[[str], str] = lambda _connection: ""  # where a connection's vendor sends to; "": nowhere
    upkeep: Callable[[Connection], Awaitable[None]] | None = None  # of a connection's tokens, every hour
    pruner: Pruner | None = None  # of what is over and old
    on_delivered: Callable[[str, str, float], None] = lambda _connection, _state, _seconds: None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until `stop()`. Finishes what it holds, or hands it back."""
        database, clock = self.courier.database, self.courier.clock
        async with database.write() as connection:
            await inbox.make_partitions(connection)
            if database.dialect == "sqlite":
                # The embedded database has one process, so whoever held a lease is gone. Elsewhere leases run out.
                await outbox.release(connection)
                await endpoints.release(connection)
        for each in self.connections:
            await begin(self.courier, each)
        loops: list[Awaitable[None]] = [
            self._loop("digest", INBOX, lambda: digest(database, self.connections, clock)),
            self._loop("plan", PLAN, lambda: plan(database, self.connections, clock)),
        ]
        for each in self.connections:
            loops.append(self._lane(each))
            if each.connector.audit:
                loops.append(self._hourly(f"audit {each.id}", partial(self._audit, each)))
            if self.upkeep is not None:
                loops.append(self._hourly(f"upkeep {each.id}", partial(self.upkeep, each)))
            if each.connector.fetch:
                loops.append(self._loop(f"fetch {each.id}", HINTS, partial(fetch, self.courier, each)))
            if each.connector.pull:
                loops.append(self._loop(f"pull {each.id}", CURSORS, partial(pull, self.courier, each)))
        if self.pruner is not None:
            loops.append(self._hourly("prune", partial(prune_in_turn, self.pruner, self._stop)))
        if self.publisher is not None:
            for endpoint in self.endpoints:
                await publishing.begin(self.publisher, endpoint)
                step = partial(publishing.publish, self.publisher, endpoint)
                loops.append(self._loop(f"publish {endpoint.id}", CHANGES, step))
        listener = asyncio.create_task(database.listen())
        try:
            await asyncio.gather(*loops)
        finally:
            listener.cancel()
            await asyncio.gather(listener, return_exceptions=True)

    async def stop(self) -> None:
        self._stop.set()
        await self.courier.database.ring({INBOX, PLAN, HINTS, CURSORS, OUTBOX, CHANGES})

    async def _loop(self, name: str, topic: str, step: Callable[[], Awaitable[int]]) -> None:
        database = self.courier.database
        while not self._stop.is_set():
            heard = database.heard(topic)
            try:
                worked = await step()
            except Exception:
                log.exception("work.failed", movement=name)
                worked = 0
                await self._pause(_SORRY)
            if not worked:
                await database.wait(topic, heard, _POLL)

    async def _audit(self, connection: Connection) -> None:
        await audit(self.courier, connection, self.webhook_url(connection.id))

    async def _hourly(self, name: str, step: Callable[[], Awaitable[None]]) -> None:
        while not self._stop.is_set():
            try:
                await step()
            except Exception:
                log.exception("work.failed", movement=name)
            await self._pause(_HOUR)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _lane(self, connection: Connection) -> None:
        """Up to `at_once` deliveries side by side. A command that waits for its retry holds no place."""
        database, most = self.courier.database, self.at_once(connection)
        under_way: set[asyncio.Task[None]] = set()
        while not self._stop.is_set():
            heard = database.heard(OUTBOX)
            under_way = {task for task in under_way if not task.done()}
            leased: list[Leased] = []
            try:
                if len(under_way) < most:
                    leased = list(await claim(self.courier, connection, most - len(under_way)))
                wait = _POLL if leased else await self._until_due(connection)
            except Exception:
                log.exception("work.failed", movement=f"deliver {connection.id}")
                wait = _SORRY
            under_way |= {asyncio.create_task(self._deliver(connection, each)) for each in leased}
            if not leased or len(under_way) >= most:
                await self._bell_or_done(heard, under_way, wait)
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=_GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _until_due(self, connection: Connection) -> float:
        async with self.courier.database.read() as held:
            due = await outbox.next_due(held, connection.id)
        if due is None:
            return _POLL
        return min(max((due - self.courier.clock()) / timedelta(seconds=1), 0.05), _POLL)

    async def _bell_or_done(self, heard: int, under_way: set[asyncio.Task[None]], seconds: float) -> None:
        bell = asyncio.create_task(self.courier.database.wait(OUTBOX, heard, seconds))
        await asyncio.wait({bell, *under_way}, return_when=asyncio.FIRST_COMPLETED)
        bell.cancel()
        await asyncio.gather(bell, return_exceptions=True)

    async def _deliver(self, connection: Connection, leased: Leased) -> None:
        started = asyncio.get_running_loop().time()
        try:
            state = await deliver(self.courier, connection, leased)
        except Exception:
            log.exception("deliver.failed", command=leased.row.id, connection=connection.id)
            return
        seconds = asyncio.get_running_loop().time() - started
        self.on_delivered(connection.id, state.value, seconds)
        log.info(
            "deliver.ended",
            command=leased.row.id,
            order=leased.row.order_id,
            connection=connection.id,
            action=leased.row.action,
            state=state.value,
            seconds=round(seconds, 3),
        )
