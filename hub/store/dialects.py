"""All that differs between SQLite and PostgreSQL."""

from typing import Any, Literal

from sqlalchemy import Connection, Executable, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from hub.store.tables import Base

Dialect = Literal["sqlite", "postgresql"]
Insert = postgresql.Insert | sqlite.Insert

WRITES = "orderhub_writes"  # execution option: this transaction will write


def normalised(url: str) -> URL:
    """`sqlite:///hub.db` and `postgresql://…` with the drivers that we ship."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql":
            return parsed.set(drivername="postgresql+psycopg")
        case other:
            raise ValueError(f"database url: sqlite:///… or postgresql://… is expected, not {other}")


def engine_for(url: URL, *, pool_size: int = 8) -> AsyncEngine:
    if url.get_backend_name() == "postgresql":
        return create_async_engine(url, pool_size=pool_size, max_overflow=8, pool_pre_ping=True, pool_recycle=1800)
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=4)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """WAL and FULL: nothing that was acknowledged is lost on a power cut, and readers do not wait for the writer."""
    connection.isolation_level = None  # the driver's own BEGIN comes too late to take the write lock
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=20000", "temp_store=MEMORY"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A transaction that will write takes the lock at once: an upgrade later can fail, a wait here cannot."""
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert(dialect: str, table: type[Base]) -> Insert:
    """An INSERT that knows `on_conflict_do_nothing` and `on_conflict_do_update`."""
    target = table.__table__
    assert isinstance(target, Table)
    return postgresql.insert(target) if dialect == "postgresql" else sqlite.insert(target)


def upsert(dialect: str, table: type[Base], **where: Any) -> Executable:
    """Insert, or replace every column that is not in the primary key. `where` is passed on (`index_where`…)."""
    statement = insert(dialect, table)
    target = table.__table__
    keys = [column.name for column in target.primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={column.name: statement.excluded[column.name] for column in target.columns if column.name not in keys},
        **where,
    )


async def notify(connection: AsyncConnection, topics: set[str]) -> None:
    """Wakes other processes once this transaction commits. SQLite has one process: nothing to do."""
    if connection.dialect.name == "postgresql":
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
        words = "SELECT pg_notify('orderhub', topic) FROM unnest(%s::text[]) AS topic"
        await driver.execute(words, (sorted(topics),), prepare=True)


def lost_a_race(error: DBAPIError) -> bool:
    """Deadlock, serialisation failure or a busy database: nothing was written, and the same again may work."""
    state = getattr(error.orig, "sqlstate", None)
    return state in ("40P01", "40001", "55P03") or "database is locked" in str(error.orig)
