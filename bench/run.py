"""All measures, in one run on the same machine: only what was measured side by side can be compared."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.door import door
from bench.flow import flow
from bench.ground import Ground, Kind, ground, ready
from bench.page import page
from bench.rebuild import rebuild
from bench.report import machine
from bench.seed import remember_work, seed
from bench.sizes import Sizes

MEASURES = ("door", "flow", "page", "rebuild")


async def run(
    folder: Path, kinds: tuple[Kind, ...], sizes: Sizes, measures: Sequence[str] = MEASURES
) -> dict[str, Any]:
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
                found[kind]["door"] = doors[kind] | {"proof": doors["proof"]}
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
