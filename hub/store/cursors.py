"""Where each pull stream goes on, and who pulls it now."""

from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.dialects import insert
from hub.store.tables import CursorRow
from hub.store.texts import storable

CURSORS = "cursors"  # the bell


async def meet(connection: AsyncConnection, connection_id: str, stream: str, first: str, now: datetime) -> None:
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
        )
        .on_conflict_do_nothing()
    )


async def claim(connection: AsyncConnection, connection_id: str, now: datetime, until: datetime) -> Any | None:
    """The most overdue stream that nobody pulls, leased until then."""
    row = (
        await connection.execute(
            select(CursorRow.__table__)
            .where(
                CursorRow.connection == connection_id,
                CursorRow.due_at <= now,
                or_(CursorRow.leased_until.is_(None), CursorRow.leased_until < now),
            )
            .order_by(CursorRow.due_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).one_or_none()
    if row is not None:
        await connection.execute(_this(update(CursorRow), row).values(leased_until=until))
    return row


async def advance(
    connection: AsyncConnection, row: Any, until: datetime, cursor: str, due_at: datetime, now: datetime
) -> bool:
    """False when the lease was lost: another worker pulls this stream now, and its cursor is not ours to move."""
    moved = await connection.execute(
        _this(update(CursorRow), row)
        .where(CursorRow.leased_until == until)
        .values(cursor=cursor, due_at=due_at, leased_until=None, tries=0, message="", last_ok_at=now)
    )
    return bool(moved.rowcount)


async def later(connection: AsyncConnection, row: Any, until: datetime, due_at: datetime, message: str) -> None:
    await connection.execute(
        _this(update(CursorRow), row)
        .where(CursorRow.leased_until == until)
        .values(leased_until=None, due_at=due_at, tries=CursorRow.tries + 1, message=storable(message))
    )


def _this(statement: Any, row: Any) -> Any:
    return statement.where(CursorRow.connection == row.connection, CursorRow.stream == row.stream)
