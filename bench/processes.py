"""Child processes: started, waited for, weighed, ended."""

import asyncio
import contextlib
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
import psutil  # type: ignore[import-untyped, unused-ignore]

from bench.requests import save

HUB = (sys.executable, "-c", "from hub.cli import main; main()")
_READY = re.compile(r"^Ready: (\S+)", re.MULTILINE)
_START = 60.0  # seconds
_STOP = 20.0


@dataclass(eq=False)
class Child:
    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def resident_mb(self) -> float:
        """Pages in memory, shared libraries included, in MiB."""
        return float(psutil.Process(self.process.pid).memory_info().rss / 2**20)

    def cpu_seconds(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)


@contextlib.asynccontextmanager
async def child(log: Path, command: Sequence[str]) -> AsyncIterator[Child]:
    """A process that says `Ready: ADDRESS` on standard error, which is kept in `log`. It is ended on the way out."""
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)  # noqa: ASYNC220, S603 - returns at once; our own command
    here = Child(process, log)
    try:
        await _ready(here)
        yield here
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, _STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            await asyncio.to_thread(process.wait)


async def _ready(here: Child) -> None:
    until = time.monotonic() + _START
    while not (said := _READY.search(here.log.read_text())):
        if here.process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"a process did not get ready:\n{here.log.read_text()[-2000:]}")
        await asyncio.sleep(0.02)
    here.url = said[1]


async def finished(*command: str) -> str:
    """Runs it to its end. Returns what it printed."""
    running = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    out, err = await running.communicate()
    if running.returncode:
        raise RuntimeError(f"{' '.join(command)}: {err.decode()[-2000:]}")
    return out.decode()


async def answered(
    to: Child, requests: Sequence[bytes], folder: Path, *, senders: int, warm: int = 0
) -> tuple[dict[str, float], dict[str, int]]:
    """What the sender measured, and how often each status came."""
    file = folder / "requests.bin"
    save(file, requests)
    command = (sys.executable, "-m", "bench.load", "127.0.0.1", str(to.port), str(senders), str(warm), str(file))
    said = orjson.loads(await finished(*command))
    statuses: dict[str, int] = said.pop("statuses")
    return {name: float(value) for name, value in said.items()}, statuses


async def sent(to: Child, requests: Sequence[bytes], folder: Path, *, senders: int, warm: int = 0) -> dict[str, float]:
    """What the sender measured. Raises unless every request was answered with 200."""
    said, statuses = await answered(to, requests, folder, senders=senders, warm=warm)
    if statuses != {"200": len(requests) - warm}:
        raise RuntimeError(f"not every webhook was taken: {statuses}; {to.log.read_text()[-2000:]}")
    return said
