"""Clocks that jump by an hour, either way, and hosts whose clocks differ by one."""

import asyncio
from pathlib import Path

import pytest

from tests.history.postgres import Postgres
from tests.history.world import Host, world

_HOUR = 3600.0


@pytest.mark.parametrize("jump", [_HOUR, -_HOUR], ids=["forward", "back"])
async def test_a_clock_that_jumps_delays_nothing_and_doubles_nothing(
    jump: float, either: str, nursery: Path, tmp_path: Path
) -> None:
    async with world(tmp_path, either, nursery) as here:
        here.sink.delay = 0.2
        loading = asyncio.create_task(here.load(orders=12, revisions=2, spread=3))
        await asyncio.sleep(1.5)
        here.jump(jump)
        await asyncio.sleep(2)
        here.jump(0)
        await loading
        violations = await here.verdict(passing=False)

    assert violations == []


async def test_hosts_whose_clocks_differ_by_an_hour_work_together(
    server: Postgres, nursery: Path, tmp_path: Path
) -> None:
    hosts = {"api": Host(clock="exact"), "worker-1": Host(clock="fast"), "worker-2": Host(clock="slow")}
    async with world(tmp_path, server.url(server.new_database()), nursery, hosts=hosts) as here:
        here.jump(_HOUR, "fast")
        here.jump(-_HOUR, "slow")
        here.sink.delay = 0.2
        await here.load(orders=12, revisions=2, spread=3)
        violations = await here.verdict(passing=False)

    assert violations == []
