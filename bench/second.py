"""What a second worker process adds, and how near PostgreSQL is to its limit.

A machine of two cores has no free one for a second worker while the database needs some of the first. So each worker
process is held to a share of a core, small enough that two of them, the database and the vendor have room, and it is
compared what one of them and what two of them do.
"""

import contextlib
import os
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import make_url

from bench.drain import bring_back, proven, set_aside, stub, until_done, workers
from bench.ground import Ground, ready
from bench.numbers import Figures, medians, paired
from bench.processes import Child
from bench.same_work import weigh
from bench.same_work.work import events
from bench.share import held_to
from bench.sizes import Sizes
from bench.waits import watched
from hub.store.database import Database

_ROOM = 0.85  # of the machine's cores, for all that two workers keep busy


async def second_worker(ground: Ground, sizes: Sizes) -> dict[str, Any]:
    """`added`: what the second one adds, in workers. Each drain is of a copy of the same database."""
    told = events(sizes.worker_events, "worker")
    with ground.empty("postgresql") as url:
        database = await ready(url)
        async with stub(ground) as nobody:
            await set_aside(ground, url, database, nobody, told)
        await database.close()
        free = await _drain(ground, url, 1, len(told), 1.0)
        share = _share(free)
        one: list[Figures] = []
        two: list[Figures] = []
        for _ in range(sizes.rounds):
            one.append(await _drain(ground, url, 1, len(told), share))
            two.append(await _drain(ground, url, 2, len(told), share))
    added = paired(two, one, "per_second") - 1
    return {"added": added, "share": share, "free": free, "one": medians(one), "two": medians(two)}


def _share(free: Figures) -> float:
    """Of a core for each of two workers, so that all that they keep busy finds room."""
    busy = free["worker_cores"] + free["database_cores"] + free["vendor_cores"]
    return min(1.0, (os.cpu_count() or 1) * _ROOM / 2 * free["worker_cores"] / busy)


async def _drain(ground: Ground, template: str, many: int, amount: int, share: float) -> Figures:
    """Events a second from the moment that they are there until the last command is done, and what that took."""
    async with contextlib.AsyncExitStack() as stack:
        url = stack.enter_context(ground.empty("postgresql", template=make_url(template).database or ""))
        database, server = Database(url), weigh.postmaster(url)
        stack.push_async_callback(database.close)
        vendor = await stack.enter_async_context(stub(ground))
        started = await stack.enter_async_context(workers(ground, url, vendor, many))
        pids = [each.process.pid for each in started]
        async with held_to(share, pids), watched(url) as waits:
            before, began = _spent(pids, server, vendor), time.monotonic()
            await bring_back(database)
            await until_done(database, vendor, 0, amount)
            seconds = time.monotonic() - began
            cores = [(now - then) / seconds for now, then in zip(_spent(pids, server, vendor), before, strict=True)]
        await proven(database)
    return {
        "per_second": amount / seconds,
        "worker_cores": cores[0],
        "database_cores": cores[1],
        "vendor_cores": cores[2],
        **waits,
    }


def _spent(pids: Sequence[int], server: int, vendor: Child) -> tuple[float, float, float]:
    return sum(map(weigh.cpu_seconds, pids)), weigh.cpu_seconds(server), vendor.cpu_seconds()
