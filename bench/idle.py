"""What a hub costs that has nothing to do: its share of a core, and its memory."""

import asyncio
import contextlib
import sys
import time
from typing import Any

from bench.flow import begun
from bench.ground import Ground, ready
from bench.processes import HUB, Child, child
from bench.sizes import Sizes
from bench.vendor import VENDORS

_REST = 2.0  # seconds until what a start brings has passed


async def idle(ground: Ground, sizes: Sizes) -> dict[str, Any]:
    """`hub serve` and `hub worker`, one after the other, with five connections whose pulls have caught up."""
    async with contextlib.AsyncExitStack() as stack:
        url = stack.enter_context(ground.empty("postgresql"))
        database = await ready(url)
        stack.push_async_callback(database.close)
        vendors: dict[str, Child] = {}
        for vendor in VENDORS:
            command = (sys.executable, "-m", "bench.vendor", vendor)
            vendors[vendor] = await stack.enter_async_context(child(ground.folder / f"{vendor}.log", command))
        file = ground.settings(url, {name: each.url for name, each in vendors.items()}, more=True)
        found: dict[str, Any] = {}
        for name in ("serve", "worker"):
            process = (*HUB, name, "-c", str(file))
            async with child(ground.folder / f"idle-{name}.log", process) as hub:
                await begun(database)
                await asyncio.sleep(_REST)
                found[f"{name}_cpu"] = await _share(hub, sizes.idle_seconds)
                found[f"{name}_mb"] = hub.resident_mb()
    return found | {"cpu": max(found["serve_cpu"], found["worker_cpu"])}


async def _share(hub: Child, seconds: float) -> float:
    """Of a core."""
    before, started = hub.cpu_seconds(), time.monotonic()
    await asyncio.sleep(seconds)
    return (hub.cpu_seconds() - before) / (time.monotonic() - started)
