"""Replies and polled pages: events that need no inbox, because the transaction that takes them holds their source."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Event
from hub.decide.codec import digest
from hub.pipeline.apply import Said, apply
from hub.pipeline.reading import read
from hub.pipeline.registry import Connection
from hub.store import hints, inbox
from hub.store.database import Database
from hub.store.golden import Cause
from hub.store.hints import HINTS
from hub.store.inbox import EventState


async def absorb(
    held: AsyncConnection, connection: Connection, events: Sequence[Event], cause: Cause, now: datetime
) -> int:
    """Applies what they say, and parks what cannot be read, to be replayed. Returns how many records were new.

    The records are those that a webhook would have brought, so it does not matter which of them comes first.
    """
    said: list[Said] = []
    wanted: list[tuple[str, str, str, str]] = []
    parked = []
    for event in events:
        found = read(connection, event)
        said += [Said(record=record, cause=cause) for record in found.records]
        wanted += [(connection.id, hint.kind, hint.external_id, cause.id) for hint in found.hints]
        if found.faults:
            key = event.key or f"{cause.actor}:{digest(event.body)}"
            parked.append(
                inbox.event_row(
                    connection.id,
                    key,
                    event.kind,
                    event.body,
                    event.at,
                    now,
                    part=inbox.DONE,
                    state=EventState.PARKED,
                    reason="; ".join(found.faults)[:2000],
                    done_at=now,
                )
            )
    applied = await apply(held, said, now)
    await hints.remember(held, wanted, now)
    if wanted:
        Database.tell(held, HINTS)
    if parked:
        await inbox.keep(held, parked)
    return len(applied.newer)
