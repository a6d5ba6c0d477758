"""What one event costs with few orders in the database, and with very many."""

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import make_url

from bench.drain import bring_back, proven, set_aside, stub, until_done, workers
from bench.fill import fill, number, sizes
from bench.ground import Ground, ready
from bench.numbers import Figures, medians, paired
from bench.same_work import weigh
from bench.sizes import Sizes
from hub.store.database import Database

_TEMPLATES = 40


async def growth(ground: Ground, wanted: Sizes) -> dict[str, Any]:
    """`ratio`: the worse of the two, CPU of worker and database per event and time per event, large to small.

    Half of the events are new orders, the others tell more of old ones, taken anywhere from the database. Each is
    digested, planned for, and told to both sinks.
    """
    rounds: list[list[Figures]] = [[], []]
    async with contextlib.AsyncExitStack() as stack:
        origin = stack.enter_context(ground.empty("postgresql"))
        await (await ready(origin)).close()
        await work_off(ground, origin, [(f"made-{each:06d}", 1) for each in range(_TEMPLATES)])
        urls = []
        for orders in wanted.grown:
            urls.append(stack.enter_context(ground.empty("postgresql", template=make_url(origin).database or "")))
            await asyncio.to_thread(fill, urls[-1], orders)
        grown = [list(sizes(url)) for url in urls]
        for turn in range(wanted.rounds):
            for url, orders, each in zip(urls, wanted.grown, rounds, strict=True):
                each.append(await work_off(ground, url, _told(turn, orders, wanted)))
    small, large = rounds
    cpu, seconds = paired(large, small, "cpu_ms_per_event"), paired(large, small, "ms_per_event")
    return {
        "ratio": max(cpu, seconds),
        "cpu_ratio": cpu,
        "time_ratio": seconds,
        "small": {"orders": wanted.grown[0]} | medians(small),
        "large": {"orders": wanted.grown[1]} | medians(large),
        "sizes": [_grown(*each) for each in zip(*grown, strict=True)],
    }


def _told(turn: int, orders: int, wanted: Sizes) -> list[tuple[str, int]]:
    """Of a turn: new orders, and second revisions of old ones that no turn before had."""
    half = wanted.grown_events // 2
    old = random.Random(1).sample(range(1, orders + 1), half * wanted.rounds)[turn * half : (turn + 1) * half]  # noqa: S311
    told = [(f"new{turn}-{each:06d}", 1) for each in range(half)] + [(number(each), 2) for each in old]
    random.Random(turn).shuffle(told)  # noqa: S311
    return told


async def work_off(ground: Ground, url: str, told: Sequence[tuple[str, int]]) -> Figures:
    """What a backlog of these events costs one worker and the database. Raises unless all of it was done."""
    async with contextlib.AsyncExitStack() as stack:
        database, server = Database(url), weigh.postmaster(url)
        stack.push_async_callback(database.close)
        vendor = await stack.enter_async_context(stub(ground))
        await set_aside(ground, url, database, vendor, told)
        (worker,) = await stack.enter_async_context(workers(ground, url, vendor, 1))
        spent = [weigh.cpu_seconds(worker.process.pid), weigh.cpu_seconds(server)]
        began = time.monotonic()
        await bring_back(database)
        await until_done(database, vendor, 0, len(told))
        seconds = time.monotonic() - began
        hub = weigh.cpu_seconds(worker.process.pid) - spent[0]
        postgresql = weigh.cpu_seconds(server) - spent[1]
        await proven(database)
    return {
        "ms_per_event": seconds * 1000 / len(told),
        "cpu_ms_per_event": (hub + postgresql) * 1000 / len(told),
        "hub_ms_per_event": hub * 1000 / len(told),
        "database_ms_per_event": postgresql * 1000 / len(told),
    }


def _grown(small: tuple[Any, ...], large: tuple[Any, ...]) -> dict[str, Any]:
    table, _, _, _ = small
    return {
        "table": table,
        **{
            size: {"rows": rows, "mb": mb, "indices": indices}
            for size, (_, rows, mb, indices) in (("small", small), ("large", large))
        },
    }
