"""Replies and polled pages: events that need no inbox, because the transaction that takes them holds their source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Event
from hub.decide.codec import digest
from hub.pipeline.apply import Left, Said, apply
from hub.pipeline.reading import Read, read
from hub.pipeline.registry import Connection
from hub.store import hints, inbox
from hub.store.clusters import not_the_events_fault
from hub.store.golden import Cause
from hub.store.hints import Wanted
from hub.store.inbox import EventState


@dataclass(frozen=True, slots=True)
class Answer:
    """What a vendor answered, and to what."""

    connection: Connection
    events: Sequence[Event]
    cause: Cause


@dataclass(frozen=True, slots=True)
class _Item:
    connection: Connection
    event: Event
    cause: Cause
    found: Read


async def absorb(held: AsyncConnection, answers: Sequence[Answer], now: datetime, left: Left | None = None) -> int:
    """Applies what they say, and parks what cannot be read, to be replayed. Returns how many records were new.

    The records are those that a webhook would have brought, so it does not matter which of them comes first.
    `left`: as `apply` has it; what one of them spoils then is the whole transaction, which the caller redoes without.
    """
    items = [
        _Item(each.connection, event, each.cause, read(each.connection, event))
        for each in answers
        for event in each.events
    ]
    if not items:
        return 0
    newer = await (_carefully(held, items, now) if left is None else _apply(held, items, now, left))
    named = [Wanted(each.connection.id, hint, each.cause.id) for each in items for hint in each.found.hints]
    await hints.remember(held, named, now)
    parked = [_parked(each, now) for each in items if each.found.faults]
    if parked:
        await inbox.keep(held, parked)
    return newer


async def _apply(held: AsyncConnection, items: Sequence[_Item], now: datetime, left: Left | None = None) -> int:
    said = [Said(record=record, cause=each.cause) for each in items for record in each.found.records]
    return len((await apply(held, said, now, left)).newer)


async def _carefully(held: AsyncConnection, items: Sequence[_Item], now: datetime) -> int:
    try:
        async with held.begin_nested():
            return await _apply(held, items, now)
    except Exception as error:
        if not_the_events_fault(error):
            raise
        return await _one_by_one(held, items, now)


async def _one_by_one(held: AsyncConnection, items: Sequence[_Item], now: datetime) -> int:
    """A poisoned item stops neither its page nor its stream: it is parked like one that cannot be read."""
    newer = 0
    for each in items:
        try:
            async with held.begin_nested():
                newer += await _apply(held, [each], now)
        except Exception as error:
            if not_the_events_fault(error):
                raise
            each.found.faults.append(f"could not be applied: {type(error).__name__}: {error}")
    return newer


def _parked(item: _Item, now: datetime) -> dict[str, Any]:
    event = item.event
    return inbox.event_row(
        item.connection.id,
        event.key or f"{item.cause.actor}:{digest(event.body)}",
        event.kind,
        event.body,
        event.at,
        now,
        part=inbox.DONE,
        state=EventState.PARKED,
        reason="; ".join(item.found.faults),
        done_at=now,
    )
