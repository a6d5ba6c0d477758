import asyncio

import pytest
from sqlalchemy import func, select

from hub.store import arrays
from hub.store.database import Database
from hub.store.dialects import insert
from hub.store.migrations import migrate, pending
from hub.store.tables import Base, CounterRow


async def test_a_write_that_fails_leaves_nothing_and_wakes_nobody(db: Database) -> None:
    heard = db.heard("inbox")

    with pytest.raises(RuntimeError):
        async with db.write() as connection:
            await connection.execute(insert(db.dialect, CounterRow).values(name="one", value=1))
            db.tell(connection, "inbox")
            raise RuntimeError("power cut")

    async with db.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(CounterRow)) == 0
    assert db.heard("inbox") == heard


async def test_concurrent_writers_of_one_row_lose_nothing(db: Database) -> None:
    async def add() -> None:
        async with db.write() as connection:
            statement = insert(db.dialect, CounterRow).values(name="n", value=1)
            await connection.execute(
                statement.on_conflict_do_update(index_elements=["name"], set_={"value": CounterRow.value + 1})
            )

    await asyncio.gather(*(add() for _ in range(20)))

    async with db.read() as connection:
        assert await connection.scalar(select(CounterRow.value)) == 20


async def test_a_bell_rung_in_one_process_is_heard_in_another(db: Database, database_url: str) -> None:
    if db.dialect == "sqlite":
        pytest.skip("SQLite has one process")
    other = Database(database_url)
    listener = asyncio.create_task(other.listen())
    while other.heard("inbox") == 0 and not listener.done():  # until it listens
        other._rung["inbox"] += 0
        async with db.write() as connection:
            db.tell(connection, "inbox")
        await other.wait("inbox", 0, 0.2)

    assert other.heard("inbox") > 0

    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)
    await other.close()


async def test_migrating_again_changes_nothing(db: Database) -> None:
    assert not await pending(db)

    await migrate(db)

    assert not await pending(db)


async def test_the_migrations_make_the_tables_that_the_code_declares(db: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    async with db.read() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), Base.metadata)
        )

    assert differences == []


async def test_an_upsert_replaces_the_whole_row(db: Database) -> None:
    write = arrays.upsert(CounterRow, ("name", "value"))
    for value in (1, 2):
        async with db.write() as connection:
            await write(connection, [["n"], [value]])

    async with db.read() as connection:
        assert (await connection.execute(select(CounterRow.name, CounterRow.value))).all() == [("n", 2)]
