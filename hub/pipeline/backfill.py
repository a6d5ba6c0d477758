"""Backfill: a stream read again from further back than the first pull looked.

The same pages, read and applied like any pull's, so it does not matter what comes twice; in calls that let all others
go first; with a cursor of its own, kept with each page, so that it goes on wherever it was killed.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hub.connector import Page, Pull
from hub.decide.retry import next_attempt
from hub.domain.errors import HubError, NeedsAttention, Refused, TryLater
from hub.pipeline.absorb import Answer, absorb
from hub.pipeline.deliver import Courier
from hub.pipeline.reading import read
from hub.pipeline.registry import Connection
from hub.store import backfills, connections
from hub.store.connections import CONNECTIONS
from hub.store.database import Database
from hub.store.golden import Cause

_TRIES = 6  # of one page
_PATIENCE = timedelta(minutes=15)  # a longer wait is for another day: the command ends, and goes on when run again

Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    stream: str
    since: datetime
    reached_at: datetime | None  # the newest change among what was read; `None`: nothing that says
    things: int  # read so far, runs that were killed included
    done: bool
    waiting: str = ""  # why nothing comes just now


async def backfill(
    courier: Courier, connection: Connection, stream: str, since: datetime | None, sleep: Sleep = asyncio.sleep
) -> AsyncIterator[Progress]:
    """Page by page. `since`: how far back; `None` goes on with the one that was begun.

    One that was begun from as far back, or further, goes on; any other begins anew. Raises `Refused` where there is
    nothing to do or another process does it, `NeedsAttention` (the connection is paused then), and `TryLater` where
    the vendor wants a longer break: the next call goes on from there.
    """
    pull: Pull | None = connection.connector.pull.get(stream)
    if pull is None:
        known = ", ".join(sorted(connection.connector.pull)) or "none"
        raise Refused(f"{connection.connector.title} has no stream {stream!r}; there are: {known}")
    row = await _begun(courier, connection, stream, since)
    yield _progress(stream, row)
    tries = 0
    while not row.caught_up:
        asked_at = courier.clock()
        try:
            with courier.background():
                page = await pull(courier.account(connection), row.cursor)
        except HubError as error:
            tries += 1
            wait = await _failed(courier, connection, row, error, tries)
            yield _progress(stream, row, waiting=str(error))
            await sleep(wait)
            row = await _found(courier, connection, stream)
            continue
        tries = 0
        row = await _kept(courier, connection, stream, row, page, asked_at)
        yield _progress(stream, row)


async def _begun(courier: Courier, connection: Connection, stream: str, since: datetime | None) -> Any:
    now = courier.clock()
    if since is not None and since >= now:
        raise Refused("the time to begin from is in the future")
    async with courier.database.write() as held:
        await connections.meet(held, connection.id, connection.settings_digest)
        if why := await connections.paused(held, connection.id):
            raise Refused(f"{connection.id} is paused: {why}")
        row = await backfills.find(held, connection.id, stream)
        under_way = row if row is not None and not row.caught_up else None
        if since is None and under_way is None:
            raise Refused(f"{connection.id} has no backfill of {stream} to go on with: say since when")
        if since is not None and (under_way is None or since < under_way.since):
            await backfills.begin(held, connection.id, stream, since, now)
        return await backfills.find(held, connection.id, stream)


async def _found(courier: Courier, connection: Connection, stream: str) -> Any:
    async with courier.database.read() as held:
        if why := await connections.paused(held, connection.id):
            raise Refused(f"{connection.id} was paused: {why}")
        return await backfills.find(held, connection.id, stream)


async def _kept(courier: Courier, connection: Connection, stream: str, row: Any, page: Page, asked_at: datetime) -> Any:
    """The page and the cursor behind it, in one transaction."""
    times = [record.updated_at for event in page.events for record in read(connection, event).records]
    newest = min(max(times), asked_at) if times else None
    async with courier.database.write() as held:
        if why := await connections.paused(held, connection.id):
            raise Refused(f"{connection.id} was paused: {why}")
        if not await backfills.advance(held, row, page, newest, asked_at):
            raise Refused(f"another process goes on with the backfill of {stream}; this one stops")
        now = courier.clock()
        cause = Cause(id=f"backfill:{stream}"[:40], actor=connection.id, background=True)
        await absorb(held, [Answer(connection, page.events, cause)], now)
        await connections.worked(held, [connection.id], now)
        return await backfills.find(held, connection.id, stream)


async def _failed(courier: Courier, connection: Connection, row: Any, error: HubError, tries: int) -> float:
    """Seconds until it is worth another try. Raises the error where it is not."""
    now = courier.clock()
    async with courier.database.write() as held:
        await backfills.failed(held, row, str(error))
        if isinstance(error, NeedsAttention):
            await connections.pause(held, connection.id, str(error), now)
            Database.tell(held, CONNECTIONS)
    due_at = next_attempt(error, tries, now, courier.jitter())
    if not isinstance(error, TryLater) or due_at is None or tries >= _TRIES or due_at - now > _PATIENCE:
        raise error
    return (due_at - now).total_seconds()


def _progress(stream: str, row: Any, waiting: str = "") -> Progress:
    return Progress(
        stream=stream,
        since=row.since,
        reached_at=row.reached_at,
        things=row.things,
        done=row.caught_up,
        waiting=waiting,
    )
