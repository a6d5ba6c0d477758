"""Bringing a database to the present tables, with Alembic.

Code works with its own tables and with newer ones, since a migration only adds (CONTRIBUTING.md): so a revision that it
does not know is one that newer code has made, and no reason to stop.
"""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from hub.store.database import Database


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    return config


async def migrate(database: Database) -> None:
    """To this code's version; nothing where it is newer already.

    Safe to run again, and by several processes at once: PostgreSQL locks, SQLite has one writer.
    """

    def run(connection: Connection) -> None:
        config = _config()
        if _is_behind(connection, _order(config)):
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    async with database.write() as connection:
        if database.dialect == "postgresql":
            await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(726374)")
        await connection.run_sync(run)


async def pending(database: Database) -> bool:
    """True when the database has to be migrated before this code can work with it."""
    order = await asyncio.to_thread(lambda: _order(_config()))
    async with database.read() as connection:
        return await connection.run_sync(lambda sync: _is_behind(sync, order))


def _order(config: Config) -> list[str]:
    """The revisions that this code knows, the newest first."""
    return [each.revision for each in ScriptDirectory.from_config(config).walk_revisions()]


def _is_behind(connection: Connection, order: list[str]) -> bool:
    current = MigrationContext.configure(connection).get_current_revision()
    return current is None or current in order[1:]
