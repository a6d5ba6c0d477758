"""A database that the server filled is one that the hub could have written."""

from pathlib import Path

import psycopg
import pytest

from bench import plain
from bench.drain import stub
from bench.fill import TABLES, fill, number, sizes
from bench.ground import Ground, ready
from bench.growth import work_off
from bench.processes import finished

MADE, FILLED = 3, 20


def rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()


# Without their conditions, which PostgreSQL words anew when it is given its own words.
INDICES = "SELECT split_part(indexdef, ' WHERE ', 1) FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1"


@pytest.mark.nightly
async def test_a_filled_database_is_rebuilt_to_the_same_and_goes_on_working(postgres: str, tmp_path: Path) -> None:
    here = Ground(tmp_path, postgres)
    with here.empty("postgresql") as url:
        await (await ready(url)).close()
        await work_off(here, url, [(f"made-{each:06d}", 1) for each in range(MADE)])
        indices = rows(url, INDICES)

        fill(url, FILLED)

        assert rows(url, INDICES) == indices
        documents = "SELECT id, document FROM orders ORDER BY id"
        before = rows(url, documents)
        assert len(before) == MADE + FILLED
        grown = {table: held for table, held, _, _ in sizes(url)}
        assert set(grown) == set(TABLES)
        assert min(grown.values()) >= MADE + FILLED
        async with stub(here) as vendor:
            said = await finished(*plain.HUB, "rebuild", "-c", str(plain.settings(here, url, vendor.url)))
        assert f"{MADE + FILLED} orders" in said
        assert rows(url, documents) == before
        assert rows(url, "SELECT count(*), min(cursor), max(cursor) FROM changes") == rows(
            url, "SELECT count(*), 1, (SELECT value FROM counters WHERE name = 'changes') FROM changes"
        )

        await work_off(here, url, [(number(7), 2), ("new-000001", 1)])

        assert rows(url, f"SELECT count(*) FROM outbox WHERE order_id = '{_order(url)}' AND state = 'done'") == [(4,)]


def _order(url: str) -> object:
    ((found,),) = rows(url, f"SELECT id FROM orders WHERE number = '{number(7)}'")
    return found
