"""The database does not grow with the time that it runs: what pruning frees is used again."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import text

from hub.store.database import Database
from hub.store.inbox import EventState
from hub.store.outbox import AttemptState, CommandState
from hub.store.prune import What
from hub.store.tables import AttemptRow, InboxRow, OutboxRow
from tests.store.aged import a_command, an_attempt, an_event, prune, put
from tests.store.test_prune import NOW

EACH = 800  # events of a cycle, each with a command that replaces one of the cycle before, and a try at it
FULL = 5  # cycles until as much goes as comes: bodies live for one, the rest for three


async def size(db: Database) -> dict[str, int]:
    """Bytes, each table with its indices and its large values; SQLite: the file."""
    async with db.read() as connection:
        if db.dialect == "sqlite":
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
            return {"file": pages * (await connection.exec_driver_sql("PRAGMA page_size")).scalar_one()}
        return {
            table: (await connection.execute(text(f"SELECT pg_total_relation_size('{table}')"))).scalar_one()
            for table in ("inbox", "outbox", "attempts")
        }


async def live(db: Database, cycle: int) -> None:
    """A day of events that come, are ended in an update of their own, and lead to a command."""
    at = NOW + timedelta(days=cycle)
    times = [at + timedelta(seconds=n) for n in range(EACH)]
    waiting = {"done_at": None, "part": 0, "state": EventState.RECEIVED}
    events = [an_event(EventState.APPLIED, each, body=os.urandom(1500)) for each in times]
    await put(db, InboxRow, *(each | waiting for each in events))
    async with db.write() as connection:
        await connection.execute(
            text("UPDATE inbox SET state = 'applied', part = -1, done_at = received_at WHERE part = 0")
        )
    commands = [a_command(CommandState.DONE, each, cycle, slot=str(n)) for n, each in enumerate(times)]
    await put(db, OutboxRow, *commands)
    await put(db, AttemptRow, *(an_attempt(each, AttemptState.DONE, each["done_at"]) for each in commands))


async def vacuum(db: Database) -> None:
    """What autovacuum does when enough is dead."""
    if db.dialect == "postgresql":
        async with db.engine.connect() as connection:
            alone = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await alone.execute(text("VACUUM (INDEX_CLEANUP ON, TRUNCATE OFF)"))


async def cycles(db: Database, first: int, last: int, *, vacuums: bool = True) -> dict[str, int]:
    for cycle in range(first, last):
        await live(db, cycle)
        now = NOW + timedelta(days=cycle + 1)
        await prune(db, What.EVENTS, now - timedelta(days=3))
        await prune(db, What.BODIES, now - timedelta(days=1))
        await prune(db, What.COMMANDS, now - timedelta(days=3))
        await prune(db, What.ATTEMPTS, now - timedelta(days=3))
        if vacuums:
            await vacuum(db)
    return await size(db)


async def test_after_as_many_cycles_again_the_tables_and_their_indices_are_no_larger(db: Database) -> None:
    full = await cycles(db, 0, FULL)
    later = await cycles(db, FULL, 2 * FULL)

    assert {table: later[table] / full[table] for table in full if later[table] > 1.2 * full[table]} == {}


async def test_a_table_that_bloats_would_be_seen(db: Database) -> None:
    if db.dialect == "sqlite":
        pytest.skip("SQLite has no dead rows that wait for a vacuum")
    async with db.write() as connection:
        for table in ("inbox", "outbox", "attempts"):
            await connection.execute(text(f"ALTER TABLE {table} SET (autovacuum_enabled = off)"))

    full = await cycles(db, 0, FULL, vacuums=False)
    later = await cycles(db, FULL, 2 * FULL, vacuums=False)

    assert all(later[table] > 1.2 * full[table] for table in full), (full, later)
