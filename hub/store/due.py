"""Orders that want a plan: a queue of its own, live ones before those that a backfill brings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.ids import new_id
from hub.store import arrays
from hub.store.database import Database
from hub.store.tables import DueRow, OrderRow

PLAN = "plan"  # the bell that rings when orders want a plan

_write = arrays.insert(DueRow, ("id", "order_id", "background", "cause"))


@dataclass(frozen=True, slots=True)
class Due:
    """Why an order wants a plan."""

    cause: str = ""  # the event or intent at the root of it
    background: bool = False  # a backfill's, or a poll's that catches up


async def want(connection: AsyncConnection, orders: Mapping[str, Due]) -> None:
    """Rings the bell. Asking twice is harmless: it is planned twice, to the same end."""
    if not orders:
        return
    ids = sorted(orders)
    await _write(
        connection,
        [
            [new_id("due") for _ in ids],
            ids,
            [orders[each].background for each in ids],
            [orders[each].cause for each in ids],
        ],
    )
    Database.tell(connection, PLAN)


async def claim(connection: AsyncConnection, limit: int) -> dict[str, Due]:
    """Takes the next orders, each once however often it was asked for; whoever else claims gets others."""
    next_ones = select(DueRow.id).order_by(DueRow.background, DueRow.id).limit(limit).with_for_update(skip_locked=True)
    rows = await connection.execute(
        delete(DueRow)
        .where(DueRow.id.in_(next_ones))
        .returning(DueRow.id, DueRow.order_id, DueRow.background, DueRow.cause)
    )
    found = _newest(sorted(rows, key=lambda row: row.id))
    return found or await _left_by_the_version_before(connection, limit)


def _newest(rows: Iterable[Any]) -> dict[str, Due]:
    found: dict[str, Due] = {}
    for row in rows:
        behind = row.background and (row.order_id not in found or found[row.order_id].background)
        found[row.order_id] = Due(row.cause, behind)
    return found


async def _left_by_the_version_before(connection: AsyncConnection, limit: int) -> dict[str, Due]:
    """Its processes, running beside ours during an upgrade, mark the order itself."""
    marked = select(OrderRow.id).where(OrderRow.plan_due > 0).limit(limit).with_for_update(skip_locked=True)
    rows = await connection.scalars(
        update(OrderRow).where(OrderRow.id.in_(marked)).values(plan_due=0).returning(OrderRow.id)
    )
    return dict.fromkeys(sorted(rows), Due())
