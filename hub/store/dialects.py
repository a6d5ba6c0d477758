"""All that differs between SQLite and PostgreSQL."""

import time
from collections.abc import Mapping
from typing import Any, Literal

from sqlalchemy import Connection, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError
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
        engine = create_async_engine(
            url, pool_size=pool_size, max_overflow=8, pool_recycle=1800, connect_args=dict(_PATIENCE)
        )
        event.listen(engine.sync_engine, "connect", _prepare_postgresql)
        event.listen(engine.sync_engine, "checkin", _rested)
        event.listen(engine.sync_engine, "checkout", _still_there)
        return engine
    engine = create_async_engine(url, pool_size=pool_size, max_overflow=4)
    event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


# A peer that was cut off is given up in half a minute, by us and by the server: it would keep its locks.
_PATIENCE: Mapping[str, int] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
_RESTED = 5.0  # seconds after which a connection is asked whether it is still there: each time costs a round trip


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("SET idle_in_transaction_session_timeout = '60s'")
    connection.commit()
    cursor.close()


def backends_of(engine: AsyncEngine) -> set[int]:
    """The ids of the server's processes behind this engine's connections, kept up to date: PostgreSQL says with each
    NOTIFY whose it was."""
    mine: set[int] = set()
    if engine.dialect.name == "postgresql":
        event.listen(engine.sync_engine, "connect", lambda opened, _record: mine.add(_backend(opened)))
        event.listen(engine.sync_engine, "close", lambda closed, _record: mine.discard(_backend(closed)))
    return mine


def _backend(connection: Any) -> int:
    pid: int = connection.driver_connection.pgconn.backend_pid
    return pid


def _rested(_connection: Any, record: Any) -> None:
    record.info["rests_since"] = time.monotonic()


def _still_there(connection: Any, record: Any, _proxy: Any) -> None:
    if time.monotonic() - record.info.get("rests_since", time.monotonic()) < _RESTED:
        return
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT 1")
        cursor.close()
        connection.rollback()
    except Exception as lost:
        raise DisconnectionError from lost  # the pool tries with a new one


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
