"""The configured connections, and how each one is."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from hub.connector import Category
from hub.store.coverage import Coverage
from hub.store.reading_connections import Backlog as StoredBacklog
from hub.store.reading_connections import ConnectionStatus, StreamCursor, connection_statuses
from schema.context import ConnectionInfo, Info


@strawberry.enum(description="PAUSED loses nothing: what comes in is kept, what goes out waits. Values may be added.")
class ConnectionState(Enum):
    OK = "ok"
    PAUSED = "paused"
    DISABLED = "disabled"


@strawberry.type(description="OAuth tokens, without themselves.")
class ConnectionToken:
    generation: int = strawberry.field(description="How often the vendor gave some.")
    expires_at: datetime | None = strawberry.field(description="The access token's end; it is renewed before.")
    refreshed_at: datetime | None
    refresh_expires_at: datetime | None = strawberry.field(
        description="When the refresh token dies unused, where the vendor says so. The hub uses it in time."
    )


@strawberry.type(description="What of one stream's past was read: all that changed between the two times.")
class StreamCoverage:
    stream: str
    from_: datetime | None = strawberry.field(name="from")
    until: datetime | None
    is_complete: bool = strawberry.field(description="It reaches as far back as was asked for.")
    note: str | None = strawberry.field(description="Why it does not: the vendor's window, a backfill under way.")


@strawberry.type(description="Where one stream of pulls goes on.")
class PullCursor:
    stream: str
    cursor: str | None
    due_at: datetime
    last_ok_at: datetime | None
    message: str | None = strawberry.field(description="What went wrong last, if the last pull did not succeed.")


def _count(*states: str) -> Any:
    def count(root: strawberry.Parent[StoredBacklog]) -> int:
        return sum(root.counts.get(state, 0) for state in states)

    return count


@strawberry.type(description="Events that are not applied yet.")
class EventBacklog:
    waiting: int = strawberry.field(resolver=_count("received"))
    parked: int = strawberry.field(resolver=_count("parked"), description="They wait for a person.")
    oldest_waiting_at: datetime | None


@strawberry.type(description="Commands that are not done yet.")
class CommandBacklog:
    pending: int = strawberry.field(resolver=_count("pending", "sending"))
    unknown: int = strawberry.field(resolver=_count("unknown"), description="Sent, and the answer was lost.")
    parked: int = strawberry.field(resolver=_count("parked"), description="They wait for a person.")
    oldest_waiting_at: datetime | None


@dataclass(frozen=True, slots=True)
class Configured:
    info: ConnectionInfo
    status: ConnectionStatus
    now: datetime

    @property
    def id(self) -> str:
        return self.info.id

    @property
    def connector(self) -> str:
        return self.info.connector

    @property
    def title(self) -> str:
        return self.info.title

    @property
    def category(self) -> Category:
        return self.info.category

    @property
    def state(self) -> ConnectionState:
        if not self.info.enabled:
            return ConnectionState.DISABLED
        return ConnectionState.PAUSED if self.status.paused_reason else ConnectionState.OK

    @property
    def paused_reason(self) -> str:
        return self.status.paused_reason

    @property
    def paused_at(self) -> datetime | None:
        return self.status.paused_at

    @property
    def paused_by(self) -> str | None:
        return self.status.paused_by or None

    @property
    def token(self) -> ConnectionToken | None:
        token = self.status.token
        if token is None:
            return None
        return ConnectionToken(
            generation=token.generation,
            expires_at=token.expires_at,
            refreshed_at=token.refreshed_at,
            refresh_expires_at=token.dies_at(self.info.refresh_lives),
        )

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        return self.status.coverage

    @property
    def last_event_at(self) -> datetime | None:
        return self.status.last_event_at

    @property
    def last_ok_at(self) -> datetime | None:
        return self.status.last_ok_at

    @property
    def lag_seconds(self) -> int:
        oldest = self.status.events.oldest_waiting_at
        return 0 if oldest is None else max(0, int((self.now - oldest).total_seconds()))

    @property
    def events(self) -> StoredBacklog:
        return self.status.events

    @property
    def commands(self) -> StoredBacklog:
        return self.status.commands

    @property
    def cursors(self) -> tuple[StreamCursor, ...]:
        return self.status.cursors


@strawberry.type(name="HubConnection", description="One configured account of a connector.")
class HubConnection:
    id: strawberry.ID
    connector: str
    title: str
    category: Category
    state: ConnectionState
    paused_reason: str | None
    paused_at: datetime | None
    paused_by: str | None = strawberry.field(description="The person; null where the vendor's refusal paused it.")
    token: ConnectionToken | None = strawberry.field(description="null: none yet, or credentials that do not expire.")
    last_event_at: datetime | None
    last_ok_at: datetime | None
    lag_seconds: int = strawberry.field(description="How long the oldest event has waited to be applied.")
    events: EventBacklog
    commands: CommandBacklog
    cursors: list[PullCursor]
    coverage: list[StreamCoverage]


async def connections(info: Info) -> Any:
    return await configured(info, list(info.context.hub.connections))


async def configured(info: Info, ids: list[str]) -> list[Configured]:
    context = info.context
    async with context.hub.database.read() as connection:
        statuses = await connection_statuses(connection, ids)
    now = context.now()
    return [Configured(context.hub.connections[each], statuses[each], now) for each in sorted(ids)]
