"""All measures, in one run on the same machine: only what was measured side by side can be compared."""

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.door import door
from bench.flow import flow
from bench.ground import Ground, Kind, ground, ready
from bench.growth import growth
from bench.idle import idle
from bench.memory import memory
from bench.out import out
from bench.page import page
from bench.quiet import quiet
from bench.rebuild import rebuild
from bench.report import machine
from bench.second import second_worker
from bench.seed import remember_work, seed
from bench.sizes import Sizes

# Of the hub on PostgreSQL alone: what they ask is about many processes, or about what no database changes.
ON_POSTGRESQL: Mapping[str, Callable[[Ground, Sizes], Awaitable[dict[str, Any]]]] = {
    "out": out,
    "quiet": quiet,
    "idle": idle,
    "memory": memory,
    "second_worker": second_worker,
    "growth": growth,
}

MEASURES = ("door", *ON_POSTGRESQL, "flow", "page", "rebuild")
BY_ITSELF = {"growth"}  # filling a database takes longer than all the others together


async def run(folder: Path, kinds: tuple[Kind, ...], sizes: Sizes, measures: Sequence[str]) -> dict[str, Any]:
    with ground(folder, kinds) as here:
        result: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": await machine(here.postgres),
            "databases": {kind: {} for kind in kinds},
        }
        found = result["databases"]
        if "door" in measures:
            _say("door")
            doors = await door(here, kinds, sizes)
            for kind in kinds:
                found[kind]["door"] = doors[kind]
        for name, measure in ON_POSTGRESQL.items() if "postgresql" in kinds else ():
            if name in measures:
                _say(name)
                found["postgresql"][name] = await measure(here, sizes)
        if "flow" in measures:
            _say("webhook to vendor call")
            for name, each in (await flow(here, kinds, sizes)).items():
                found[name]["flow"] = each
        for kind in kinds:
            if {"page", "rebuild"} & set(measures):
                _say(f"page and rebuild on {kind}")
                found[kind] |= await _seeded(here, kind, sizes, measures)
    return result


async def _seeded(here: Ground, kind: Kind, sizes: Sizes, measures: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    with here.empty(kind) as url:
        database = await ready(url)
        try:
            await seed(database, sizes.seed_orders)
            await remember_work(database, 2 * 50)
            if "page" in measures:
                found["page"] = await page(here, url, database, sizes)
            if "rebuild" in measures:
                found["rebuild"] = await rebuild(here, url, database, sizes)
        finally:
            await database.close()
    return found


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)
