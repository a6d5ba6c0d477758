"""One time of day for all processes: the database's.

What one process writes as due, leased or sent at a time is judged by another one, on another host. So nobody's own
clock counts: each process measures how far its steady seconds are from the database's time, and adds that up.
"""

import asyncio
import contextlib
from datetime import datetime, timedelta

import structlog
from sqlalchemy import DateTime, func, select
from sqlalchemy.exc import SQLAlchemyError

from hub.domain.clock import Clock, Ticks, from_unix, steady, utc_now
from hub.store.database import Database

_EVERY = 30.0  # seconds between two questions
_SORRY = 1.0  # seconds after one that was not answered, while the time is not known yet
_PATIENCE = 5.0  # seconds for an answer
_JUMP = 1.0  # seconds that no honest clock goes wrong between two questions

log = structlog.get_logger("orderhub.clock")


class SharedClock:
    """A `Clock`. Until the database was asked for the first time, and beside the embedded one, the host's own."""

    def __init__(self, database: Database, own: Clock = utc_now, ticks: Ticks = steady) -> None:
        self._database = database
        self._own = own
        self._ticks = ticks
        self._offset: float | None = None  # what to add to the ticks

    def __call__(self) -> datetime:
        return self._own() if self._offset is None else from_unix(self._ticks() + self._offset)

    async def set(self) -> None:
        """Asks the database. An answer that took long says little: what it does not contradict stays."""
        if self._database.dialect != "postgresql":
            return
        async with self._database.read() as held:
            before = self._ticks()
            said = await held.scalar(select(func.clock_timestamp(type_=DateTime(timezone=True))))
            after = self._ticks()
        assert said is not None
        least, most = said.timestamp() - after, said.timestamp() - before
        if self._offset is not None and least <= self._offset <= most:
            return
        middle = (least + most) / 2
        moved = timedelta(seconds=middle - (self._own().timestamp() - after if self._offset is None else self._offset))
        if abs(moved) >= timedelta(seconds=_JUMP):
            log.warning("clock.moved", by_seconds=round(moved.total_seconds(), 3), first=self._offset is None)
        self._offset = middle

    async def try_to_set(self) -> None:
        """As `set`, but a database that is away is no reason not to start."""
        with contextlib.suppress(SQLAlchemyError, OSError, TimeoutError):
            async with asyncio.timeout(_PATIENCE):
                await self.set()

    async def keep(self) -> None:
        """Asks again and again, until cancelled."""
        while self._database.dialect == "postgresql":
            await asyncio.sleep(_SORRY if self._offset is None else _EVERY)
            await self.try_to_set()
