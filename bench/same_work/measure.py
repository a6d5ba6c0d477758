"""One round of one engine: new processes, a new database, a new vendor; sent, waited for, weighed, proved."""

import asyncio
import contextlib
import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from bench.ground import Ground
from bench.numbers import Figures
from bench.processes import Child, child, sent
from bench.requests import raw
from bench.same_work.engine import Engine, Marks, Place, Running
from bench.same_work.weigh import cpu_seconds
from bench.same_work.work import PATH, SINKS, Delivery, deliveries, found, requests

_PATIENCE = 30.0  # seconds without one more delivery, after which the rest counts as lost
_LOOK = 0.1  # seconds between two looks at the vendor's count


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    rounds: int
    events: int  # of one round; each makes two deliveries …
    warm: int  # … after so many that are not counted
    senders: int = 16


FULL = Sizes(rounds=3, events=900, warm=60)
QUICK = Sizes(rounds=1, events=100, warm=20)
PROFILED = Sizes(rounds=1, events=300, warm=20)


async def measured(ground: Ground, engines: Sequence[Engine], sizes: Sizes) -> dict[str, list[Figures]]:
    """By engine, its rounds. Engines take turns, so that what slows the machine slows them all."""
    rounds: dict[str, list[Figures]] = {each.name: [] for each in engines}
    for number in range(sizes.rounds):
        for each in engines:
            print(f"… round {number + 1}: {each.title}", file=sys.stderr, flush=True)
            rounds[each.name].append(await one_round(ground, each, sizes))
    return rounds


async def one_round(ground: Ground, engine: Engine, sizes: Sizes) -> Figures:
    folder = ground.folder.resolve() / engine.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    async with contextlib.AsyncExitStack() as stack:
        url = stack.enter_context(ground.empty("postgresql")) if engine.needs_postgres else ""
        command = (sys.executable, "-m", "bench.same_work.stub")
        vendor = await stack.enter_async_context(child(folder / "vendor.log", command))
        place = Place(folder=folder, postgres=url, vendor=vendor.url)
        running = await stack.enter_async_context(engine.start(place))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=vendor.url, timeout=60))
        return await _worked(running, vendor, http, place, sizes)


async def _worked(running: Running, vendor: Child, http: httpx.AsyncClient, place: Place, sizes: Sizes) -> Figures:
    warm, wanted = deliveries(sizes.warm, "warm"), deliveries(sizes.events, "order")
    await sent(running.door, _raw(sizes.warm, "warm"), place.folder, senders=sizes.senders)
    before = await _marked(running, http, len(warm))
    weights = _weights(running, vendor)
    load = await sent(running.door, _raw(sizes.events, "order"), place.folder, senders=sizes.senders)
    after = await _marked(running, http, len(warm) + len(wanted))
    spent = {part: each - weights[part] for part, each in _weights(running, vendor).items()}
    proof = found(_ledger((await http.get("/ledger")).json()), warm | wanted)
    seconds = max(after.last - load["started_at"], 1e-9)
    done = (after.done - before.done) / len(SINKS)
    return {
        "events_per_second": done / seconds,
        "cpu_ms_per_event": sum(spent[part] for part in running.trees) * 1000 / max(done, 1),
        **{f"cpu_ms_{part}": each * 1000 / max(done, 1) for part, each in spent.items()},
        "ack_per_second": load["per_second"],
        "ack_p50_ms": load["p50_ms"],
        "ack_p99_ms": load["p99_ms"],
        "unmarked": float(len(warm) + len(wanted) - after.done),
        **{name: float(count) for name, count in proof.items()},
    }


def _raw(amount: int, name: str) -> list[bytes]:
    return [raw(PATH, headers, body) for headers, body in requests(amount, name)]


def _weights(running: Running, vendor: Child) -> dict[str, float]:
    """Seconds by part. The vendor's are told, but are no part of an engine's."""
    trees: Mapping[str, int] = {**running.trees, "vendor": vendor.process.pid}
    return {part: cpu_seconds(pid) for part, pid in trees.items()}


async def _marked(running: Running, http: httpx.AsyncClient, wanted: int) -> Marks:
    """Until so many deliveries came and are marked done, or nothing has moved for long."""
    count, marks, moved = 0, Marks(done=0, last=0.0), time.monotonic()
    while marks.done < wanted:
        if time.monotonic() - moved > _PATIENCE:
            break
        await asyncio.sleep(_LOOK)
        seen = int((await http.get("/count")).text)
        if seen >= wanted or time.monotonic() - moved > _PATIENCE / 2:
            told = await running.marks()
            if told != marks:
                marks, moved = told, time.monotonic()
        if seen != count:
            count, moved = seen, time.monotonic()
    return marks


def _ledger(said: Sequence[Sequence[Any]]) -> Any:
    deliveries: list[tuple[Delivery, dict[str, int]]] = [
        ((sink, order, revision), keys) for sink, order, revision, keys in said
    ]
    return iter(deliveries)
