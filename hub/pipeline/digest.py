"""Digest: events become records become orders become commands, in batches, each in one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Event
from hub.domain.clock import Clock
from hub.observe import metrics, traces
from hub.pipeline.apply import Left, Said, apply
from hub.pipeline.lately import Lately
from hub.pipeline.plan import plan_within
from hub.pipeline.pulse import NO_PULSE, NoPulse
from hub.pipeline.reading import Read, read
from hub.pipeline.registry import Connections
from hub.store import connections as connections_
from hub.store import golden, hints, inbox
from hub.store.clusters import not_the_events_fault
from hub.store.database import Database
from hub.store.dialects import lost_a_race
from hub.store.golden import Cause
from hub.store.hints import Wanted
from hub.store.inbox import Ended, EventState

INBOX = "inbox"  # the bell
BATCH = 200
_RACES = 5


async def digest(
    database: Database,
    connections: Connections,
    clock: Clock,
    limit: int = BATCH,
    pulse: NoPulse = NO_PULSE,
    heard: Lately | None = None,
) -> int:
    """Applies a batch of waiting events. Returns how many ended; 0 when nothing waits (or others hold it).

    `heard`: of which connections it was written down just now that they told something.
    """
    careful = False
    for race in range(_RACES):
        try:
            async with database.write() as connection:
                rows = await inbox.claim(connection, limit)
                await pulse.reading([row.id for row in rows])
                return await _batch(connection, connections, rows, clock, heard or Lately(), careful=careful)
        except Exception as error:
            if not not_the_events_fault(error):
                careful = True  # a poisoned event never sinks its batch
            elif isinstance(error, DBAPIError) and not lost_a_race(error):
                raise
            if race == _RACES - 1:
                raise
    raise AssertionError


async def _batch(
    connection: AsyncConnection,
    connections: Connections,
    rows: Sequence[Any],
    clock: Clock,
    heard: Lately,
    *,
    careful: bool,
) -> int:
    if not rows:
        return 0
    now = clock()
    pairs = [(row, _read(connections, row)) for row in rows]
    left = Left()
    ended = await (_one_by_one(connection, pairs, now) if careful else _apply(connection, pairs, now, left))
    await inbox.end(connection, ended, now)
    newest = _newest(rows)
    await connections_.heard(connection, {each: newest[each] for each in heard.news(newest, now)})
    ended_at = clock()
    await plan_within(connection, connections, left.wanted, clock)
    await golden.write_changes(connection, left.changes, now)
    for row, each in zip(rows, ended, strict=True):
        traces.record(
            "digest", row.id, now, ended_at, connection=row.connection, state=each.state.value, order=each.order_id
        )
        metrics.events_digested.labels(row.connection, each.state.value).inc()
        metrics.event_wait_seconds.observe(max((now - row.received_at).total_seconds(), 0.0))
    return len(ended)


def _newest(rows: Sequence[Any]) -> dict[str, datetime]:
    """When each connection was last heard of."""
    newest: dict[str, datetime] = {}
    for row in rows:
        newest[row.connection] = max(newest.get(row.connection, row.received_at), row.received_at)
    return newest


async def _one_by_one(connection: AsyncConnection, read: Sequence[tuple[Any, Read]], now: datetime) -> list[Ended]:
    """Each on its own, under a savepoint, and whichever fails is parked."""
    ended: list[Ended] = []
    for pair in read:
        try:
            async with connection.begin_nested():
                ended += await _apply(connection, [pair], now)
        except Exception as error:
            if not_the_events_fault(error):
                raise
            words = f"could not be applied: {type(error).__name__}: {error}"
            ended.append(Ended(id=pair[0].id, state=EventState.PARKED, reason=words))
    return ended


def _read(connections: Connections, row: Any) -> Read:
    connection = connections.get(row.connection)
    if connection is None:
        return Read(faults=[f"there is no connection {row.connection!r} in hub.toml any more"])
    return read(connection, Event(kind=row.kind, body=row.body, key=row.key, at=row.at))


async def _apply(
    connection: AsyncConnection,
    read: Sequence[tuple[Any, Read]],
    now: datetime,
    left: Left | None = None,
) -> list[Ended]:
    said: list[Said] = []
    positions: list[range] = []
    wanted: list[Wanted] = []
    for row, found in read:
        cause = Cause(id=row.id, actor=row.connection)
        start = len(said)
        said += [Said(record=record, cause=cause) for record in found.records]
        positions.append(range(start, len(said)))
        wanted += [Wanted(row.connection, hint, row.id) for hint in found.hints]
    applied = await apply(connection, said, now, left)
    await hints.remember(connection, wanted, now)
    return [
        _ended(row.id, found, any(at in applied.newer for at in mine), _order_of(found, applied.golden_of))
        for (row, found), mine in zip(read, positions, strict=True)
    ]


def _order_of(found: Read, golden_of: dict[Any, str]) -> str:
    ids = [golden_of.get(record.source, "") for record in found.records]
    return next((each for each in ids if each.startswith("ord_")), next(iter(ids), ""))


def _ended(event_id: str, found: Read, newer: bool, order_id: str) -> Ended:
    if found.faults:
        return Ended(id=event_id, state=EventState.PARKED, reason="; ".join(found.faults), order_id=order_id)
    if newer or found.hints:
        words = "; ".join(f"{hint.kind} {hint.external_id} is fetched" for hint in found.hints)
        return Ended(id=event_id, state=EventState.APPLIED, reason=words, order_id=order_id)
    if found.records:
        return Ended(id=event_id, state=EventState.STALE, reason="nothing newer than we know", order_id=order_id)
    reason = "; ".join(found.ignored) or "it says nothing that we keep"
    return Ended(id=event_id, state=EventState.IGNORED, reason=reason)
