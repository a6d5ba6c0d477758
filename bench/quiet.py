"""A shop on a quiet day: how long after a webhook was sent the vendors' calls arrive."""

import asyncio
import sys
import time
from typing import Any

import httpx

from bench.ground import Ground, ready
from bench.numbers import percentile
from bench.plain import HUB, settings, webhook
from bench.processes import Child, child
from bench.same_work.work import SINKS, events
from bench.sizes import Sizes

PER_SECOND = 20
_WARM = 20
_PATIENCE = 60.0  # seconds for the last ones


async def quiet(ground: Ground, sizes: Sizes) -> dict[str, Any]:
    """One process that is door and worker. Milliseconds from the sending of a webhook to each of its two calls."""
    with ground.empty("postgresql") as url:
        await (await ready(url)).close()
        async with child(ground.folder / "arrivals.log", (sys.executable, "-m", "bench.arrivals")) as stub:
            serve = (*HUB, "serve", "-c", str(settings(ground, url, stub.url)))
            async with child(ground.folder / "quiet.log", serve) as hub:
                await _told(stub, await _send(hub, events(_WARM, "warm")))
                before = hub.cpu_seconds()
                sent = await _send(hub, events(sizes.quiet_events, "quiet"))
                took = await _told(stub, sent)
                cpu = hub.cpu_seconds() - before
    return {
        "p50_ms": percentile(took, 0.5) * 1000,
        "p99_ms": percentile(took, 0.99) * 1000,
        "max_ms": max(took) * 1000,
        "calls": len(took),
        "cpu_ms_per_event": cpu * 1000 / sizes.quiet_events,
    }


async def _send(hub: Child, told: list[tuple[str, int]]) -> dict[tuple[str, int], float]:
    """When each was sent. At a steady pace, whether or not the one before has been answered."""
    sent: dict[tuple[str, int], float] = {}
    ways = [await asyncio.open_connection("127.0.0.1", hub.port) for _ in range(4)]
    requests = [webhook(*each) for each in told]
    began = time.monotonic()
    for place, (each, request) in enumerate(zip(told, requests, strict=True)):
        await asyncio.sleep(began + place / PER_SECOND - time.monotonic())
        sent[each] = time.time()
        ways[place % len(ways)][1].write(request)
    for place, (reader, writer) in enumerate(ways):
        for _ in range(place, len(told), len(ways)):
            await _answered(reader)
        writer.close()
    return sent


async def _answered(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if not head.startswith(b"http/1.1 200"):
        raise RuntimeError(f"a webhook was not taken: {head[:100]!r}")
    await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))


async def _told(stub: Child, sent: dict[tuple[str, int], float]) -> list[float]:
    """Seconds from sending to arrival, of each call that had to come."""
    until = time.monotonic() + _PATIENCE
    async with httpx.AsyncClient(base_url=stub.url) as http:
        while True:
            arrived = {(sink, order, int(no)): at for at, sink, order, no in (await http.get("/arrivals")).json()}
            wanted = {(sink, *each): at for each, at in sent.items() for sink in SINKS}
            if wanted.keys() <= arrived.keys():
                return [arrived[each] - at for each, at in wanted.items()]
            if time.monotonic() > until:
                missing = len(wanted.keys() - arrived.keys())
                raise RuntimeError(f"{missing} calls of {len(wanted)} have not come")
            await asyncio.sleep(0.2)
