"""Outgoing webhooks: how far each has come, who sends it now, and how it fares."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import leases
from hub.store.dialects import insert
from hub.store.reading_changes import newest_cursor
from hub.store.tables import EndpointRow
from hub.store.texts import storable


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointStatus:
    id: str
    cursor: int
    behind: int  # changes that it has not been told
    tries: int
    due_at: datetime
    failing_since: datetime | None
    last_ok_at: datetime | None
    message: str
    disabled_at: datetime | None


async def meet(connection: AsyncConnection, endpoint: str, now: datetime) -> None:
    """At start: a new endpoint begins with what happens from now on."""
    await connection.execute(
        insert(connection.dialect.name, EndpointRow)
        .values(
            id=endpoint,
            cursor=await newest_cursor(connection),
            tries=0,
            due_at=now,
            leased_until=None,
            failing_since=None,
            last_ok_at=None,
            message="",
            disabled_at=None,
        )
        .on_conflict_do_nothing()
    )


async def claim(
    connection: AsyncConnection, endpoint: str, now: datetime, until: datetime, worker: str = ""
) -> Any | None:
    """Leased to the worker, or until then; `None` where it is not due, disabled, or another has it."""
    row = (
        await connection.execute(
            select(EndpointRow.__table__)
            .where(
                EndpointRow.id == endpoint,
                EndpointRow.disabled_at.is_(None),
                EndpointRow.due_at <= now,
                leases.free(EndpointRow, now),
            )
            .with_for_update(skip_locked=True)
        )
    ).one_or_none()
    if row is not None:
        mine = update(EndpointRow).where(EndpointRow.id == endpoint)
        await connection.execute(mine.values(leases.held(worker, until)))
    return row


async def settle(connection: AsyncConnection, endpoint: str, until: datetime, worker: str = "", **values: Any) -> None:
    """Writes how it went, unless the lease was lost or a person set the cursor meanwhile."""
    if "message" in values:
        values["message"] = storable(values["message"])
    await connection.execute(
        update(EndpointRow)
        .where(EndpointRow.id == endpoint, leases.mine(EndpointRow, worker, until))
        .values(**leases.released(), **values)
    )


async def replay(connection: AsyncConnection, endpoint: str, cursor: int, now: datetime) -> bool:
    """Everything behind `cursor` once more. What is being sent now does not move the cursor any further."""
    return await _set(connection, endpoint, now, cursor=cursor)


async def resume(connection: AsyncConnection, endpoint: str, now: datetime) -> bool:
    """Goes on where it stopped, at once."""
    return await _set(connection, endpoint, now)


async def _set(connection: AsyncConnection, endpoint: str, now: datetime, **values: Any) -> bool:
    moved = await connection.execute(
        update(EndpointRow)
        .where(EndpointRow.id == endpoint)
        .values(**leases.released(), due_at=now, tries=0, failing_since=None, disabled_at=None, message="", **values)
    )
    return bool(moved.rowcount)


async def statuses(connection: AsyncConnection) -> Sequence[EndpointStatus]:
    newest = await newest_cursor(connection)
    rows = await connection.execute(select(EndpointRow.__table__).order_by(EndpointRow.id))
    return [
        EndpointStatus(
            id=row.id,
            cursor=row.cursor,
            behind=max(newest - row.cursor, 0),
            tries=row.tries,
            due_at=row.due_at,
            failing_since=row.failing_since,
            last_ok_at=row.last_ok_at,
            message=row.message,
            disabled_at=row.disabled_at,
        )
        for row in rows
    ]
