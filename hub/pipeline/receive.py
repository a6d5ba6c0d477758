"""Receive: prove it, keep it, answer. Waiting requests share one commit."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from hub.connector import Inbound, Incoming
from hub.domain.clock import Clock
from hub.domain.errors import Forged, TryLater
from hub.observe import traces
from hub.pipeline.digest import INBOX
from hub.pipeline.registry import Connection
from hub.store.database import Database
from hub.store.inbox import Arrived, arrived
from hub.store.intake import ROWS_FAULT, Intake, intake

log = structlog.get_logger("orderhub.door")

# Of one commit. Beyond, the wait of the first outgrows the gain.
_MOST_ROWS: Final = 512
_MOST_BYTES: Final = 8 * 1024 * 1024
_GATHER: Final = 0.001  # seconds, about a commit's time: what comes in company is waited for
_QUIET: Final = 0.01  # seconds between two rings: each makes all of PostgreSQL's commits wait for one another


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    new: int
    duplicates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds. What is turned away for it was not kept, or is a duplicate when it comes again."""

    queue: float = 2.0  # while one has waited longer than this for its commit, nobody else may start to
    answer: float = 5.0  # who has waited this long is told to come again


@dataclass(slots=True, eq=False)
class _Waiting:
    rows: Sequence[Arrived]
    since: float
    done: asyncio.Future[int]  # how many of its rows were new

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)


class ReadPublished(Protocol):
    """The vendor's public keys at an address. `anew`: what is kept did not do."""

    async def __call__(self, address: str, *, anew: bool = False) -> bytes: ...


@dataclass(eq=False)
class Door:
    """The way in. `open()` runs for as long as the process takes webhooks; `receive` returns after the commit."""

    database: Database
    clock: Clock
    on_commit: Callable[[int], None] = lambda _rows: None  # told how many rows shared a commit
    published: ReadPublished | None = None  # None: nothing that is signed with a published key comes in
    patience: Patience = Patience()
    shut: bool = False  # it was open, and is no more
    _queue: deque[_Waiting] = field(default_factory=deque)
    _taken: list[_Waiting] = field(default_factory=list)  # those of the commit that is under way
    _filled: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _slow: bool = False  # nothing was committed in time: until something is, one at a time finds out
    _timer: asyncio.TimerHandle | None = None

    async def receive(self, connection: Connection, incoming: Incoming) -> Received:
        """Raises `Forged` or `Malformed`, and keeps nothing; a fault of the database keeps nothing either.

        `TryLater` where the keys that would prove it cannot be had now, or the database is too slow.
        """
        inbound = connection.connector.inbound
        if inbound is None:
            raise Forged(f"{connection.connector.title} sends no webhooks")
        if inbound.is_ping is not None and inbound.is_ping(incoming):
            return Received(new=0, duplicates=0)
        now = self.clock()
        if inbound.published is None:
            inbound.verify(incoming, connection.secrets, connection.settings, now)
        else:
            await self._verify_by_keys(inbound, incoming, connection.secrets, connection.settings, now)
        rows = [
            arrived(connection.id, each.key, each.kind, each.body, each.at, each.about, now)
            for each in inbound.events(incoming, connection.settings)
        ]
        new = await self._kept(rows) if rows else 0
        return Received(new=new, duplicates=len(rows) - new)

    async def _verify_by_keys(
        self, inbound: Inbound, incoming: Incoming, secrets: Sequence[str], settings: Any, now: datetime
    ) -> None:
        """A delivery that the kept keys do not prove may be signed by the vendor's next ones: looks once more."""
        assert inbound.published is not None
        if self.published is None:
            raise Forged("this door has no way to a vendor's keys")
        address = inbound.published(incoming, settings)
        kept = await self.published(address)
        try:
            inbound.verify(replace(incoming, published=kept), secrets, settings, now)
        except Forged:
            newer = await self.published(address, anew=True)
            if newer == kept:
                raise
            inbound.verify(replace(incoming, published=newer), secrets, settings, now)

    # ----------------------------------------------------------------------------------------------- who waits

    def _kept(self, rows: Sequence[Arrived]) -> asyncio.Future[int]:
        """Joins the queue, unless it does not move."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        oldest = self._oldest()
        if oldest is not None and (self._slow or now - oldest.since > self.patience.queue):
            raise TryLater("the database is too slow")
        waiting = _Waiting(rows, now, loop.create_future())
        self._queue.append(waiting)
        self._filled.set()
        if self._timer is None:
            self._timer = loop.call_at(now + self.patience.answer, self._give_up)
        return waiting.done

    def _oldest(self) -> _Waiting | None:
        return self._taken[0] if self._taken else self._queue[0] if self._queue else None

    def _give_up(self) -> None:
        """One timer for all that wait: it looks after the oldest."""
        loop = asyncio.get_running_loop()
        since = loop.time() - self.patience.answer
        for each in (*self._taken, *self._queue):
            if each.since > since:
                break
            self._slow = True
            each.fail(TryLater("the database did not answer in time"))
        while self._queue and self._queue[0].done.done():
            self._queue.popleft()
        first = next((each for each in (*self._taken, *self._queue) if not each.done.done()), None)
        self._timer = None if first is None else loop.call_at(first.since + self.patience.answer, self._give_up)

    # ------------------------------------------------------------------------------------------------- commits

    async def open(self) -> None:
        """Commits what waits, until cancelled. What is waiting then gets an error, so that its sender tries again."""
        self.shut = False
        here = intake(self.database)
        bell = asyncio.create_task(self._ring(here))
        last = 0
        try:
            while True:
                await self._filled.wait()
                if len(self._queue) < last:  # so many shared the last commit, and their senders have more to say
                    await asyncio.sleep(_GATHER)
                self._take()
                last = len(self._taken)
                await self._write(here, self._taken)
                self._taken = []
        finally:
            self.shut = True
            for each in (*self._taken, *self._queue):
                each.fail(ConnectionAbortedError("the hub is stopping"))
            self._taken = []
            self._queue.clear()
            bell.cancel()
            await asyncio.wait([bell])
            await here.close()

    def _take(self) -> None:
        count = size = 0
        while self._queue and count < _MOST_ROWS and size < _MOST_BYTES:
            waiting = self._queue.popleft()
            self._taken.append(waiting)
            count += len(waiting.rows)
            size += sum([len(row.body) for row in waiting.rows])
        if not self._queue:
            self._filled.clear()

    async def _write(self, here: Intake, taken: Sequence[_Waiting]) -> None:
        rows = [row for waiting in taken for row in waiting.rows]
        try:
            new = await here.keep(rows) if rows else set()
        except Exception as error:  # each sender hears of it, and the door stays open
            if len(taken) > 1 and isinstance(error, ROWS_FAULT):
                for waiting in taken:  # one that cannot be kept never sinks its batch
                    await self._write(here, [waiting])
                return
            self._slow = not isinstance(error, ROWS_FAULT)
            for waiting in taken:
                waiting.fail(error)
            return
        self._slow = False
        self.on_commit(len(rows))
        if new:
            self._news.set()
        ended = self.clock()
        for row in rows:
            if row.id in new:
                traces.record(
                    "receive", row.id, row.received_at, ended, id=row.id, connection=row.connection, kind=row.kind
                )
        for waiting in taken:
            if not waiting.done.done():
                waiting.done.set_result(sum([row.id in new for row in waiting.rows]))

    async def _ring(self, here: Intake) -> None:
        """Wakes who digests, at once, and then for all that came meanwhile; a ring that failed is made up for."""
        while True:
            await self._news.wait()
            self._news.clear()
            self.database.ring({INBOX})
            try:
                await here.ring(INBOX)
            except Exception as error:
                log.warning("door.bell", error=type(error).__name__)
                self._news.set()
                await asyncio.sleep(1)
            await asyncio.sleep(_QUIET)
