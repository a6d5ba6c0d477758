"""The network between two hosts is cut: the worker over there can do nothing, and does nothing when it is back."""

import asyncio
from pathlib import Path

from tests.history.far import HERE, far
from tests.history.hurry import SILENCE
from tests.history.postgres import Postgres
from tests.history.world import Host, world


async def test_a_worker_that_was_cut_off_overwrites_nothing_and_repeats_nothing(
    server: Postgres, nursery: Path, tmp_path: Path
) -> None:
    name = server.new_database()
    with far() as there:
        hosts = {"worker-2": Host(database=server.url(name, HERE), here=HERE, network=there.network)}
        async with world(tmp_path, server.url(name), nursery, hosts=hosts, address="0.0.0.0") as here:
            here.sink.delay = 0.3  # so that it is cut off in the middle of calls
            loading = asyncio.create_task(here.load(orders=20, revisions=2, spread=4))
            await asyncio.sleep(1.5)
            there.cut()
            await asyncio.sleep(SILENCE + 4)
            there.mend()
            await loading
            violations = await here.verdict()

    assert here.house.deaths == 0
    assert violations == []
