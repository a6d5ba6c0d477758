"""No batch of pruning reads a large table from end to end, on either database."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import event, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.database import Database
from hub.store.inbox import EventState
from hub.store.outbox import AttemptState, CommandState
from hub.store.prune import Cut, What, take
from hub.store.tables import AttemptRow, AuditRow, InboxRow, IntentRow, OutboxRow
from tests.store.aged import a_command, an_attempt, an_event, id_at
from tests.store.test_prune import ANCIENT, NOW

LARGE = 4_000
LIMIT = 50
MOST = 4 * LIMIT
CUT_OFF = Cut(before=ANCIENT + timedelta(days=20), now=NOW, limit=LIMIT)
_KNOWN = ("inbox", "outbox", "attempts", "audit", "intents")


async def grown(connection: AsyncConnection) -> None:
    """Mostly what stays: so a scan would be the wrong choice."""
    at = [ANCIENT + (NOW - ANCIENT) * n / LARGE for n in range(LARGE)]
    commands = [a_command(CommandState.DONE, each, n % 2, slot=str(n // 2)) for n, each in enumerate(at)]
    for start in range(0, LARGE, 1000):
        few = slice(start, start + 1000)
        await connection.execute(insert(InboxRow), [an_event(EventState.APPLIED, each) for each in at[few]])
        await connection.execute(insert(OutboxRow), commands[few])
        rows = [an_attempt(command, AttemptState.DONE, each) for command, each in zip(commands, at, strict=True)]
        await connection.execute(insert(AttemptRow), rows[few])
        told: list[dict[str, Any]] = [
            {"id": id_at("aud", each), "at": each, "connection": "shop", "what": "forged", "detail": ""}
            for each in at[few]
        ]
        await connection.execute(insert(AuditRow), told)
        keys: list[dict[str, Any]] = [
            {"key": f"{start}.{n}", "digest": "", "result": "", "created_at": each} for n, each in enumerate(at[few])
        ]
        await connection.execute(insert(IntentRow), keys)


async def reads(db: Database, what: What) -> list[str]:
    """The reads of a batch that looked at more than a few times its rows, as the database tells of them.

    PostgreSQL counts the rows while it does it; SQLite tells its plan: SEARCH is by an index, SCAN is from end to end.
    """
    said: list[tuple[str, Any]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        said.append((statement, parameters))

    async with db.write() as connection:
        sync = connection.sync_connection
        event.listen(sync, "before_cursor_execute", note)
        try:
            async with connection.begin_nested() as trial:
                batch = await take(connection, what, CUT_OFF, None)
                await trial.rollback()
        finally:
            event.remove(sync, "before_cursor_execute", note)
        assert batch.gone
        found: list[str] = []
        for statement, parameters in said:
            found += await large(connection, statement, parameters)
        return found


async def large(connection: AsyncConnection, statement: str, parameters: Any = ()) -> list[str]:
    if connection.dialect.name == "sqlite":
        rows = await connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
        return [row[-1] for row in rows if row[-1].startswith(tuple(f"SCAN {each}" for each in _KNOWN))]
    if statement.startswith("SET"):
        await connection.exec_driver_sql(statement)  # it went with the trial
        return []
    if statement.startswith(("SAVEPOINT", "ROLLBACK")):
        return []
    told = (await connection.exec_driver_sql("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, parameters)).scalar_one()
    return [str(node) for node in _nodes(told[0]["Plan"]) if node.get("Relation Name") in _KNOWN and _rows(node) > MOST]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def _rows(node: dict[str, Any]) -> float:
    each = node["Actual Rows"] + node.get("Rows Removed by Filter", 0) + node.get("Rows Removed by Join Filter", 0)
    return float(each * node["Actual Loops"])


async def test_each_batch_finds_its_rows_by_an_index(db: Database) -> None:
    async with db.write() as connection:
        await grown(connection)
        await connection.execute(text("ANALYZE"))

    assert {what: await reads(db, what) for what in What} == {what: [] for what in What}


async def test_a_scan_would_be_seen(db: Database) -> None:
    async with db.write() as connection:
        await grown(connection)
        assert await large(connection, "SELECT id FROM inbox WHERE deliveries = 7")
