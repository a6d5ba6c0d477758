"""The way out: calls per second with many in flight, through ours, what it stands on, and stock httpx."""

import sys
from typing import Any

import orjson

from bench.caller import WAYS
from bench.ground import Ground, ready
from bench.numbers import Figures, medians, paired
from bench.processes import child, finished
from bench.sizes import Sizes

IN_FLIGHT = 32


async def out(ground: Ground, sizes: Sizes) -> dict[str, Any]:
    """By way, and the hub's pace and CPU to others'. The vendor is a stub in a process of its own, the same for all."""
    rounds: dict[str, list[Figures]] = {way: [] for way in WAYS}
    with ground.empty("postgresql") as url:
        await (await ready(url)).close()
        async with child(ground.folder / "stub.log", (sys.executable, "-m", "bench.same_work.stub")) as stub:
            for _ in range(sizes.rounds):
                for way, each in rounds.items():
                    numbers = (str(sizes.calls // 10), str(sizes.calls), str(IN_FLIGHT))
                    command = (sys.executable, "-m", "bench.caller", way, f"{stub.url}/first", url, *numbers)
                    each.append(orjson.loads(await finished(*command)))
    found: dict[str, Any] = {way: medians(each) for way, each in rounds.items()}
    return found | {
        "to_httpx": paired(rounds["hub"], rounds["httpx"], "per_second"),
        "cpu_to_aiohttp": paired(rounds["hub"], rounds["aiohttp"], "cpu_us"),
    }
