"""Replies and polled pages: events that need no inbox, because the transaction that takes them holds their source."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Event
from hub.decide.codec import digest
from hub.pipeline.apply import Said, apply
from hub.pipeline.reading import Read, read
from hub.pipeline.registry import Connection
from hub.store import hints, inbox
from hub.store.clusters import not_the_events_fault
from hub.store.golden import Cause
from hub.store.hints import Wanted
from hub.store.inbox import EventState


async def absorb(
    held: AsyncConnection, connection: Connection, events: Sequence[Event], cause: Cause, now: datetime
) -> int:
    """Applies what they say, and parks what cannot be read, to be replayed. Returns how many records were new.

    The records are those that a webhook would have brought, so it does not matter which of them comes first.
    """
    readings = [(event, read(connection, event)) for event in events]
    try:
        async with held.begin_nested():
            newer = await _apply(held, readings, cause, now)
    except Exception as error:
        if not_the_events_fault(error):
            raise
        newer = await _one_by_one(held, readings, cause, now)
    wanted = [Wanted(connection.id, hint, cause.id) for _, found in readings for hint in found.hints]
    await hints.remember(held, wanted, now)
    parked = [_parked(connection, event, found, cause, now) for event, found in readings if found.faults]
    if parked:
        await inbox.keep(held, parked)
    return newer


async def _apply(held: AsyncConnection, readings: Sequence[tuple[Event, Read]], cause: Cause, now: datetime) -> int:
    said = [Said(record=record, cause=cause) for _, found in readings for record in found.records]
    return len((await apply(held, said, now)).newer)


async def _one_by_one(
    held: AsyncConnection, readings: Sequence[tuple[Event, Read]], cause: Cause, now: datetime
) -> int:
    """A poisoned item stops neither its page nor its stream: it is parked like one that cannot be read."""
    newer = 0
    for pair in readings:
        try:
            async with held.begin_nested():
                newer += await _apply(held, [pair], cause, now)
        except Exception as error:
            if not_the_events_fault(error):
                raise
            pair[1].faults.append(f"could not be applied: {type(error).__name__}: {error}")
    return newer


def _parked(connection: Connection, event: Event, found: Read, cause: Cause, now: datetime) -> dict[str, Any]:
    return inbox.event_row(
        connection.id,
        event.key or f"{cause.actor}:{digest(event.body)}",
        event.kind,
        event.body,
        event.at,
        now,
        part=inbox.DONE,
        state=EventState.PARKED,
        reason="; ".join(found.faults),
        done_at=now,
    )
