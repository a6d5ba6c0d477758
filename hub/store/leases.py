"""Who holds a row, said once for all tables that are leased.

A worker's lease ends with the worker: when it gives the row back, or is found dead (`workers`). Who has no pulse holds
by the clock alone, under the name `""`. A time is written in both cases, for code of the version before this one.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.tables import CredentialRow, CursorRow, EndpointRow, HintRow, OutboxRow, WorkerRow

# What a worker may hold of each table, cheap to find: of the outbox only what waits in its lane.
_HELD: tuple[tuple[Any, ColumnElement[bool] | None], ...] = (
    (OutboxRow, OutboxRow.lane_due.is_(True)),
    (HintRow, None),
    (CursorRow, None),
    (EndpointRow, None),
)


def free(table: Any, now: datetime) -> ColumnElement[bool]:
    """Nobody holds it: it was given back, or it was held by the clock and its time is over."""
    return or_(table.leased_until.is_(None), and_(table.worker == "", table.leased_until < now))


def held(worker: str, until: datetime) -> dict[str, Any]:
    """The values of a claim."""
    return {"worker": worker, "leased_until": until}


def mine(table: Any, worker: str, until: datetime) -> ColumnElement[bool]:
    """The claim with these values still stands: nobody took over or released it."""
    return and_(table.worker == worker, table.leased_until == until)


def released() -> dict[str, Any]:
    """The values of a row that is given back."""
    return {"worker": "", "leased_until": None}


async def release(connection: AsyncConnection, worker: str) -> None:
    """All that a worker held is free. What it had begun stays as it stands: maybe sent, so asked first."""
    for table, narrowed in _HELD:
        statement = update(table).where(table.worker == worker)
        await connection.execute((statement if narrowed is None else statement.where(narrowed)).values(released()))


async def release_all(connection: AsyncConnection) -> None:
    """At start of the only process: whoever held anything is gone."""
    for table, _ in _HELD:
        await connection.execute(update(table).where(table.leased_until.is_not(None)).values(released()))
    await connection.execute(update(CredentialRow).values(leased_until=None))


async def holders_unknown(connection: AsyncConnection) -> set[str]:
    """Workers that hold something and are not in `workers`: one slept in a claim while it was declared dead.

    A worker is registered before it claims, and its id never comes again: who is not there now will not be later.
    """
    known = select(WorkerRow.id)
    found: set[str] = set()
    for table, narrowed in _HELD:
        statement = select(table.worker).distinct().where(table.worker != "", table.worker.not_in(known))
        found |= set(await connection.scalars(statement if narrowed is None else statement.where(narrowed)))
    return found
