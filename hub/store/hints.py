"""Things to fetch, one row per thing however often it is hinted at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Hint
from hub.store import connections, leases
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
    connection: AsyncConnection, connection_id: str, now: datetime, until: datetime, limit: int, worker: str = ""
) -> Sequence[Any]:
    """Leased to the worker, or to nobody in particular until then; none of a connection that is paused. Rows come as
    they are now: `done` asks for them."""
    rows = (
        await connection.execute(
            select(HintRow.__table__)
            .where(
                HintRow.connection == connection_id,
                HintRow.due_at <= now,
                leases.free(HintRow, now),
                connections.going(connection_id),
            )
            .order_by(HintRow.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    for row in rows:
        await connection.execute(_this(update(HintRow), row).values(leases.held(worker, until)))
    return rows


async def done(connection: AsyncConnection, row: Any, until: datetime, worker: str = "") -> bool:
    """Fetched. A hint that came meanwhile stays, and is due. False: the lease was lost, and nothing is changed."""
    gone = await connection.execute(
        _held(delete(HintRow), row, until, worker).where(HintRow.generation == row.generation)
    )
    if gone.rowcount:
        return True
    freed = await connection.execute(_held(update(HintRow), row, until, worker).values(leases.released()))
    return bool(freed.rowcount)


async def later(
    connection: AsyncConnection, row: Any, until: datetime, due_at: datetime, message: str, worker: str = ""
) -> bool:
    """Tried in vain. What was hinted again meanwhile is due as that said. False: the lease was lost."""
    again = HintRow.generation != row.generation
    freed = await connection.execute(
        _held(update(HintRow), row, until, worker).values(
            **leases.released(),
            due_at=case((again, HintRow.due_at), else_=due_at),
            tries=HintRow.tries + case((again, 0), else_=1),
            message=storable(message),
        )
    )
    return bool(freed.rowcount)


def _held(statement: Any, row: Any, until: datetime, worker: str) -> Any:
    return _this(statement, row).where(leases.mine(HintRow, worker, until))


def _this(statement: Any, row: Any) -> Any:
    return statement.where(
        HintRow.connection == row.connection, HintRow.kind == row.kind, HintRow.external_id == row.external_id
    )
