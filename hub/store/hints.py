"""Things to fetch, one row per thing however often it is hinted at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Hint
from hub.store.database import Database
from hub.store.dialects import insert
from hub.store.tables import HintRow
from hub.store.texts import storable

HINTS = "hints"  # the bell


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something to fetch, and the event that named it."""

    connection: str
    hint: Hint
    event_id: str


async def remember(connection: AsyncConnection, wanted: Sequence[Wanted], now: datetime) -> None:
    """Hinted again while a fetch is under way, it is fetched again. Rings the bell."""
    if not wanted:
        return
    unique: dict[tuple[str, str, str], tuple[bool, str]] = {}
    for each in wanted:
        thing = (each.connection, each.hint.kind, each.hint.external_id)
        unique[thing] = (each.hint.gone or unique.get(thing, (False, ""))[0], each.event_id)
    statement = insert(connection.dialect.name, HintRow)
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=["connection", "kind", "external_id"],
            set_={
                "generation": HintRow.generation + 1,
                "event_id": statement.excluded.event_id,
                "gone": or_(HintRow.gone, statement.excluded.gone),
                "due_at": statement.excluded.due_at,
                "tries": 0,
            },
        ),
        [
            {
                "connection": thing[0],
                "kind": thing[1],
                "external_id": thing[2],
                "event_id": event_id,
                "gone": gone,
                "generation": 1,
                "due_at": now,
                "leased_until": None,
                "tries": 0,
                "message": "",
            }
            for thing, (gone, event_id) in sorted(unique.items())
        ],
    )
    Database.tell(connection, HINTS)


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
