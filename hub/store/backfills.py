"""A backfill's place in its stream: a row beside the one that the workers pull.

There is no lease: who finds the cursor moved by another stops. So a backfill that was killed goes on at once.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Page
from hub.domain.clock import rfc3339
from hub.store.cursors import BACKFILL, meet, reach
from hub.store.tables import CursorRow
from hub.store.texts import storable


async def find(connection: AsyncConnection, connection_id: str, stream: str) -> Any | None:
    found = await connection.execute(select(CursorRow.__table__).where(_row(connection_id, stream)))
    return found.one_or_none()


async def begin(connection: AsyncConnection, connection_id: str, stream: str, since: datetime, now: datetime) -> None:
    """From the beginning. What earlier runs covered stays covered."""
    first = f"since:{rfc3339(since)}"
    await meet(connection, connection_id, BACKFILL + stream, first, since, now)
    await connection.execute(
        update(CursorRow)
        .where(_row(connection_id, stream))
        .values(
            cursor=first,
            since=since,
            due_at=now,
            caught_up=False,
            window_from=None,
            window="",
            things=0,
            reached_at=None,
            message="",
        )
    )


async def advance(
    connection: AsyncConnection, row: Any, page: Page, reached_at: datetime | None, asked_at: datetime
) -> bool:
    """False when another process has moved the cursor since `row` was read: the page is its, not ours."""
    moved = await connection.execute(
        update(CursorRow)
        .where(
            CursorRow.connection == row.connection,
            CursorRow.stream == row.stream,
            CursorRow.cursor == row.cursor,
            CursorRow.things == row.things,
            CursorRow.caught_up.is_(False),
        )
        .values(
            cursor=page.cursor,
            things=row.things + len(page.events),
            reached_at=max((at for at in (row.reached_at, reached_at) if at is not None), default=None),
            message="",
            last_ok_at=asked_at,
            **reach(row, page, asked_at),
        )
    )
    return bool(moved.rowcount)


async def failed(connection: AsyncConnection, row: Any, message: str) -> None:
    """So that everybody sees why it does not go on."""
    await connection.execute(
        update(CursorRow)
        .where(CursorRow.connection == row.connection, CursorRow.stream == row.stream, CursorRow.cursor == row.cursor)
        .values(message=storable(message))
    )


def _row(connection_id: str, stream: str) -> Any:
    return (CursorRow.connection == connection_id) & (CursorRow.stream == BACKFILL + stream)
