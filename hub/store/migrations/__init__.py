"""Bringing a database to the present tables, with Alembic."""

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
    """To the newest version. Safe to run again, and by several processes: PostgreSQL locks, SQLite has one writer."""

    def run(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    async with database.write() as connection:
        if database.dialect == "postgresql":
            await connection.exec_driver_sql("SELECT pg_advisory_xact_lock(726374)")
        await connection.run_sync(run)


async def pending(database: Database) -> bool:
    """True when the database is not at the version of this code."""
    head = await asyncio.to_thread(lambda: ScriptDirectory.from_config(_config()).get_current_head())
    async with database.read() as connection:
        current = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    return current != head
