"""Holds processes to a share of a core, so that more of them than there are cores can each have one of their own."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Sequence

_LOOK = 0.002  # seconds between two looks
_BANK = 0.05  # seconds of a core that a process which had to wait may catch up on


def cpu_seconds(pid: int) -> float:
    """Of the process and its threads, to the nanosecond. Linux: the clock that clock_getcpuclockid(3) names."""
    return time.clock_gettime((~pid << 3) | 2)


@contextlib.asynccontextmanager
async def held_to(share: float, pids: Sequence[int]) -> AsyncIterator[None]:
    """Each is stopped whenever it has spent more than its share of the time that has passed, and goes on when it may.

    What it spends is counted, not when it runs: waiting for the database or for another worker costs it nothing.
    """
    watching = asyncio.create_task(_watch(share, pids))
    try:
        yield
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


async def _watch(share: float, pids: Sequence[int]) -> None:
    now = time.monotonic()
    may_spend = {pid: cpu_seconds(pid) for pid in pids}
    stopped: set[int] = set()
    try:
        while True:
            before, now = now, time.monotonic()
            for pid in pids:
                spent = cpu_seconds(pid)
                may_spend[pid] = min(may_spend[pid] + share * (now - before), spent + _BANK)
                if (spent > may_spend[pid]) == (pid in stopped):
                    continue
                stopped ^= {pid}
                os.kill(pid, signal.SIGSTOP if pid in stopped else signal.SIGCONT)
            await asyncio.sleep(_LOOK)
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)
