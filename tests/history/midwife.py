"""The way to the nursery: has processes born, and hears when one dies."""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_START = 120.0  # seconds: to import everything, on a machine that has other things to do


@contextlib.contextmanager
def nursery() -> Iterator[Path]:
    """The socket of a nursery, which ends on the way out."""
    with tempfile.TemporaryDirectory(prefix="hub-nursery-") as folder:
        path = Path(folder) / "socket"
        process = subprocess.Popen([sys.executable, "-m", "tests.history.nursery", str(path)])
        try:
            until = time.monotonic() + _START
            while not path.exists():
                assert process.poll() is None, "the nursery ended"
                assert time.monotonic() < until, "the nursery does not get ready"
                time.sleep(0.02)
            yield path
        finally:
            process.kill()
            process.wait()


@dataclass(eq=False)
class Midwife:
    """Of one world. All that was born through it dies with it."""

    _writer: asyncio.StreamWriter
    _births: deque[asyncio.Future[int]] = field(default_factory=deque)
    _deaths: dict[int, asyncio.Future[None]] = field(default_factory=dict)

    async def born(self, run: Sequence[str], log: Path, network: str = "") -> int:
        """The process's id."""
        birth: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._births.append(birth)
        wish = {"run": list(run), "log": str(log), "network": network}
        self._writer.write(json.dumps(wish).encode() + b"\n")
        return await birth

    async def died(self, pid: int) -> None:
        """Returns when it has."""
        await asyncio.shield(self._death(pid))

    def _death(self, pid: int) -> "asyncio.Future[None]":
        if pid not in self._deaths:
            self._deaths[pid] = asyncio.get_running_loop().create_future()
        return self._deaths[pid]

    async def listen(self, reader: asyncio.StreamReader) -> None:
        async for line in reader:
            match json.loads(line):
                case {"born": pid}:
                    self._births.popleft().set_result(pid)
                case {"died": pid}:
                    self._death(pid).set_result(None)


@contextlib.asynccontextmanager
async def midwife(path: Path) -> AsyncIterator[Midwife]:
    reader, writer = await asyncio.open_unix_connection(path)
    here = Midwife(writer)
    listening = asyncio.create_task(here.listen(reader))
    try:
        yield here
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        writer.close()
        await writer.wait_closed()
