"""The hub as users run it: `hub serve --no-worker` and `hub worker` on PostgreSQL, one `hub serve` on SQLite."""

import contextlib
import sys
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from sqlalchemy import func, select

from bench.ground import ready
from bench.processes import child
from bench.same_work.engine import Engine, Marks, Place, Running
from bench.same_work.weigh import postmaster
from bench.same_work.work import SECRET, SINKS
from hub.store.database import Database
from hub.store.outbox import CommandState
from hub.store.sealing import new_key
from hub.store.tables import OutboxRow

_HUB = (sys.executable, "-m", "bench.same_work.hub")
_STREETS = {"postgresql": "hub on PostgreSQL", "sqlite": "hub on SQLite, one process"}


def ours(kind: str, profiles: Path | None = None) -> Engine:
    """`profiles` is a folder: its processes run under cProfile, which makes them about twice as slow."""
    start = _postgresql if kind == "postgresql" else _sqlite
    title = _STREETS[kind] + (" (under cProfile)" if profiles else "")
    return Engine(name=kind, title=title, start=partial(start, profiles), needs_postgres=kind == "postgresql")


@contextlib.asynccontextmanager
async def _postgresql(profiles: Path | None, place: Place) -> AsyncIterator[Running]:
    file = _settings(place, place.postgres)
    async with _opened(place.postgres) as database, contextlib.AsyncExitStack() as stack:
        server, worker = [
            await stack.enter_async_context(
                child(place.folder / f"hub-{part}.log", (*_command(profiles, part), *words, "-c", str(file)))
            )
            for part, words in (("server", ("serve", "--no-worker")), ("worker", ("worker",)))
        ]
        trees = {
            "server": server.process.pid,
            "worker": worker.process.pid,
            "database": postmaster(place.postgres),
        }
        yield Running(door=server, trees=trees, marks=partial(_marks, database))


@contextlib.asynccontextmanager
async def _sqlite(profiles: Path | None, place: Place) -> AsyncIterator[Running]:
    url = f"sqlite:///{place.folder / 'hub.db'}"
    command = (*_command(profiles, "embedded"), "serve", "-c", str(_settings(place, url)))
    async with _opened(url) as database, child(place.folder / "hub.log", command) as hub:
        yield Running(door=hub, trees={"server": hub.process.pid}, marks=partial(_marks, database))


def _command(profiles: Path | None, part: str) -> tuple[str, ...]:
    return _HUB if profiles is None else (*_HUB, "--profile", str(profiles / f"{part}.prof"))


@contextlib.asynccontextmanager
async def _opened(url: str) -> AsyncIterator[Database]:
    database = await ready(url)
    try:
        yield database
    finally:
        await database.close()


async def _marks(database: Database) -> Marks:
    statement = select(func.count(), func.max(OutboxRow.done_at)).where(OutboxRow.state == CommandState.DONE)
    async with database.read() as connection:
        done, last = (await connection.execute(statement)).one()
    return Marks(done=done, last=last.timestamp() if last else 0.0)


def _settings(place: Place, url: str) -> Path:
    file = place.folder / "hub.toml"
    sinks = "".join(_SINK.format(sink=sink, vendor=place.vendor) for sink in SINKS)
    file.write_text(_SETTINGS.format(database=url, key=new_key(), secret=SECRET.decode()) + sinks)
    return file


_SETTINGS = """
[hub]
allow_inline_secrets = true

[api]
port = 0

[database]
url = "{database}"

[security]
sealing_keys = ["{key}"]

[connections.shop]
connector = "bench_shop"
webhook.secrets = ["{secret}"]
"""
_SINK = """
[connections.{sink}]
connector = "bench_sink"
base_url = "{vendor}/{sink}"
"""
