"""Resident memory of one process, door and worker: at rest, after work, and while more comes than it can do."""

import asyncio
from typing import Any

from bench import plain
from bench.drain import SENDERS, calls, proven, stub, until_done
from bench.ground import Ground, ready
from bench.processes import Child, answered, child, sent
from bench.same_work.work import events
from bench.sizes import Sizes

_LOOK = 0.05  # seconds between two looks


async def memory(ground: Ground, sizes: Sizes) -> dict[str, Any]:
    """MiB, shared libraries included. `burst_mb` is the most that was seen until the last answer of the burst."""
    async with stub(ground) as vendor:
        with ground.empty("postgresql") as url:
            database = await ready(url)
            command = (*plain.HUB, "serve", "-c", str(plain.settings(ground, url, vendor.url)))
            async with child(ground.folder / "memory.log", command) as hub:
                await asyncio.sleep(2)
                found: dict[str, Any] = {"rest_mb": hub.resident_mb()}
                before = await calls(vendor)
                load = [plain.webhook(*each) for each in events(sizes.load_events, "load")]
                await sent(hub, load, ground.folder, senders=SENDERS)
                await until_done(database, vendor, before, len(load))
                await proven(database)
                found["load_mb"] = hub.resident_mb()
                burst = [plain.webhook(f"burst-{each:06d}", 1) for each in range(sizes.burst)]
                seen: list[float] = []
                watching = asyncio.create_task(_watch(hub, seen))
                said, statuses = await answered(hub, burst, ground.folder, senders=sizes.burst_senders)
                watching.cancel()
                found["burst_mb"] = max(hub.resident_mb(), *seen)
            await database.close()
    if set(statuses) - {"200", "503"}:
        raise RuntimeError(f"a burst is taken, or asked to come again: {statuses}")
    return found | {"burst_taken": statuses.get("200", 0), "burst_per_second": said["per_second"]}


async def _watch(hub: Child, seen: list[float]) -> None:
    while True:
        seen.append(hub.resident_mb())
        await asyncio.sleep(_LOOK)
