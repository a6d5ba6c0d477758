"""Where each pull stream goes on, who pulls it now, and what it has covered."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Page
from hub.store import connections, leases
from hub.store.dialects import insert
from hub.store.tables import CursorRow
from hub.store.texts import storable

CURSORS = "cursors"  # the bell
BACKFILL = "backfill:"  # before a stream's name: the row of its backfill, which no worker claims


async def meet(
    connection: AsyncConnection, connection_id: str, stream: str, first: str, since: datetime, now: datetime
) -> None:
    """At start: a stream that was never pulled begins at `first`, now."""
    await connection.execute(
        insert(connection.dialect.name, CursorRow)
        .values(
            connection=connection_id,
            stream=stream,
            cursor=first,
            due_at=now,
            leased_until=None,
            tries=0,
            message="",
            last_ok_at=None,
            since=since,
        )
        .on_conflict_do_nothing()
    )


async def claim(
    connection: AsyncConnection, connection_id: str, now: datetime, until: datetime, worker: str = ""
) -> Any | None:
    """The most overdue stream that nobody pulls, leased to the worker, or to nobody in particular until then. `None`
    where the connection is paused."""
    row = (
        await connection.execute(
            select(CursorRow.__table__)
            .where(
                CursorRow.connection == connection_id,
                CursorRow.stream.not_like(f"{BACKFILL}%"),
                CursorRow.due_at <= now,
                leases.free(CursorRow, now),
                connections.going(connection_id),
            )
            .order_by(CursorRow.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).one_or_none()
    if row is not None:
        await connection.execute(_this(update(CursorRow), row).values(leases.held(worker, until)))
    return row


async def advance(
    connection: AsyncConnection,
    row: Any,
    until: datetime,
    page: Page,
    due_at: datetime,
    asked_at: datetime,
    worker: str = "",
) -> bool:
    """False when the lease was lost: another worker pulls this stream now, and its cursor is not ours to move."""
    moved = await connection.execute(
        _this(update(CursorRow), row)
        .where(leases.mine(CursorRow, worker, until))
        .values(
            cursor=page.cursor,
            **leases.released(),
            due_at=due_at,
            tries=0,
            message="",
            last_ok_at=asked_at,
            **reach(row, page, asked_at),
        )
    )
    return bool(moved.rowcount)


async def later(
    connection: AsyncConnection, row: Any, until: datetime, due_at: datetime, message: str, worker: str = ""
) -> bool:
    """Tried in vain. False when the lease was lost."""
    moved = await connection.execute(
        _this(update(CursorRow), row)
        .where(leases.mine(CursorRow, worker, until))
        .values(**leases.released(), due_at=due_at, tries=CursorRow.tries + 1, message=storable(message))
    )
    return bool(moved.rowcount)


def reach(row: Any, page: Page, asked_at: datetime) -> dict[str, Any]:
    """What the stream has covered once this page is in. A page that was asked for at a time covers up to that time."""
    window_from, window = (page.window.start, page.window.why) if page.window else (row.window_from, row.window)
    reached: dict[str, Any] = {"window_from": window_from, "window": storable(window), "caught_up": not page.more}
    first = max((at for at in (row.since, window_from) if at is not None), default=None)
    if page.more or first is None:
        return reached
    # What the vendor no longer showed when we came back to it is a gap: the cover begins behind it.
    joins = row.covered_until is not None and first <= row.covered_until
    return reached | {"covered_from": min(row.covered_from, first) if joins else first, "covered_until": asked_at}


def _this(statement: Any, row: Any) -> Any:
    return statement.where(CursorRow.connection == row.connection, CursorRow.stream == row.stream)
