"""How each connection is: paused or not, how far behind, what waits and what is parked."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.tables import ConnectionRow, CursorRow, InboxRow, OutboxRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamCursor:
    """Where one pull stream goes on."""

    stream: str
    cursor: str
    due_at: datetime
    last_ok_at: datetime | None
    message: str  # what went wrong last, or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Counts by state, and since when the oldest one waits."""

    counts: Mapping[str, int] = field(default_factory=dict)
    oldest_waiting_at: datetime | None = None  # what is parked waits for a person, not for us


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStatus:
    paused_reason: str
    paused_at: datetime | None
    last_event_at: datetime | None
    last_ok_at: datetime | None
    events: Backlog
    commands: Backlog
    cursors: tuple[StreamCursor, ...]


# Ends are not counted: there are millions of them, and they wait for nothing.
_EVENTS_OPEN = ("received", "parked")
_COMMANDS_OPEN = ("pending", "sending", "unknown", "parked")

_CURSOR = tuple(getattr(CursorRow, name) for name in StreamCursor.__slots__)


async def connection_statuses(connection: AsyncConnection, ids: Collection[str]) -> dict[str, ConnectionStatus]:
    """One for each of `ids`, also for those that the hub has not heard of yet. Four statements in all."""
    known = {row.id: row for row in await connection.execute(select(*ConnectionRow.__table__.columns))}
    events = await _backlogs(connection, InboxRow.connection, InboxRow.state, InboxRow.received_at, _EVENTS_OPEN)
    commands = await _backlogs(connection, OutboxRow.connection, OutboxRow.state, OutboxRow.created_at, _COMMANDS_OPEN)
    cursors: dict[str, list[StreamCursor]] = defaultdict(list)
    for connection_id, *values in await connection.execute(select(CursorRow.connection, *_CURSOR)):
        cursors[connection_id].append(StreamCursor(**dict(zip(StreamCursor.__slots__, values, strict=True))))

    def status(id: str) -> ConnectionStatus:
        row = known.get(id)
        return ConnectionStatus(
            paused_reason=row.paused_reason if row else "",
            paused_at=row.paused_at if row else None,
            last_event_at=row.last_event_at if row else None,
            last_ok_at=row.last_ok_at if row else None,
            events=events.get(id, Backlog()),
            commands=commands.get(id, Backlog()),
            cursors=tuple(sorted(cursors[id], key=lambda cursor: cursor.stream)),
        )

    return {each: status(each) for each in ids}


async def _backlogs(
    connection: AsyncConnection, owner: Any, state: Any, since: Any, open_states: Collection[str]
) -> dict[str, Backlog]:
    statement = select(owner, state, func.count(), func.min(since)).where(state.in_(open_states)).group_by(owner, state)
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    waiting: dict[str, datetime] = {}
    for name, word, count, oldest in await connection.execute(statement):
        counts[name][word] = count
        if word != "parked":
            waiting[name] = min(oldest, waiting.get(name, oldest))
    return {name: Backlog(counts=found, oldest_waiting_at=waiting.get(name)) for name, found in counts.items()}
