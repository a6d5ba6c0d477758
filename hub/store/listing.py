"""Events and commands as plain rows, for the command line."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.golden import CHANGES
from hub.store.inbox import in_states
from hub.store.tables import AttemptRow, CounterRow, InboxRow, OutboxRow

_EVENT = ("id", "connection", "kind", "state", "reason", "order_id", "deliveries", "received_at", "done_at")
_COMMAND = (
    "id", "connection", "action", "order_id", "subject", "target", "state", "reason", "tries", "created_at", "due_at",
    "done_at",
)  # fmt: skip
_ATTEMPT = ("id", "state", "message", "started_at", "ended_at")


async def events(connection: AsyncConnection, state: str, of: str, limit: int) -> list[dict[str, Any]]:
    """Newest first; `""` for all."""
    query = select(*(getattr(InboxRow, name) for name in _EVENT)).order_by(InboxRow.id.desc()).limit(limit)
    if state:
        query = query.where(in_states([state]))
    if of:
        query = query.where(InboxRow.connection == of)
    return [dict(row._mapping) for row in await connection.execute(query)]


async def event(connection: AsyncConnection, event_id: str) -> dict[str, Any] | None:
    query = select(*(getattr(InboxRow, name) for name in (*_EVENT, "key", "pruned_at", "body"))).where(
        InboxRow.id == event_id
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    pruned = None if row.pruned_at is None else f"pruned on {row.pruned_at:%Y-%m-%d}"
    return dict(row._mapping) | {"body": pruned or row.body.decode(errors="replace")}


async def commands(connection: AsyncConnection, state: str, of: str, limit: int) -> list[dict[str, Any]]:
    query = select(*(getattr(OutboxRow, name) for name in _COMMAND)).order_by(OutboxRow.id.desc()).limit(limit)
    if state:
        query = query.where(OutboxRow.state == state)
    if of:
        query = query.where(OutboxRow.connection == of)
    return [dict(row._mapping) for row in await connection.execute(query)]


async def command(connection: AsyncConnection, command_id: str) -> dict[str, Any] | None:
    """With its attempts, oldest first."""
    query = select(*(getattr(OutboxRow, name) for name in (*_COMMAND, "content"))).where(OutboxRow.id == command_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    attempts = await connection.execute(
        select(*(getattr(AttemptRow, name) for name in _ATTEMPT))
        .where(AttemptRow.command_id == command_id)
        .order_by(AttemptRow.id)
    )
    return dict(row._mapping) | {
        "content": row.content.decode(),
        "attempts": [dict(each._mapping) for each in attempts],
    }


async def newest_cursor(connection: AsyncConnection) -> int:
    """0 before the first change."""
    cursor: int | None = await connection.scalar(select(CounterRow.value).where(CounterRow.name == CHANGES))
    return cursor or 0
