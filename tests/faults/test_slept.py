"""A worker that is stopped for longer than its leases last, and then goes on, has lost what it held."""

import asyncio
import signal
from pathlib import Path

from tests.history.hurry import SILENCE
from tests.history.postgres import Postgres
from tests.history.world import world


async def test_a_worker_that_slept_overwrites_nothing_and_repeats_nothing(
    server: Postgres, nursery: Path, tmp_path: Path
) -> None:
    async with world(tmp_path, server.url(server.new_database()), nursery) as here:
        here.sink.delay = 0.3  # so that it falls asleep in the middle of calls
        loading = asyncio.create_task(here.load(orders=20, revisions=2, spread=2))
        await asyncio.sleep(1.5)
        sleeper = here.house["worker-1"]
        sleeper.send(signal.SIGSTOP)
        await asyncio.sleep(SILENCE + 4)
        sleeper.send(signal.SIGCONT)
        await loading
        violations = await here.verdict()

    assert here.house.deaths == 0
    assert violations == []
