"""How much waits: for `/metrics` and for `hub top`. Measuring must never become a load of its own."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from hub.domain.clock import Clock
from hub.observe import metrics
from hub.observe.depths import Depths
from hub.observe.pulse import Pulse
from hub.store import waiting
from hub.store.database import Database
from hub.store.waiting import Pace

log = structlog.get_logger("orderhub.measuring")

_SHARE = 50  # whoever asks without end gets a fiftieth of the time for it
_PATIENCE = 2.0  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """One look at the whole hub, for a terminal."""

    at: datetime
    depths: Depths
    paces: Mapping[str, Pace]


@dataclass(eq=False, kw_only=True)
class Measurer:
    database: Database
    clock: Clock
    tokens_die: Callable[[], Awaitable[Mapping[str, datetime]]]
    ticks: Callable[[], float] = time.monotonic
    _pulse: Pulse = field(default_factory=Pulse)
    _next: float = float("-inf")
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def measure(self) -> None:
        """Sets the gauges, unless that was just done: a look that took long counts for long.

        A database that does not answer in time is told as such (`hub_measured` is 0), and the rest of the metrics goes
        on: that is when somebody looks at them.
        """
        async with self._turn:
            if self.ticks() < self._next:
                return
            started = self.ticks()
            try:
                async with asyncio.timeout(_PATIENCE):
                    depths = replace(await self._depths(), tokens=await self.tokens_die())
            except Exception as error:
                log.warning("metrics.not_measured", why=type(error).__name__)
                metrics.not_measured()
            else:
                alive = self._pulse.alive(depths.workers, self.ticks())
                metrics.measure(depths, self.clock(), alive=len(alive))
            took = self.ticks() - started
            metrics.measure_seconds.set(took)
            self._next = self.ticks() + took * _SHARE

    async def overview(self) -> Overview:
        now = self.clock()
        async with self.database.read() as held:
            return Overview(at=now, depths=await waiting.depths(held, now), paces=await waiting.paces(held, now))

    async def _depths(self) -> Depths:
        async with self.database.read() as held:
            return await waiting.depths(held, self.clock())
