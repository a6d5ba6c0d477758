"""Things to fetch, one row per thing however often it is hinted at."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.dialects import insert
from hub.store.tables import HintRow
from hub.store.texts import storable

HINTS = "hints"  # the bell


async def remember(connection: AsyncConnection, rows: Sequence[tuple[str, str, str, str]], now: datetime) -> None:
    """(connection, kind, external id, event id). Hinted again while a fetch is under way, it is fetched again."""
    unique = {row[:3]: row for row in rows}
    if not unique:
        return
    statement = insert(connection.dialect.name, HintRow)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection", "kind", "external_id"],
            set_={
                "generation": HintRow.generation + 1,
                "event_id": statement.excluded.event_id,
                "due_at": statement.excluded.due_at,
                "tries": 0,
            },
        ),
        [
            {
                "connection": row[0],
                "kind": row[1],
                "external_id": row[2],
                "event_id": row[3],
                "generation": 1,
                "due_at": now,
                "leased_until": None,
                "tries": 0,
                "message": "",
            }
            for _, row in sorted(unique.items())
        ],
    )


async def claim(
    connection: AsyncConnection, connection_id: str, now: datetime, until: datetime, limit: int
) -> Sequence[Any]:
    rows = (
        await connection.execute(
            select(HintRow.__table__)
            .where(
                HintRow.connection == connection_id,
                HintRow.due_at <= now,
                or_(HintRow.leased_until.is_(None), HintRow.leased_until < now),
            )
            .order_by(HintRow.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for row in rows:
        await connection.execute(_this(update(HintRow), row).values(leased_until=until))
    return rows


async def done(connection: AsyncConnection, row: Any) -> None:
    """Fetched. A hint that came meanwhile stays, and is due."""
    await connection.execute(_this(delete(HintRow), row).where(HintRow.generation == row.generation))
    await connection.execute(_this(update(HintRow), row).values(leased_until=None))


async def later(connection: AsyncConnection, row: Any, due_at: datetime, message: str) -> None:
    await connection.execute(
        _this(update(HintRow), row).values(
            leased_until=None, due_at=due_at, tries=HintRow.tries + 1, message=storable(message)
        )
    )


def _this(statement: Any, row: Any) -> Any:
    return statement.where(
        HintRow.connection == row.connection, HintRow.kind == row.kind, HintRow.external_id == row.external_id
    )
