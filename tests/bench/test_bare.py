"""The bare handler is what the hub's door is measured against: it has to do what any door has to."""

import sqlite3
import sys
from pathlib import Path

import psycopg
import pytest

from bench.door import webhooks
from bench.processes import answered, child


def kept(url: str) -> list[tuple[str, str]]:
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as database:
            return database.execute("SELECT connection, event FROM bare").fetchall()
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT connection, event FROM bare").fetchall()


async def test_keeps_each_event_once_and_nothing_that_is_forged(database_url: str, tmp_path: Path) -> None:
    first, second = webhooks(2)
    forged = second[:-1] + b" "

    async with child(tmp_path / "bare.log", (sys.executable, "-m", "bench.bare", database_url)) as bare:
        _, statuses = await answered(bare, [first, forged, second, first], tmp_path, senders=2)

    assert statuses == {"200": 3, "401": 1}
    assert len(kept(database_url)) == len(set(kept(database_url))) == 2
    assert {connection for connection, _ in kept(database_url)} == {"payments"}


@pytest.mark.parametrize("url", ["none"])
async def test_without_a_database_it_still_proves_and_names(url: str, tmp_path: Path) -> None:
    (genuine,) = webhooks(1)

    async with child(tmp_path / "bare.log", (sys.executable, "-m", "bench.bare", url)) as bare:
        _, statuses = await answered(bare, [genuine, genuine[:-1] + b" "], tmp_path, senders=1)

    assert statuses == {"200": 1, "401": 1}
