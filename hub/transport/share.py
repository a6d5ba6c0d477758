"""This process's share of the calls that all processes may make together.

Turns are taken from the store in blocks, so that a busy connection costs a few small writes a second. A turn has a
time: before it, nobody uses it; and a little after it, it is lost.
"""

import asyncio
import contextlib
import contextvars
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Protocol

from hub.domain.allowance import Grant, Pace
from hub.domain.clock import Clock
from hub.domain.errors import TryLater

_BLOCK = timedelta(milliseconds=500)  # of turns, at most …
_MOST = 64  # … and so many, where the pace is not generous
_PATIENCE = timedelta(seconds=30)  # of a background call for a turn
_BUSY = timedelta(milliseconds=250)  # a block gone sooner than this is followed by one twice its size …
_QUIET = timedelta(seconds=1)  # … and one that lasted longer than this by a single turn

_background: contextvars.ContextVar[bool] = contextvars.ContextVar("background", default=False)


@contextlib.contextmanager
def background() -> Iterator[None]:
    """Calls made within let all others go first: polls and backfills."""
    token = _background.set(True)
    try:
        yield
    finally:
        _background.reset(token)


class Allowance(Protocol):
    async def grant(
        self, connection: str, pace: Pace, turns: int, clock: Clock, *, background: bool, within: timedelta
    ) -> Grant: ...
    async def pause(self, connection: str, until: datetime) -> None: ...


class Share:
    def __init__(self, connection: str, pace: Pace, allowance: Allowance, now: Clock) -> None:
        self._connection = connection
        self._pace = pace
        self._allowance = allowance
        self._now = now
        self._step, self._late = pace.step, pace.late
        self._most = max(1, int(_BLOCK / self._step))
        if not pace.generous:
            self._most = min(self._most, _MOST)
        self._first = datetime.min.replace(tzinfo=UTC)  # of the turns at hand, `_step` apart …
        self._left = 0  # … and how many they are
        self._size = 1
        self._granted_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def turn(self, seconds: float) -> float:
        """Takes a turn. Returns the seconds to wait before using it, at most `seconds`.

        Raises `TryLater`, with the time to come back, where that is not soon enough.
        """
        now, within = self._now(), timedelta(seconds=seconds)
        if self._left and not self._lock.locked() and not _background.get():
            at = self._at_hand(now, within)
            if at is not None:
                return max(0.0, (at - now).total_seconds())
        try:
            async with asyncio.timeout(seconds):
                at = await (self._behind() if _background.get() else self._next(within))
        except TimeoutError:
            raise TryLater(f"{self._connection}: many calls wait for their turn; nothing was sent") from None
        return max(0.0, (at - self._now()).total_seconds())

    async def pause(self, seconds: float) -> None:
        """The vendor said so: tells the other processes, too."""
        self._left = 0
        await self._allowance.pause(self._connection, self._now() + timedelta(seconds=seconds))

    async def _next(self, within: timedelta) -> datetime:
        async with self._lock:
            return await self._taken(within)

    async def _behind(self) -> datetime:
        while True:
            grant = await self._granted(1, background=True, within=_PATIENCE)
            if grant.turns:
                return grant.first
            if grant.first - self._now() > _PATIENCE:
                raise self._none(grant)
            await asyncio.sleep(max((grant.first - self._now()).total_seconds(), 0.01))

    def _at_hand(self, now: datetime, within: timedelta) -> datetime | None:
        """The next turn of the block that is still good."""
        over = now - self._late - self._first
        if over > timedelta():  # nobody used them in their time
            skipped = min(self._left, -(-over // self._step))
            self._first += skipped * self._step
            self._left -= skipped
        if not self._left:
            return None
        at = self._first
        if at - now > within:  # it stays for somebody with more patience
            raise self._later((at - now).total_seconds(), "the call budget is spent")
        self._first += self._step
        self._left -= 1
        return at

    async def _taken(self, within: timedelta) -> datetime:
        now = self._now()
        if self._left and (at := self._at_hand(now, within)) is not None:
            return at
        lasted = now - self._granted_at if self._granted_at is not None else _QUIET
        if lasted >= _QUIET:
            self._size = 1
        elif lasted < _BUSY:
            self._size = min(self._size * 2, self._most)
        grant = await self._granted(self._size, background=False, within=within)
        if not grant.turns:
            raise self._none(grant)
        self._granted_at = now
        self._first, self._left = grant.first + self._step, grant.turns - 1
        return grant.first

    async def _granted(self, turns: int, *, background: bool, within: timedelta) -> Grant:
        try:
            return await self._allowance.grant(
                self._connection, self._pace, turns, self._now, background=background, within=within
            )
        except Exception as fault:  # the store's own: whatever it is, nothing was sent
            raise TryLater(f"{self._connection}: the call budget: {type(fault).__name__}; nothing was sent") from fault

    def _none(self, grant: Grant) -> TryLater:
        return self._later((grant.first - self._now()).total_seconds(), grant.why)

    def _later(self, wait: float, why: str) -> TryLater:
        message = f"{self._connection}: {why}, for {wait:.3g} s; nothing was sent"
        return TryLater(message, after=timedelta(seconds=wait))
