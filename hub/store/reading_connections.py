"""How each connection is: paused or not, how far behind, what waits and what is parked."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.coverage import Coverage, coverage
from hub.store.cursors import BACKFILL
from hub.store.inbox import in_states
from hub.store.tables import ConnectionRow, CredentialRow, CursorRow, InboxRow, OutboxRow


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
class StoredToken:
    """What may be seen of a connection's OAuth tokens without opening them."""

    generation: int  # how often the vendor gave some
    expires_at: datetime | None  # of the access token; `None`: the vendor does not say
    refreshed_at: datetime | None

    def dies_at(self, lives: timedelta | None) -> datetime | None:
        """When the refresh token dies if nobody uses it. `None`: the vendor names no such time."""
        return self.refreshed_at + lives if self.refreshed_at is not None and lives is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionStatus:
    paused_reason: str
    paused_at: datetime | None
    paused_by: str  # a person; "": the vendor's refusal, where it is paused
    last_event_at: datetime | None
    last_ok_at: datetime | None
    events: Backlog
    commands: Backlog
    cursors: tuple[StreamCursor, ...]
    coverage: tuple[Coverage, ...]
    token: StoredToken | None


# Ends are not counted: there are millions of them, and they wait for nothing.
_EVENTS_OPEN = ("received", "parked")
_COMMANDS_OPEN = ("pending", "sending", "unknown", "parked")


async def connection_statuses(connection: AsyncConnection, ids: Collection[str]) -> dict[str, ConnectionStatus]:
    """One for each of `ids`, also for those that the hub has not heard of yet. Five statements in all."""
    known = {row.id: row for row in await connection.execute(select(*ConnectionRow.__table__.columns))}
    events = await _backlogs(connection, InboxRow, InboxRow.received_at, in_states(_EVENTS_OPEN))
    commands = await _backlogs(connection, OutboxRow, OutboxRow.created_at, OutboxRow.state.in_(_COMMANDS_OPEN))
    tokens = await stored_tokens(connection)
    cursors: dict[str, list[Any]] = defaultdict(list)
    for stream in await connection.execute(select(CursorRow.__table__).order_by(CursorRow.stream)):
        cursors[stream.connection].append(stream)

    def status(id: str) -> ConnectionStatus:
        row = known.get(id)
        return ConnectionStatus(
            paused_reason=row.paused_reason if row else "",
            paused_at=row.paused_at if row else None,
            paused_by=row.paused_by if row else "",
            last_event_at=row.last_event_at if row else None,
            last_ok_at=row.last_ok_at if row else None,
            events=events.get(id, Backlog()),
            commands=commands.get(id, Backlog()),
            cursors=tuple(_cursor(each) for each in cursors[id] if not each.stream.startswith(BACKFILL)),
            coverage=coverage(cursors[id]),
            token=tokens.get(id),
        )

    return {each: status(each) for each in ids}


async def stored_tokens(connection: AsyncConnection) -> dict[str, StoredToken]:
    """By connection. Rows of connections that were leased but never given any are left out."""
    rows = await connection.execute(
        select(
            CredentialRow.connection, CredentialRow.generation, CredentialRow.expires_at, CredentialRow.refreshed_at
        ).where(CredentialRow.refreshed_at.is_not(None))
    )
    return {
        row.connection: StoredToken(generation=row.generation, expires_at=row.expires_at, refreshed_at=row.refreshed_at)
        for row in rows
    }


def _cursor(row: Any) -> StreamCursor:
    return StreamCursor(**{name: getattr(row, name) for name in StreamCursor.__slots__})


async def _backlogs(
    connection: AsyncConnection, table: type[InboxRow | OutboxRow], since: Any, is_open: ColumnElement[bool]
) -> dict[str, Backlog]:
    statement = (
        select(table.connection, table.state, func.count(), func.min(since))
        .where(is_open)
        .group_by(table.connection, table.state)
    )
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    waiting: dict[str, datetime] = {}
    for name, word, count, oldest in await connection.execute(statement):
        counts[name][word] = count
        if word != "parked":
            waiting[name] = min(oldest, waiting.get(name, oldest))
    return {name: Backlog(counts=found, oldest_waiting_at=waiting.get(name)) for name, found in counts.items()}
