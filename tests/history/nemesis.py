"""Whoever wishes the hub ill: one fault after the other, drawn at random, each mended before the next."""

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from hub.sandbox import Faults
from tests.history.hurry import SILENCE
from tests.history.postgres import Postgres
from tests.history.proxy import Fault, Wire
from tests.history.world import World

_HOUR = 3600.0


@dataclass(eq=False)
class Nemesis:
    here: World
    chance: random.Random
    to_sink: Wire
    server: Postgres | None = None  # where the database is a server
    to_server: Wire | None = None
    done: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0  # seconds from the end of a fault until the door takes a webhook again

    async def rage(self, seconds: float) -> None:
        """For so long, and then no more; all is mended when it returns."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            loading = asyncio.create_task(self.here.load(orders=6, revisions=2, spread=2))
            await asyncio.sleep(self.chance.uniform(0.2, 1.5))
            strike = self.chance.choice(self._faults())
            await strike()
            self.done[strike.__name__.strip("_")] += 1
            mended = loop.time()
            await self.here.house.answers()
            await self.here.load(orders=1, revisions=2, spread=0)
            self.slowest = max(self.slowest, loop.time() - mended)
            await loading

    def _faults(self) -> list[Callable[[], Awaitable[None]]]:
        found: list[Callable[[], Awaitable[None]]] = [
            self._kills,
            self._kills,
            self._stops_a_process,
            self._spoils_the_wire_to_the_books,
            self._loses_answers_of_the_books,
            self._takes_the_books_away,
            self._moves_a_clock,
        ]
        if self.server is not None:
            found += [self._restarts_the_database, self._kills_the_database, self._makes_it_read_only]
            found += [self._slows_the_database]
        return found

    async def _kills(self) -> None:
        for _ in range(self.chance.randint(1, 4)):
            self.chance.choice(self.here.house.inhabitants).send(signal.SIGKILL)
            await asyncio.sleep(self.chance.uniform(0, 0.3))

    async def _stops_a_process(self) -> None:
        one = self.chance.choice(self.here.house.inhabitants)
        one.send(signal.SIGSTOP)
        await asyncio.sleep(self.chance.choice((1.0, SILENCE + 2)))
        one.send(signal.SIGCONT)

    async def _spoils_the_wire_to_the_books(self) -> None:
        self.to_sink.faults, self.to_sink.odds = list(Fault), 0.3
        await asyncio.sleep(self.chance.uniform(1, 4))
        self.to_sink.odds = 0.0

    async def _loses_answers_of_the_books(self) -> None:
        self.here.sink.faults = Faults(drop_replies=self.chance.randint(1, 6))

    async def _takes_the_books_away(self) -> None:
        self.here.sink.faults = Faults(refuse=1_000_000)
        await asyncio.sleep(self.chance.uniform(0.5, 3))
        self.here.sink.faults = Faults()

    async def _moves_a_clock(self) -> None:
        clock = self.chance.choice(self.here.clocks)
        self.here.jump(self.chance.choice((_HOUR, -_HOUR)), clock)
        await asyncio.sleep(self.chance.uniform(0.5, 3))
        self.here.jump(0, clock)

    async def _restarts_the_database(self) -> None:
        assert self.server is not None
        await asyncio.to_thread(self.server.stop, self.chance.choice(("fast", "immediate")))
        await asyncio.to_thread(self.server.start)

    async def _kills_the_database(self) -> None:
        assert self.server is not None
        self.server.kill()
        await asyncio.sleep(0.3)
        await asyncio.to_thread(self.server.start)

    async def _makes_it_read_only(self) -> None:
        assert self.server is not None
        await asyncio.to_thread(self.server.configure, default_transaction_read_only="on")
        await asyncio.sleep(1)
        await asyncio.to_thread(self.server.configure, default_transaction_read_only="")

    async def _slows_the_database(self) -> None:
        assert self.to_server is not None
        self.to_server.faults, self.to_server.odds, self.to_server.seconds = [Fault.DELAY], 0.2, 0.1
        await asyncio.sleep(self.chance.uniform(1, 3))
        self.to_server.odds = 0.0
