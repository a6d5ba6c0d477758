"""A hub that does the plain work of `bench.same_work`: a shop tells of orders, two sinks are told of each revision."""

import sys
from pathlib import Path

from sqlalchemy import text

from bench.ground import Ground
from bench.requests import raw
from bench.same_work.work import PATH, SIGNATURE, body, signature
from hub.store.database import Database
from hub.store.sealing import new_key

HUB = (sys.executable, "-m", "bench.same_work.hub")

_LEFT = text("SELECT (SELECT count(*) FROM inbox WHERE part >= 0), (SELECT count(*) FROM outbox WHERE lane_due)")
_FAULTS = text(
    "SELECT (SELECT count(*) FROM inbox WHERE state IN ('parked', 'ignored')),"
    " (SELECT count(*) FROM outbox WHERE state IN ('parked', 'superseded')),"
    " (SELECT count(*) FROM drifts)"
)


def settings(ground: Ground, url: str, sink: str) -> Path:
    """A settings file for this database; the sinks are at the stub's address."""
    file = ground.folder / "plain.toml"
    file.write_text(_SETTINGS.format(database=url, key=new_key(), sink=sink))
    return file


def webhook(order: str, revision: int) -> bytes:
    said = body(order, revision)
    return raw(PATH, {"Content-Type": "application/json", SIGNATURE: signature(said)}, said)


async def left(database: Database) -> tuple[int, ...]:
    """What still waits: events, commands."""
    async with database.read() as connection:
        return tuple((await connection.execute(_LEFT)).one())


async def faults(database: Database) -> tuple[int, ...]:
    """What went another way than this work goes: events, commands, drifts."""
    async with database.read() as connection:
        return tuple((await connection.execute(_FAULTS)).one())


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

[connections.first]
connector = "bench_sink"
base_url = "{sink}/first"

[connections.second]
connector = "bench_sink"
base_url = "{sink}/second"
"""
