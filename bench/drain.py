"""A backlog of the plain work, set aside until the workers stand ready, and the watch until it is worked off."""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Sequence

import httpx
from sqlalchemy import text

from bench import plain
from bench.ground import Ground
from bench.processes import Child, child, sent
from bench.same_work.work import SINKS
from hub.store.database import Database

SENDERS = 16
_PATIENCE = 600.0  # seconds
_SET_ASIDE = (
    "CREATE TABLE bench_backlog AS SELECT * FROM inbox WHERE part >= 0",
    "DELETE FROM inbox WHERE part >= 0",
)
_BRING_BACK = (
    "INSERT INTO inbox SELECT * FROM bench_backlog",
    "DROP TABLE bench_backlog",
    "SELECT pg_notify('orderhub', 'inbox')",
)


def stub(ground: Ground) -> contextlib.AbstractAsyncContextManager[Child]:
    return child(ground.folder / "stub.log", (sys.executable, "-m", "bench.same_work.stub"))


@contextlib.asynccontextmanager
async def door(ground: Ground, url: str, vendor: Child) -> AsyncIterator[Child]:
    command = (*plain.HUB, "serve", "--no-worker", "-c", str(plain.settings(ground, url, vendor.url)))
    async with child(ground.folder / "plain-door.log", command) as hub:
        yield hub


@contextlib.asynccontextmanager
async def workers(ground: Ground, url: str, vendor: Child, many: int) -> AsyncIterator[Sequence[Child]]:
    """So many `hub worker` processes, ready and with nothing to do."""
    async with contextlib.AsyncExitStack() as stack:
        command = (*plain.HUB, "worker", "-c", str(plain.settings(ground, url, vendor.url)))
        started = [
            await stack.enter_async_context(child(ground.folder / f"worker-{each}.log", command))
            for each in range(many)
        ]
        await asyncio.sleep(1)  # until what a start brings has passed
        yield started


async def set_aside(
    ground: Ground, url: str, database: Database, vendor: Child, told: Sequence[tuple[str, int]]
) -> None:
    """Has the events (order, revision) taken at the door, and puts them where no worker sees them."""
    async with door(ground, url, vendor) as hub:
        await sent(hub, [plain.webhook(*each) for each in told], ground.folder, senders=SENDERS)
    await _run(database, _SET_ASIDE)


async def bring_back(database: Database) -> None:
    await _run(database, _BRING_BACK)


async def _run(database: Database, statements: Sequence[str]) -> None:
    async with database.write() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def calls(vendor: Child) -> int:
    """How many different deliveries the stub has had so far."""
    async with httpx.AsyncClient() as http:
        return int((await http.get(f"{vendor.url}/count")).json())


async def until_done(database: Database, vendor: Child, before: int, events: int) -> None:
    """Until each sink was told of each event, and nothing waits. `before`: deliveries that the stub had already."""
    until = time.monotonic() + _PATIENCE
    wanted = before + events * len(SINKS)
    while (had := await calls(vendor)) < wanted or any(await plain.left(database)):
        if time.monotonic() > until:
            raise RuntimeError(f"{wanted - had} calls of {events * len(SINKS)} have not come")
        await asyncio.sleep(0.05)


async def proven(database: Database) -> None:
    """Raises where something went another way than this work goes."""
    if any(wrong := await plain.faults(database)):
        raise RuntimeError(f"not all went as it should: events, commands, drifts: {wrong}")
