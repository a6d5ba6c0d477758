"""Times that lie ahead, when the clock that they were taken from goes back: an hour's step must not cost an hour.

The latest time that was seen stands in the database. Whoever finds the clock behind it brings everything back by the
difference, once for all processes.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, func, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.dialects import insert
from hub.store.tables import AttemptRow, BudgetRow, CounterRow, CursorRow, EndpointRow, HintRow, OutboxRow

SLACK = timedelta(seconds=30)  # a step back that is not worth a correction
_SEEN = "clock"  # the counter that holds the latest time, in milliseconds
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


async def mend(connection: AsyncConnection, now: datetime) -> timedelta:
    """Returns by how much what waits was brought back; mostly nothing."""
    await connection.execute(
        insert(connection.dialect.name, CounterRow)
        .values(name=_SEEN, value=(now - _EPOCH) // _MILLISECOND)
        .on_conflict_do_nothing()
    )
    this = CounterRow.name == _SEEN
    value = (await connection.execute(select(CounterRow.value).where(this).with_for_update())).scalar_one()
    await connection.execute(update(CounterRow).where(this).values(value=(now - _EPOCH) // _MILLISECOND))
    by = _EPOCH + value * _MILLISECOND - now
    if by <= SLACK:
        return timedelta()
    waits = OutboxRow.lane_due.is_(True)
    for table in (OutboxRow, HintRow, CursorRow, EndpointRow):
        for column in (table.due_at, table.leased_until):
            lane = [waits] if table is OutboxRow else []
            await _earlier(connection, table, column, by, column > now, *lane)
    for column in (BudgetRow.next_at, BudgetRow.paused_until):
        await _earlier(connection, BudgetRow, column, by, column > now)
    # An idempotency key that seems younger than it is would be trusted beyond its life.
    await _earlier(connection, OutboxRow, OutboxRow.first_sent_at, by, waits, OutboxRow.first_sent_at.is_not(None))
    under_way = AttemptRow.command_id.in_(select(OutboxRow.id).where(waits))
    await _earlier(connection, AttemptRow, AttemptRow.started_at, by, under_way, AttemptRow.started_at > now)
    return by


async def _earlier(connection: AsyncConnection, table: Any, column: Any, by: timedelta, *where: Any) -> None:
    if connection.dialect.name == "postgresql":
        value: Any = type_coerce(column, DateTime(timezone=True)) - by
    else:  # a text, with six digits behind the second
        value = func.strftime("%Y-%m-%d %H:%M:%f", column, f"-{by.total_seconds():.3f} seconds").concat("000")
    await connection.execute(update(table).where(*where).values({column: value}))
