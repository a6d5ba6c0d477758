"""What the hub has learnt about its connections: pauses, and when they last worked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Update, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.dialects import insert
from hub.store.tables import ConnectionRow
from hub.store.texts import storable

CONNECTIONS = "connections"  # the bell that rings when one is paused or goes on


async def meet(connection: AsyncConnection, connection_id: str, settings_digest: str) -> None:
    """At start: makes the row. A pause that the vendor caused ends when the settings are others; a person's stays."""
    statement = insert(connection.dialect.name, ConnectionRow).values(
        id=connection_id,
        paused_reason="",
        paused_at=None,
        paused_by="",
        settings_digest=settings_digest,
        last_event_at=None,
        last_ok_at=None,
    )
    await connection.execute(statement.on_conflict_do_nothing())
    await connection.execute(
        update(ConnectionRow)
        .where(
            ConnectionRow.id == connection_id,
            ConnectionRow.settings_digest != settings_digest,
            ConnectionRow.paused_by == "",
        )
        .values(paused_reason="", paused_at=None)
    )
    await connection.execute(
        update(ConnectionRow).where(ConnectionRow.id == connection_id).values(settings_digest=settings_digest)
    )


async def pause(connection: AsyncConnection, connection_id: str, reason: str, now: datetime) -> None:
    """Because the vendor refused. A pause that is there already stays as it is."""
    await connection.execute(
        update(ConnectionRow)
        .where(ConnectionRow.id == connection_id, ConnectionRow.paused_reason == "")
        .values(paused_reason=storable(reason), paused_at=now, paused_by="")
    )


async def pause_by(connection: AsyncConnection, connection_id: str, reason: str, actor: str, now: datetime) -> bool:
    """Because a person wants it: new settings do not end it. It takes the place of a vendor's pause.

    False where a person paused it already.
    """
    row = await connection.execute(
        update(ConnectionRow)
        .where(ConnectionRow.id == connection_id, ConnectionRow.paused_by == "")
        .values(paused_reason=storable(reason), paused_at=now, paused_by=storable(actor))
    )
    return bool(row.rowcount)


async def resume(connection: AsyncConnection, connection_id: str) -> bool:
    """False where it was not paused."""
    return await _go_on(connection, ConnectionRow.id == connection_id)


async def accepted(connection: AsyncConnection, connection_id: str) -> bool:
    """The vendor takes our credentials again: ends a pause that it caused, and no person's. False: there was none."""
    return await _go_on(connection, and_(ConnectionRow.id == connection_id, ConnectionRow.paused_by == ""))


async def _go_on(connection: AsyncConnection, which: ColumnElement[bool]) -> bool:
    row = await connection.execute(
        update(ConnectionRow)
        .where(which, ConnectionRow.paused_reason != "")
        .values(paused_reason="", paused_at=None, paused_by="")
    )
    return bool(row.rowcount)


async def paused(connection: AsyncConnection, connection_id: str) -> str:
    """Why; `""` where it is not."""
    reason = await connection.scalar(select(ConnectionRow.paused_reason).where(ConnectionRow.id == connection_id))
    return reason or ""


def going(connection_id: str) -> ColumnElement[bool]:
    """It is not paused: part of the condition of a claim, which costs less than to ask first."""
    return ~exists().where(ConnectionRow.id == connection_id, ConnectionRow.paused_reason != "")


async def refused(connection: AsyncConnection, connection_id: str) -> bool:
    """Paused because the vendor refused, and by no person."""
    row = await connection.execute(
        select(ConnectionRow.id).where(
            ConnectionRow.id == connection_id, ConnectionRow.paused_reason != "", ConnectionRow.paused_by == ""
        )
    )
    return row.first() is not None


async def worked(connection: AsyncConnection, ids: Sequence[str], now: datetime) -> None:
    """These took what they were asked, or answered. In id order, as all locks of several rows."""
    for connection_id in ids:
        await connection.execute(_at_times(ConnectionRow.last_ok_at, connection_id, now))


async def heard(connection: AsyncConnection, at: Mapping[str, datetime]) -> None:
    """When each connection last told something. In id order, as all locks of several rows."""
    for connection_id in sorted(at):
        await connection.execute(_at_times(ConnectionRow.last_event_at, connection_id, at[connection_id]))


_RESOLUTION = timedelta(seconds=5)


def _at_times(column: Any, connection_id: str, now: datetime) -> Update:
    """Not with every batch: workers would wait for each other's commit at this one row."""
    stale = or_(column.is_(None), column < now - _RESOLUTION, column > now)
    return update(ConnectionRow).where(ConnectionRow.id == connection_id, stale).values({column.key: now})
