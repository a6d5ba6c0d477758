"""Processes that are held to a share of a core."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator

import psutil  # type: ignore[import-untyped, unused-ignore]
import pytest

from bench.share import cpu_seconds, held_to

BUSY = (sys.executable, "-c", "while True: pass")


@pytest.fixture
def busy() -> Iterator[int]:
    process = subprocess.Popen(BUSY)
    yield process.pid
    process.send_signal(signal.SIGCONT)
    process.kill()
    process.wait()


async def until(pid: int, stopped: bool) -> None:
    for _ in range(6_000):
        if (psutil.Process(pid).status() == psutil.STATUS_STOPPED) == stopped:
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def test_is_stopped_once_it_has_spent_its_share_and_let_go_in_the_end(busy: int) -> None:
    async with held_to(0.0, [busy]):
        await until(busy, stopped=True)
        spent = cpu_seconds(busy)
        await asyncio.sleep(0.1)
        assert cpu_seconds(busy) == spent

    await until(busy, stopped=False)


async def test_a_process_within_its_share_is_never_stopped(busy: int) -> None:
    async with held_to(1000.0, [busy]):
        looks = []
        for _ in range(20):
            await asyncio.sleep(0.01)
            looks.append(psutil.Process(busy).status())

    assert psutil.STATUS_STOPPED not in looks
