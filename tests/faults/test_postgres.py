"""What happens to PostgreSQL happens to the hub: it waits, refuses, and goes on by itself when the server is back."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.history.postgres import Postgres
from tests.history.proxy import Fault, wire
from tests.history.world import Host, World, world

Happens = Callable[[Postgres, World], Awaitable[None]]


async def _restarted(server: Postgres, _here: World) -> None:
    await asyncio.to_thread(server.stop, "fast")
    await asyncio.sleep(1)
    await asyncio.to_thread(server.start)


async def _killed(server: Postgres, _here: World) -> None:
    server.kill()
    await asyncio.sleep(0.5)
    await asyncio.to_thread(server.start)


async def _out_of_connections(server: Postgres, here: World) -> None:
    """Somebody else takes all that the server has, and the hub's own are ended: it gets none."""
    taken: list[psycopg.AsyncConnection[Any]] = []
    try:
        taken.append(await psycopg.AsyncConnection.connect(server.url("postgres"), autocommit=True))
        for _ in range(2):
            await taken[0].execute(_END_THE_HUB_S)
            while len(taken) < 100:
                try:
                    taken.append(await psycopg.AsyncConnection.connect(server.url("postgres")))
                except psycopg.OperationalError:
                    break
            await asyncio.sleep(1)
    finally:
        for each in taken:
            await each.close()


_END_THE_HUB_S = b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'hub%'"


async def _read_only(server: Postgres, _here: World) -> None:
    await asyncio.to_thread(server.configure, default_transaction_read_only="on")
    await asyncio.sleep(2)
    await asyncio.to_thread(server.configure, default_transaction_read_only="")


@pytest.mark.parametrize("happens", [_restarted, _killed, _out_of_connections, _read_only])
async def test_the_hub_goes_on_by_itself_when_the_database_was(
    happens: Happens, server: Postgres, nursery: Path, tmp_path: Path
) -> None:
    async with world(tmp_path, server.url(server.new_database()), nursery) as here:
        loading = asyncio.create_task(here.load(orders=15, revisions=2, spread=4))
        await asyncio.sleep(1.5)
        await happens(server, here)
        await loading
        violations = await here.verdict()

    assert here.house.deaths == 0  # nobody had to start anything
    assert violations == []


async def test_a_slow_database_makes_the_hub_slow_and_nothing_else(
    server: Postgres, nursery: Path, tmp_path: Path
) -> None:
    name = server.new_database()
    async with wire("127.0.0.1", server.port, random.Random(3)) as slow:
        hosts = dict.fromkeys(("api", "worker-1", "worker-2"), Host(database=server.url(name, port=slow.port)))
        async with world(tmp_path, server.url(name), nursery, hosts=hosts) as here:
            slow.faults, slow.odds, slow.seconds = [Fault.DELAY], 0.2, 0.1
            await here.load(orders=8, revisions=2, spread=2)
            slow.odds = 0.0
            violations = await here.verdict()

    assert slow.struck > 20
    assert here.house.deaths == 0
    assert violations == []
