"""A desk of the door: what waits for its commit, and who commits it. Waiting requests share one commit."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from hub.domain.errors import TryLater
from hub.store.inbox import Arrived
from hub.store.intake import ROWS_FAULT, Intake

# Of one commit. Beyond, the wait of the first outgrows the gain.
_MOST_ROWS: Final = 512
_MOST_BYTES: Final = 8 * 1024 * 1024


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


@dataclass(eq=False, kw_only=True)
class Desk:
    """Commits one batch after the other, so what comes to one desk is kept in the order in which it came."""

    patience: Callable[[], Patience]  # as the door has it now
    on_kept: Callable[[Sequence[Arrived], set[str]], None]  # told of each commit: its rows, the ids of the new ones
    _queue: deque[_Waiting] = field(default_factory=deque)
    _taken: list[_Waiting] = field(default_factory=list)  # those of the commit that is under way
    _filled: asyncio.Event = field(default_factory=asyncio.Event)
    _slow: bool = False  # nothing was committed in time: until something is, one at a time finds out
    _timer: asyncio.TimerHandle | None = None

    def keep(self, rows: Sequence[Arrived]) -> asyncio.Future[int]:
        """Joins the queue. What comes of it is how many of the rows were new, or `TryLater`."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        waiting = _Waiting(rows, now, loop.create_future())
        self._queue.append(waiting)
        self._filled.set()
        if self._timer is None:
            self._timer = loop.call_at(now + self.patience().answer, self._give_up)
        return waiting.done

    def is_stuck(self, now: float) -> bool:
        """Nobody else should join: the queue does not move."""
        oldest = self._taken[0] if self._taken else self._queue[0] if self._queue else None
        return oldest is not None and (self._slow or now - oldest.since > self.patience().queue)

    def _give_up(self) -> None:
        """One timer for all that wait: it looks after the oldest."""
        loop = asyncio.get_running_loop()
        since = loop.time() - self.patience().answer
        for each in (*self._taken, *self._queue):
            if each.since > since:
                break
            self._slow = True
            each.fail(TryLater("the database did not answer in time"))
        while self._queue and self._queue[0].done.done():
            self._queue.popleft()
        first = next((each for each in (*self._taken, *self._queue) if not each.done.done()), None)
        self._timer = None if first is None else loop.call_at(first.since + self.patience().answer, self._give_up)

    async def run(self, here: Intake) -> None:
        """Commits what waits, until cancelled."""
        try:
            while True:
                await self._filled.wait()
                await asyncio.sleep(0)  # what has arrived by now is read first, and shares the commit
                self._take()
                await self._write(here, self._taken)
                self._taken = []
        finally:
            self.close()
            await here.close()

    def close(self) -> None:
        """Who waits gets an error, so that its sender tries again."""
        for each in (*self._taken, *self._queue):
            each.fail(ConnectionAbortedError("the hub is stopping"))
        self._taken = []
        self._queue.clear()

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
        self.on_kept(rows, new)
        for waiting in taken:
            if not waiting.done.done():
                waiting.done.set_result(sum([row.id in new for row in waiting.rows]))
