"""The hub's processes, and the supervisor that starts each again when it ends, as systemd or Kubernetes would."""

import asyncio
import contextlib
import inspect
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.history.clock import HostClock
from tests.history.midwife import Midwife
from tests.history.wire import NoAnswer, NotSent, ask

_BACK = 0.1  # seconds before a process that ended is started again


@dataclass(eq=False)
class Inhabitant:
    """One process of the hub."""

    name: str
    what: str  # serve, api, work
    settings: Path
    port: int
    clock: HostClock
    log: Path
    network: str = ""  # the namespace that it lives in
    pid: int = 0
    deaths: int = 0

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self, midwife: Midwife) -> None:
        arguments = (self.what, str(self.settings), str(self.port), str(self.clock.file))
        self.pid = await midwife.born(arguments, self.log, self.network)

    def send(self, what: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, what)


@dataclass(eq=False)
class House:
    midwife: Midwife
    inhabitants: Sequence[Inhabitant]
    _watches: list[asyncio.Task[None]] = field(default_factory=list)

    def __getitem__(self, name: str) -> Inhabitant:
        return next(each for each in self.inhabitants if each.name == name)

    @property
    def doors(self) -> list[str]:
        return [each.address for each in self.inhabitants if each.what != "work"]

    @property
    def deaths(self) -> int:
        return sum(each.deaths for each in self.inhabitants)

    async def open(self) -> None:
        for each in self.inhabitants:
            await each.start(self.midwife)
        self._watches = [asyncio.create_task(self._watch(each)) for each in self.inhabitants]
        await self.answers()

    async def _watch(self, one: Inhabitant) -> None:
        while True:
            await self.midwife.died(one.pid)
            one.deaths += 1
            await asyncio.sleep(_BACK)
            await one.start(self.midwife)

    async def answers(self) -> None:
        """Until every front end says that it lives."""
        for door in self.doors:
            await until(partial(_lives, door), 60, f"{door} does not answer")

    async def close(self) -> None:
        for watch in self._watches:
            watch.cancel()
        await asyncio.gather(*self._watches, return_exceptions=True)
        for each in self.inhabitants:
            each.send(signal.SIGKILL)
            await self.midwife.died(each.pid)

    def said(self) -> str:
        """The end of each log, for a person who wonders."""
        return "\n".join(f"--- {each.name}\n{each.log.read_text()[-3000:]}" for each in self.inhabitants)


async def _lives(door: str) -> bool:
    try:
        return await ask(door, "GET", "/healthz") == 200
    except (NotSent, NoAnswer):
        return False


async def until(true: Callable[[], object], seconds: float, what: str) -> None:
    """Asks again and again. Raises `AssertionError` with `what` when the time is over."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        answer = true()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        assert loop.time() < end, what
        await asyncio.sleep(0.05)
