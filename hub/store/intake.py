"""The door's own way into the inbox: one connection, one commit for all that waits, and a database that may be slow."""

import asyncio
import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import psycopg
from psycopg.rows import tuple_row

from hub.store.database import Database
from hub.store.inbox import AGAIN, KEEP, Arrived, columns, once

_PATIENCE = 5  # seconds that a statement may take, or wait for another's lock
# What a row itself is to blame for: the others of its batch are good.
ROWS_FAULT = (
    psycopg.DataError,
    psycopg.IntegrityError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    ValueError,
    OverflowError,
)


class Intake(Protocol):
    async def keep(self, rows: Sequence[Arrived]) -> set[str]:
        """Commits what is new, and counts what came again. Returns the ids of the new rows."""
        ...

    async def ring(self, topic: str) -> None:
        """Wakes other processes."""
        ...

    async def close(self) -> None: ...


def intake(database: Database) -> Intake:
    return _PostgreSql(database) if database.dialect == "postgresql" else _Sqlite(database)


def desks_of(database: Database) -> int:
    """How many may commit at the same time: while the one waits for the database, requests are read for the other."""
    return 2 if database.dialect == "postgresql" else 1


class _PostgreSql:
    """Every statement is a transaction of its own: one round trip."""

    def __init__(self, database: Database) -> None:
        self._dsn = database.dsn
        self._connection: psycopg.AsyncConnection | None = None
        self._busy = asyncio.Lock()

    async def keep(self, rows: Sequence[Arrived]) -> set[str]:
        async with self._busy:
            try:
                return await self._keep(rows)
            except psycopg.OperationalError:
                if self._connection is None or not self._connection.closed:
                    raise
                # It was lost, perhaps long ago: no reason to turn senders away.
                return await self._keep(rows)

    async def _keep(self, rows: Sequence[Arrived]) -> set[str]:
        connection = await self._open()
        first = once(rows)
        cursor = connection.cursor(row_factory=tuple_row)
        await cursor.execute(KEEP.postgresql, KEEP.parameters(columns(first)), prepare=True)
        new = {each for (each,) in await cursor.fetchall()}
        if again := [each for each in first if each[0] not in new]:
            # After the commit of the new ones: this may wait for a worker that is just ending the same events.
            await cursor.execute(AGAIN.postgresql, AGAIN.parameters(columns(again)), prepare=True)
        return new

    async def ring(self, topic: str) -> None:
        async with self._busy:
            connection = await self._open()
            await connection.execute("SELECT pg_notify('orderhub', %s)", (topic,), prepare=True)

    async def _open(self) -> psycopg.AsyncConnection:
        if self._connection is None or self._connection.closed:
            self._connection = None
            # A peer that is cut off is given up as well.
            opened = await psycopg.AsyncConnection.connect(
                self._dsn, autocommit=True, connect_timeout=_PATIENCE, tcp_user_timeout=2000 * _PATIENCE
            )
            try:
                await opened.execute(f"SET statement_timeout = {1000 * _PATIENCE}".encode())
            except BaseException:  # a door that is shut in the middle of it leaves nothing behind
                await opened.close()
                raise
            self._connection = opened
        return self._connection

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()


class _Sqlite:
    """A thread of its own; in this process it takes its turn with the other writers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="intake")
        self._connection: sqlite3.Connection | None = None

    async def keep(self, rows: Sequence[Arrived]) -> set[str]:
        async with self._database.turn():
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._keep, rows)

    def _keep(self, rows: Sequence[Arrived]) -> set[str]:
        held = self._open()
        first = once(rows)
        stored = KEEP.rows(columns(first))
        held.execute("BEGIN IMMEDIATE")
        try:
            one = KEEP.sqlite(1)
            back = [held.execute(one, row).fetchone() for row in stored]
            held.executemany(AGAIN.sqlite(1), [row for row, new in zip(stored, back, strict=True) if new is None])
            held.execute("COMMIT")
        except BaseException:
            if held.in_transaction:
                held.execute("ROLLBACK")
            raise
        return {each[0] for each in back if each is not None}

    async def ring(self, topic: str) -> None:
        """There is no other process."""

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = sqlite3.connect(
                str(self._database.url.database), timeout=_PATIENCE, isolation_level=None, check_same_thread=False
            )
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
        return self._connection

    async def close(self) -> None:
        await asyncio.to_thread(self._thread.shutdown)  # after what it is writing
        if self._connection is not None:
            self._connection.close()
