"""Migrations: once, whoever begins; code beside newer tables; and how an upgrade finds a database that is in use."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, inspect, text

from hub.store import migrations
from hub.store.database import Database
from hub.store.inbox import EventState
from hub.store.migrations import migrate, pending
from hub.store.outbox import AttemptState, CommandState
from hub.store.sealing import new_key
from hub.store.tables import InboxRow
from tests.conftest import a_database
from tests.store.aged import a_command, an_attempt, an_event, ids_of
from tests.store.test_prune import NOW

ROOT = Path(__file__).parents[2]
AT_ONCE = 4


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'hub.db'}"
        return
    with a_database(request.getfixturevalue("postgres")) as url:
        yield url


async def to(database: Database, revision: str) -> None:
    def run(connection: Connection) -> None:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)

    async with database.write() as connection:
        await connection.run_sync(run)


async def migrated_by(processes: int, url: str, folder: Path) -> list[int | None]:
    file = folder / "hub.toml"
    file.write_text(f'[database]\nurl = "{url}"\n[security]\nsealing_keys = ["${{KEY}}"]\n')
    words = [sys.executable, "-W", "error", "-m", "hub.cli", "migrate", "--settings", str(file)]
    environ = os.environ | {"KEY": new_key()}
    started = [await asyncio.create_subprocess_exec(*words, env=environ, cwd=ROOT) for _ in range(processes)]
    return [await each.wait() for each in started]


async def test_many_processes_that_migrate_at_once_run_each_step_once(empty_url: str, tmp_path: Path) -> None:
    """A step that ran twice would fail: its tables are there."""
    ended = await migrated_by(AT_ONCE, empty_url, tmp_path)

    database = Database(empty_url)
    async with database.read() as connection:
        versions = (await connection.execute(text("SELECT version_num FROM alembic_version"))).all()
    assert ended == [0] * AT_ONCE
    assert len(versions) == 1
    assert not await pending(database)
    await database.close()


async def test_a_database_that_older_code_filled_keeps_all_its_rows(empty_url: str) -> None:
    database = Database(empty_url)
    await to(database, "0001")
    assert await pending(database)
    event, command_ = an_event(EventState.APPLIED, NOW), a_command(CommandState.DONE, NOW)
    attempt = an_attempt(command_, AttemptState.DONE, NOW)
    async with database.write() as connection:
        for table, row in (("inbox", event), ("outbox", command_), ("attempts", attempt)):
            names = ", ".join(f'"{name}"' for name in row)
            values = ", ".join(f":{name}" for name in row)
            shown = {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
            given = shown if database.dialect == "sqlite" else row
            await connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"), given)

    await migrate(database)

    assert not await pending(database)
    assert await ids_of(database, InboxRow) == {event["id"]}
    async with database.read() as connection:
        kept = (await connection.execute(text("SELECT tries, pruned_at FROM inbox"))).one()
    assert tuple(kept) == (0, None)
    await database.close()


async def test_code_is_ready_for_a_database_that_newer_code_has_migrated_and_leaves_it_alone(db: Database) -> None:
    async with db.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    await migrate(db)

    assert not await pending(db)
    async with db.read() as connection:
        assert (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one() == "9999"


async def test_code_is_not_ready_for_a_database_that_is_empty_or_older(empty_url: str) -> None:
    database = Database(empty_url)
    assert await pending(database)

    await to(database, "0001")

    assert await pending(database)
    await database.close()


async def test_tables_that_are_pruned_are_vacuumed_early(db: Database) -> None:
    if db.dialect == "sqlite":
        pytest.skip("SQLite has no vacuum of its own accord")
    async with db.read() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
        rows = await connection.execute(
            text("SELECT relname FROM pg_class WHERE reloptions::text LIKE '%scale_factor%'")
        )
        early = set(rows.scalars())
    assert {"inbox", "outbox", "attempts"} <= early & set(names)
