"""How the database goes about the statements that a test runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.database import Database

FILL = {
    "sqlite": """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {many}) {insert} FROM n
    """,
    "postgresql": "{insert} FROM generate_series(1, {many}) AS n(i)",
}
INSERTS = (
    """INSERT INTO inbox (id, connection, key, kind, body, received_at, part, state, reason, order_id,
       deliveries, due_at)
       SELECT 'evt_' || i, 'books', 'key' || i, 'k', CAST('{{}}' AS {bytes}), {then}, -1, 'applied', '', 'ord_' || i, 1,
       {then}""",
    """INSERT INTO outbox (id, connection, order_id, subject, action, target, content, fingerprint, ordinal, rekeyed,
       state, reason, tries, lane_due, due_at, lease, created_at)
       SELECT 'cmd_' || i, 'books', 'ord_' || i, 'ord_' || i, 'do', '', CAST('{{}}' AS {bytes}), 'f' || i, 0, 0, 'done',
       '', 1, {false}, {then}, '', {then}""",
    """INSERT INTO changes (cursor, order_id, seq, at, cause, actor, summary, fields)
       SELECT i, 'ord_' || i, 1, {then}, 'evt_' || i, 'books', 'is new', CAST('[]' AS {bytes})""",
    """INSERT INTO attempts (id, command_id, state, message, started_at)
       SELECT 'att_0' || i, 'cmd_' || i, 'done', '', {then}""",
)
WORDS = {
    "sqlite": {"bytes": "BLOB", "false": "0", "then": "'2026-11-01 00:00:00.000000'"},
    "postgresql": {"bytes": "bytea", "false": "false", "then": "TIMESTAMPTZ '2026-11-01'"},
}


async def much_done(db: Database, many: int) -> None:
    """So many events, commands, attempts and changes that have had their day."""
    async with db.write() as held:
        for insert in INSERTS:
            told = insert.format(**WORDS[db.dialect])
            await held.execute(text(FILL[db.dialect].format(insert=told, many=many)))
        await held.execute(text("INSERT INTO counters (name, value) VALUES ('changes', :many)"), {"many": many})
        await held.execute(text("ANALYZE"))


@contextmanager
def overheard(db: Database) -> Iterator[list[tuple[str, Any]]]:
    """The statements that are run within, with their parameters."""
    heard: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        heard.append((statement, parameters))

    event.listen(db.engine.sync_engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(db.engine.sync_engine, "before_cursor_execute", hear)


async def plan_of(held: AsyncConnection, statement: str, parameters: Any) -> list[str]:
    explain = "EXPLAIN QUERY PLAN " if held.dialect.name == "sqlite" else "EXPLAIN "
    rows = await held.exec_driver_sql(explain + statement, parameters)
    return [str(row[-1]) for row in rows]


def scans(lines: list[str], tables: tuple[str, ...]) -> list[str]:
    """Lines of a plan that read one of these tables from end to end."""
    words = tuple(f"{verb} {table}" for table in tables for verb in ("SCAN", "Seq Scan on", "Parallel Seq Scan on"))
    return [line for line in lines if line.strip(" ->").startswith(words)]
