"""The processes that hold leases: registered, beating, gone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.ids import new_id
from hub.store import leases
from hub.store.database import Database
from hub.store.dialects import insert
from hub.store.tables import WorkerRow


@dataclass(frozen=True, slots=True)
class Seen:
    """Another worker as one look found it."""

    id: str
    beat: int
    name: str


async def register(connection: AsyncConnection, name: str, now: datetime) -> str:
    """Its id, which never came before."""
    worker = new_id("wrk")
    await connection.execute(
        insert(connection.dialect.name, WorkerRow).values(id=worker, name=name, started_at=now, beat=0, reading="[]")
    )
    return worker


async def beat(connection: AsyncConnection, worker: str) -> bool:
    """False: it was declared dead, and what it held is another's."""
    moved = await connection.execute(
        update(WorkerRow).where(WorkerRow.id == worker).values(beat=WorkerRow.beat + 1).returning(WorkerRow.beat)
    )
    return moved.one_or_none() is not None


async def others(connection: AsyncConnection, worker: str) -> Sequence[Seen]:
    rows = await connection.execute(select(WorkerRow.id, WorkerRow.beat, WorkerRow.name).where(WorkerRow.id != worker))
    return [Seen(row.id, row.beat, row.name) for row in rows]


class NoteRow:
    """What a worker is about to read, in its row: one statement on a connection of its own, a fifth of what a
    transaction from the pool costs, and without waiting for the disk. The death of a process takes nothing from
    PostgreSQL, and after a death of PostgreSQL nobody knows who died of what.
    """

    def __init__(self, database: Database) -> None:
        self._dsn = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def write(self, worker: str, events: Sequence[str]) -> None:
        fresh = self._connection is None
        try:
            await self._write(worker, events)
        except psycopg.OperationalError:
            await self.close()
            if fresh:
                raise
            await self._write(worker, events)  # the connection was lost since; the database may be there

    async def _write(self, worker: str, events: Sequence[str]) -> None:
        if self._connection is None:
            self._connection = await psycopg.AsyncConnection.connect(self._dsn, autocommit=True)
            await self._connection.execute("SET synchronous_commit = off")
        statement = "UPDATE workers SET reading = %s WHERE id = %s"
        await self._connection.execute(statement, [json.dumps(list(events)), worker])

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None


async def bury(connection: AsyncConnection, dead: Seen) -> list[str] | None:
    """Ends a worker whose beat still stands there, and all its leases. Returns the events that it was about to read.

    `None`: it moved after all, or another was first, and nothing is changed.
    """
    if connection.dialect.name == "postgresql":
        # A row that the dead one's last transaction still locks is not waited for: who waits does not beat.
        await connection.execute(text("SET LOCAL lock_timeout = '2s'"))
    gone = await connection.execute(
        delete(WorkerRow).where(WorkerRow.id == dead.id, WorkerRow.beat == dead.beat).returning(WorkerRow.reading)
    )
    row = gone.one_or_none()
    if row is None:
        return None
    await leases.release(connection, dead.id)
    events: list[str] = json.loads(row.reading)
    return events


async def leave(connection: AsyncConnection, worker: str) -> None:
    """A worker's own end: it is known no more, and what it still held is free."""
    await connection.execute(delete(WorkerRow).where(WorkerRow.id == worker))
    await leases.release(connection, worker)


async def forget_all(connection: AsyncConnection) -> None:
    """At start of the only process."""
    await connection.execute(delete(WorkerRow))
    await leases.release_all(connection)
