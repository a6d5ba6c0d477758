"""The worker: every movement in its own loop, woken by bells, with a slow poll as the safety net."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from hub.pipeline import clocks
from hub.pipeline import publish as publishing
from hub.pipeline.audit import audit
from hub.pipeline.deliver import Courier
from hub.pipeline.digest import BATCH, INBOX, digest
from hub.pipeline.lanes import Lanes
from hub.pipeline.lately import Lately
from hub.pipeline.plan import plan
from hub.pipeline.prune import Pruner, prune_in_turn
from hub.pipeline.pull import begin, fetch, pull
from hub.pipeline.pulse import LostLease, Pulse
from hub.pipeline.registry import Connection, Connections
from hub.store import inbox
from hub.store.cursors import CURSORS
from hub.store.dialects import lost_a_race
from hub.store.due import PLAN
from hub.store.golden import CHANGES
from hub.store.hints import HINTS
from hub.store.outbox import OUTBOX

log = structlog.get_logger("orderhub.work")

_POLL = 5.0  # seconds without a bell
_COMPANY = range(4, BATCH)  # so many in one step: more are coming, and there is no backlog yet
_GATHER = 0.05  # seconds
_SORRY = 1.0  # seconds after a fault of our own or of the database
_HOUR = 3600.0  # seconds between two looks at a connection's subscriptions, and at its tokens


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
        pulse = Pulse(self.courier.database, self.courier.clock)
        while not await self._begun(pulse):
            await self._pause(_SORRY)
            if self._stop.is_set():
                return
        self.courier = replace(self.courier, pulse=pulse)
        if self.publisher is not None:
            self.publisher = replace(self.publisher, pulse=pulse)
        try:
            await self._move(pulse)
        finally:
            await pulse.leave()

    async def _begun(self, pulse: Pulse) -> bool:
        """False: the database is not there, or not yet. It may come later than we do."""
        try:
            async with self.courier.database.write() as connection:
                await inbox.make_partitions(connection)
            for each in self.connections:
                await begin(self.courier, each)
            await pulse.start()
        except OperationalError as error:
            log.warning("work.waits", why=str(error.orig)[:200])
            return False
        return True

    async def _move(self, pulse: Pulse) -> None:
        database, clock = self.courier.database, self.courier.clock
        heard = Lately()
        loops: list[Awaitable[None]] = [
            self._loop("digest", INBOX, lambda: digest(database, self.connections, clock, pulse=pulse, heard=heard)),
            self._loop("plan", PLAN, lambda: plan(database, self.connections, clock)),
            Lanes(self.courier, self.connections, self.at_once, self.on_delivered).run(self._stop),
            self._each(clocks.EVERY, "clocks", lambda: clocks.watch(database, clock)),
        ]
        for each in self.connections:
            if each.connector.audit:
                loops.append(self._each(_HOUR, f"audit {each.id}", partial(self._audit, each)))
            if self.upkeep is not None:
                loops.append(self._each(_HOUR, f"upkeep {each.id}", partial(self.upkeep, each)))
            if each.connector.fetch:
                loops.append(self._loop(f"fetch {each.id}", HINTS, partial(fetch, self.courier, each)))
            if each.connector.pull:
                loops.append(self._loop(f"pull {each.id}", CURSORS, partial(pull, self.courier, each)))
        if self.pruner is not None:
            loops.append(self._each(_HOUR, "prune", partial(prune_in_turn, self.pruner, self._stop)))
        if self.publisher is not None:
            for endpoint in self.endpoints:
                await publishing.begin(self.publisher, endpoint)
                step = partial(publishing.publish, self.publisher, endpoint)
                loops.append(self._loop(f"publish {endpoint.id}", CHANGES, step))
        beside = [asyncio.create_task(database.listen()), asyncio.create_task(pulse.run())]
        try:
            await asyncio.gather(*loops)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def stop(self) -> None:
        self._stop.set()
        self.courier.database.ring({INBOX, PLAN, HINTS, CURSORS, OUTBOX, CHANGES})

    async def _loop(self, name: str, topic: str, step: Callable[[], Awaitable[int]]) -> None:
        database = self.courier.database
        while not self._stop.is_set():
            heard = database.heard(topic)
            try:
                worked = await step()
            except LostLease:  # the next beat tells whether we live
                worked = 0
                await self._pause(_SORRY)
            except Exception as error:
                if isinstance(error, DBAPIError) and lost_a_race(error):
                    await self._pause(_GATHER)
                    continue
                log.exception("work.failed", movement=name)
                worked = 0
                await self._pause(_SORRY)
            if not worked:
                await database.wait(topic, heard, _POLL)
            elif worked in _COMPANY:
                await asyncio.sleep(_GATHER)  # what comes in company shares a transaction

    async def _audit(self, connection: Connection) -> None:
        await audit(self.courier, connection, self.webhook_url(connection.id))

    async def _each(self, seconds: float, name: str, step: Callable[[], Awaitable[None]]) -> None:
        while not self._stop.is_set():
            try:
                await step()
            except Exception:
                log.exception("work.failed", movement=name)
            await self._pause(seconds)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)
