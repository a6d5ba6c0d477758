"""A whole world for one history: the two vendors, the sender, the hub's processes, a database; and the verdict."""

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import ASGIApp

from hub.front import bind, serve
from hub.store.database import Database
from hub.store.sealing import new_key
from tests.history import seen
from tests.history.check import Violation, check
from tests.history.clock import HostClock
from tests.history.house import House, Inhabitant
from tests.history.midwife import Midwife, midwife
from tests.history.seen import SHOP, SINK, Answer, Seen, Sent
from tests.history.sender import Sender, sales
from tests.history.sink import SinkSandbox
from tests.history.store import SECRET, Sale, StoreSandbox

SEVERAL = {"api": "api", "worker-1": "work", "worker-2": "work"}  # PostgreSQL
ALONE = {"hub": "serve"}  # SQLite
T = TypeVar("T")

_SETTLE = 300.0  # seconds that all has to come to its end, once the faults have stopped …
_STUCK = 40.0  # … and seconds without any step on the way


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """How a process sees the rest. Empty: as everybody does."""

    database: str = ""
    sink: str = ""
    here: str = "127.0.0.1"  # this machine
    network: str = ""
    clock: str = "clock"  # whose


@dataclass(eq=False)
class World:
    folder: Path
    database_url: str
    chance: random.Random
    store: StoreSandbox
    sink: SinkSandbox
    store_port: int
    sink_port: int
    house: House = field(init=False)
    sender: Sender = field(init=False)
    passed: float = 0.0
    _key: str = field(default_factory=new_key)
    _clocks: dict[str, HostClock] = field(default_factory=dict)
    _sold: int = 0

    def settle_in(self, midwife: Midwife, processes: Mapping[str, str], hosts: Mapping[str, Host]) -> None:
        found = []
        for name, what in processes.items():
            host = hosts.get(name, Host())
            clock = self._clocks.setdefault(
                host.clock, HostClock(self.folder / f"{host.clock.replace(' ', '-')}.offset")
            )
            found.append(
                Inhabitant(
                    name=name,
                    what=what,
                    settings=self._settings(name, host),
                    port=_free_port(),
                    clock=clock,
                    log=self.folder / f"{name}.log",
                    network=host.network,
                )
            )
        self.house = House(midwife, found)
        self.sender = Sender(self.house.doors, self.store, self.chance)

    def _settings(self, name: str, host: Host) -> Path:
        file = self.folder / f"{name}.toml"
        file.write_text(
            _SETTINGS.format(
                database=host.database or self.database_url,
                key=self._key,
                secret=SECRET,
                store=f"http://{host.here}:{self.store_port}",
                sink=host.sink or f"http://{host.here}:{self.sink_port}",
            )
        )
        return file

    # ---------------------------------------------------------------------------------------------------- its time

    def jump(self, wrong: float, clock: str = "clock") -> None:
        """This host's clock is set wrong by so many seconds."""
        self._clocks[clock].set(wrong, self.passed)

    @property
    def clocks(self) -> list[str]:
        return sorted(self._clocks)

    def pass_time(self, seconds: float) -> None:
        """For every host."""
        self.passed += seconds
        for each in self._clocks.values():
            each.set(each.read()[0], self.passed)

    async def an_hour(self) -> None:
        """Passes, and every process has had the time to see it."""
        self.pass_time(3600)
        await asyncio.sleep(0.7)

    # ----------------------------------------------------------------------------------------------------- its load

    async def load(self, orders: int, revisions: int = 3, *, spread: float = 3.0) -> None:
        """Sells, tells, and returns when every webhook was acknowledged."""
        numbers = range(self._sold + 1, self._sold + 1 + orders)
        self._sold += orders
        await self.sender.tell(sales(self.store, numbers, revisions, self.chance), spread=spread)

    def sell_untold(self, orders: int) -> list[Sale]:
        """No webhook says so."""
        found = [self.store.sell(self._sold + n, 1) for n in range(1, orders + 1)]
        self._sold += orders
        self.sender.sent += [Sent(key=each.key, sale=each.id, total=each.total, answer=Answer.UNTOLD) for each in found]
        return found

    # -------------------------------------------------------------------------------------------------- its verdict

    async def come_to_rest(self, seconds: float = _SETTLE, *, passing: bool = True) -> float:
        """Until nothing is left to do, or the time is over. Returns seconds.

        `passing`: what waits for a later time gets it.
        """
        loop = asyncio.get_running_loop()
        started = moved = since = loop.time()
        least = 2**63
        database = Database(self.database_url)
        try:
            while loop.time() < min(started + seconds, moved + _STUCK):
                left = await seen.waits(database)
                if not left:
                    break
                if left < least:
                    least, moved = left, loop.time()
                    since = moved
                due = await seen.next_due(database)
                now = next(iter(self._clocks.values()))()
                if passing and due is not None and due > now and loop.time() > since + 1:
                    self.pass_time((due - now).total_seconds() + 0.1)
                    since = loop.time()
                await asyncio.sleep(0.1)
        finally:
            await database.close()
        return loop.time() - started

    async def seen(self) -> Seen:
        database = Database(self.database_url)
        try:
            found = await seen.of_database(database)
        finally:
            await database.close()
        found.sent, found.ledger = list(self.sender.sent), list(self.sink.ledger)
        return found

    async def ended(self, key: str) -> bool:
        """Whether this event waits for nothing any more."""
        return any(each.key == key and not each.waits for each in (await self._asked(seen.events)))

    async def has(self, sale: Sale) -> bool:
        return sale.id in await self._asked(seen.numbers)

    async def _asked(self, question: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        database = Database(self.database_url)
        try:
            async with database.read() as held:
                return await question(held)
        finally:
            await database.close()

    async def verdict(self, *, passing: bool = True) -> list[Violation]:
        """Call it when the faults have stopped."""
        await self.come_to_rest(passing=passing)
        violations = check(await self.seen())
        if violations:
            print(self.house.said())
        return violations


@contextlib.asynccontextmanager
async def world(
    folder: Path,
    database_url: str,
    nursery: Path,
    *,
    seed: int = 7,
    processes: Mapping[str, str] | None = None,
    hosts: Mapping[str, Host] | None = None,
    address: str = "127.0.0.1",
) -> AsyncIterator[World]:
    """`database_url` is an empty, migrated one. `address`: where the vendors listen."""
    chance = random.Random(seed)
    store, sink = StoreSandbox(), SinkSandbox()
    async with contextlib.AsyncExitStack() as stack:
        here = World(
            folder,
            database_url,
            chance,
            store,
            sink,
            await stack.enter_async_context(_served(store, address)),
            await stack.enter_async_context(_served(sink, address)),
        )
        born = await stack.enter_async_context(midwife(nursery))
        several = database_url.startswith("postgresql")
        here.settle_in(born, processes or (SEVERAL if several else ALONE), hosts or {})
        try:
            await here.house.open()
            yield here
        finally:
            await here.house.close()


@contextlib.asynccontextmanager
async def _served(app: ASGIApp, address: str) -> AsyncIterator[int]:
    """Its port."""
    stop, ready = asyncio.Event(), asyncio.Event()
    listening = bind(address, 0)
    serving = asyncio.create_task(serve(app, listening, stop=stop, ready=ready.set))
    await ready.wait()
    try:
        yield listening.getsockname()[1]
    finally:
        stop.set()
        await serving


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


_SETTINGS = f"""
[hub]
allow_inline_secrets = true

[api]
port = 0

[log]
format = "json"
level = "warning"

[database]
url = "{{database}}"

[security]
sealing_keys = ["{{key}}"]

[connections.{SHOP}]
connector = "store"
base_url = "{{store}}"
webhook.secrets = ["{{secret}}"]
sync.every = "1d"

[connections.{SINK}]
connector = "sink"
base_url = "{{sink}}"
"""
