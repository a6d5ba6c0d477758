"""What came in and what goes out: events, commands with their attempts, drifts, and how each connection is."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import func, select, union
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.inbox import in_states
from hub.store.reading_keyset import AnyRow, AnySelect, Ordering, Slice, Window, count_of, rows_of
from hub.store.tables import (
    AttemptRow,
    ChangeRow,
    DriftRow,
    InboxRow,
    OutboxRow,
    RecordRow,
)


class EventState(StrEnum):
    RECEIVED = "received"
    APPLIED = "applied"
    STALE = "stale"
    IGNORED = "ignored"
    PARKED = "parked"


class CommandState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"
    DONE = "done"
    SUPERSEDED = "superseded"
    PARKED = "parked"


class AttemptState(StrEnum):
    SENDING = "sending"
    DONE = "done"
    LATER = "later"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """Without its body, which is large and private: `event_bodies` has it."""

    id: str
    connection: str
    key: str
    kind: str
    at: datetime | None
    received_at: datetime
    state: EventState
    reason: str
    order_id: str
    deliveries: int
    done_at: datetime | None
    pruned_at: datetime | None  # when its body was dropped for age


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCommand:
    id: str
    connection: str
    order_id: str
    subject: str
    action: str
    target: str
    state: CommandState
    reason: str
    tries: int
    due_at: datetime
    first_sent_at: datetime | None
    created_at: datetime
    done_at: datetime | None
    cause: str  # the event or intent at its root


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    id: str
    state: AttemptState
    message: str
    started_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    order_id: str
    connection: str
    about: str
    expected: str
    found: str
    since: datetime


def _event(row: AnyRow) -> StoredEvent:
    told = row._mapping
    return StoredEvent(**{name: told[name] for name in _EVENT_FIELDS} | {"state": EventState(row.state)})


def _command(row: AnyRow) -> StoredCommand:
    told = row._mapping
    return StoredCommand(**{name: told[name] for name in _COMMAND_FIELDS} | {"state": CommandState(row.state)})


def _attempt(row: AnyRow) -> Attempt:
    told = row._mapping
    return Attempt(**{name: told[name] for name in _ATTEMPT_FIELDS} | {"state": AttemptState(row.state)})


_EVENT_FIELDS = StoredEvent.__slots__
_COMMAND_FIELDS = StoredCommand.__slots__
_ATTEMPT_FIELDS = Attempt.__slots__


_EVENT = tuple(getattr(InboxRow, name) for name in StoredEvent.__slots__)
_COMMAND = tuple(getattr(OutboxRow, name) for name in StoredCommand.__slots__)
_ATTEMPT = tuple(getattr(AttemptRow, name) for name in Attempt.__slots__)
_DRIFT = tuple(getattr(DriftRow, name) for name in Drift.__slots__)

EVENT_SORTING = Ordering(name="events", columns=(InboxRow.id,), types=(str,), descending=True)
COMMAND_SORTING = Ordering(name="commands", columns=(OutboxRow.id,), types=(str,), descending=True)
DRIFT_SORTING = Ordering(
    name="drifts",
    columns=(DriftRow.order_id, DriftRow.connection, DriftRow.about),
    types=(str, str, str),
    descending=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    connections: Collection[str] | None = None
    states: Collection[str] | None = None
    kinds: Collection[str] | None = None
    order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFilter:
    connections: Collection[str] | None = None
    states: Collection[str] | None = None
    actions: Collection[str] | None = None
    order_id: str | None = None


# ------------------------------------------------------------------------------------------------------- events


async def page_of_events(connection: AsyncConnection, wanted: EventFilter, window: Window) -> Slice[StoredEvent]:
    found = await rows_of(connection, _events(wanted), EVENT_SORTING, window)
    return Slice(items=[(key, _event(row)) for key, row in found.items], more=found.more)


async def count_of_events(connection: AsyncConnection, wanted: EventFilter) -> tuple[int, bool]:
    return await count_of(connection, _events(wanted))


async def events_by_id(connection: AsyncConnection, ids: Collection[str]) -> dict[str, StoredEvent]:
    statement = select(*_EVENT).where(InboxRow.id.in_(sorted(ids)))
    return {row.id: _event(row) for row in await connection.execute(statement)}


async def events_of_orders(
    connection: AsyncConnection, order_ids: Collection[str], limit: int
) -> dict[str, Sequence[StoredEvent]]:
    """For each order the newest events that changed it or that its records are from, newest first."""
    ids = sorted(order_ids)
    touched = union(
        select(ChangeRow.order_id.label("owner"), ChangeRow.cause.label("event")).where(ChangeRow.order_id.in_(ids)),
        select(RecordRow.golden, RecordRow.event_id).where(RecordRow.golden.in_(ids)),
    ).subquery()
    place = func.row_number().over(partition_by=touched.c.owner, order_by=InboxRow.id.desc()).label("place")
    ranked = select(*_EVENT, touched.c.owner, place).join(touched, touched.c.event == InboxRow.id).subquery()
    columns = [ranked.c[name] for name in StoredEvent.__slots__]
    statement = select(ranked.c.owner, *columns).where(ranked.c.place <= limit).order_by(ranked.c.id.desc())
    found: dict[str, list[StoredEvent]] = defaultdict(list)
    for row in await connection.execute(statement):
        found[row.owner].append(_event(row))
    return {each: found[each] for each in order_ids}


async def event_bodies(connection: AsyncConnection, ids: Collection[str]) -> dict[str, bytes]:
    statement = select(InboxRow.id, InboxRow.body).where(InboxRow.id.in_(sorted(ids)))
    return {row.id: row.body for row in await connection.execute(statement)}


def _events(wanted: EventFilter) -> AnySelect:
    statement = select(*_EVENT)
    statement = _among(statement, InboxRow.connection, wanted.connections)
    if wanted.states:
        statement = statement.where(in_states(wanted.states))
    statement = _among(statement, InboxRow.kind, wanted.kinds)
    if wanted.order_id is not None:
        # One event may touch several orders: those that changed this one, and those that its records are from.
        changed = select(ChangeRow.cause).where(ChangeRow.order_id == wanted.order_id)
        said = select(RecordRow.event_id).where(RecordRow.golden == wanted.order_id)
        statement = statement.where(InboxRow.id.in_(union(changed, said)))
    return statement


# ----------------------------------------------------------------------------------------------------- commands


async def page_of_commands(connection: AsyncConnection, wanted: CommandFilter, window: Window) -> Slice[StoredCommand]:
    found = await rows_of(connection, _commands(wanted), COMMAND_SORTING, window)
    return Slice(items=[(key, _command(row)) for key, row in found.items], more=found.more)


async def count_of_commands(connection: AsyncConnection, wanted: CommandFilter) -> tuple[int, bool]:
    return await count_of(connection, _commands(wanted))


async def commands_by_id(connection: AsyncConnection, ids: Collection[str]) -> dict[str, StoredCommand]:
    statement = select(*_COMMAND).where(OutboxRow.id.in_(sorted(ids)))
    return {row.id: _command(row) for row in await connection.execute(statement)}


async def commands_of_orders(
    connection: AsyncConnection, order_ids: Collection[str], limit: int
) -> dict[str, Sequence[StoredCommand]]:
    """For each order its newest commands, newest first."""
    place = func.row_number().over(partition_by=OutboxRow.order_id, order_by=OutboxRow.id.desc()).label("place")
    ranked = select(*_COMMAND, place).where(OutboxRow.order_id.in_(sorted(order_ids))).subquery()
    columns = [ranked.c[name] for name in StoredCommand.__slots__]
    statement = select(*columns).where(ranked.c.place <= limit).order_by(ranked.c.id.desc())
    found: dict[str, list[StoredCommand]] = defaultdict(list)
    for row in await connection.execute(statement):
        found[row.order_id].append(_command(row))
    return {each: found[each] for each in order_ids}


async def command_contents(connection: AsyncConnection, ids: Collection[str]) -> dict[str, bytes]:
    statement = select(OutboxRow.id, OutboxRow.content).where(OutboxRow.id.in_(sorted(ids)))
    return {row.id: row.content for row in await connection.execute(statement)}


async def attempts_of(connection: AsyncConnection, ids: Collection[str]) -> dict[str, Sequence[Attempt]]:
    """For each command its attempts, oldest first. There are few: the retry schedule ends."""
    statement = select(AttemptRow.command_id, *_ATTEMPT).where(AttemptRow.command_id.in_(sorted(ids)))
    found: dict[str, list[Attempt]] = defaultdict(list)
    for row in await connection.execute(statement.order_by(AttemptRow.id)):
        found[row.command_id].append(_attempt(row))
    return {each: found[each] for each in ids}


def _commands(wanted: CommandFilter) -> AnySelect:
    statement = select(*_COMMAND)
    statement = _among(statement, OutboxRow.connection, wanted.connections)
    statement = _among(statement, OutboxRow.state, wanted.states)
    statement = _among(statement, OutboxRow.action, wanted.actions)
    if wanted.order_id is not None:
        statement = statement.where(OutboxRow.order_id == wanted.order_id)
    return statement


def _among(statement: AnySelect, column: Any, values: Collection[str] | None) -> AnySelect:
    return statement.where(column.in_(sorted(values))) if values else statement


# ------------------------------------------------------------------------------------------------------- drifts


async def page_of_drifts(connection: AsyncConnection, window: Window) -> Slice[Drift]:
    found = await rows_of(connection, select(*_DRIFT), DRIFT_SORTING, window)
    return Slice(items=[(key, Drift(**row._mapping)) for key, row in found.items], more=found.more)


async def count_of_drifts(connection: AsyncConnection) -> tuple[int, bool]:
    return await count_of(connection, select(DriftRow.order_id))


async def drifts_of_orders(connection: AsyncConnection, order_ids: Collection[str]) -> dict[str, Sequence[Drift]]:
    statement = select(*_DRIFT).where(DriftRow.order_id.in_(sorted(order_ids)))
    found: dict[str, list[Drift]] = defaultdict(list)
    for row in await connection.execute(statement.order_by(DriftRow.connection, DriftRow.about)):
        found[row.order_id].append(Drift(**row._mapping))
    return {each: found[each] for each in order_ids}
