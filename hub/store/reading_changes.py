"""The timeline of an order, and the stream of all changes."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.reading_keyset import AnyRow
from hub.store.tables import ChangeRow


@dataclass(frozen=True, slots=True)
class FieldChange:
    path: str
    before: Any = None
    after: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What differed in an order. `cursor` counts all changes as they were committed, `seq` an order's own from 1."""

    cursor: int
    order_id: str
    seq: int
    at: datetime
    cause: str
    actor: str
    summary: str
    fields: tuple[FieldChange, ...]


_fields = msgspec.json.Decoder(tuple[FieldChange, ...]).decode


def _change(row: AnyRow) -> Change:
    return Change(
        cursor=row.cursor,
        order_id=row.order_id,
        seq=row.seq,
        at=row.at,
        cause=row.cause,
        actor=row.actor,
        summary=row.summary,
        fields=_fields(row.fields),
    )


_COLUMNS = ChangeRow.__table__.columns


async def timelines(
    connection: AsyncConnection, order_ids: Collection[str], *, after: int, limit: int
) -> dict[str, Sequence[Change]]:
    """For each order its changes behind number `after`, oldest first, up to `limit`: a range, as `seq` has no gaps."""
    statement = (
        select(*_COLUMNS)
        .where(ChangeRow.order_id.in_(sorted(order_ids)), ChangeRow.seq > after, ChangeRow.seq <= after + limit)
        .order_by(ChangeRow.order_id, ChangeRow.seq)
    )
    found: dict[str, list[Change]] = defaultdict(list)
    for row in await connection.execute(statement):
        found[row.order_id].append(_change(row))
    return {each: found[each] for each in order_ids}


async def lengths(connection: AsyncConnection, order_ids: Collection[str]) -> dict[str, int]:
    """How many changes each order has; one without any is left out."""
    statement = (
        select(ChangeRow.order_id, func.max(ChangeRow.seq).label("newest"))
        .where(ChangeRow.order_id.in_(sorted(order_ids)))
        .group_by(ChangeRow.order_id)
    )
    return {row.order_id: row.newest for row in await connection.execute(statement)}


async def changes_after(connection: AsyncConnection, cursor: int, limit: int) -> Sequence[Change]:
    statement = select(*_COLUMNS).where(ChangeRow.cursor > cursor).order_by(ChangeRow.cursor).limit(limit)
    return [_change(row) for row in await connection.execute(statement)]


async def newest_cursor(connection: AsyncConnection) -> int:
    return (await connection.execute(select(func.max(ChangeRow.cursor)))).scalar() or 0
