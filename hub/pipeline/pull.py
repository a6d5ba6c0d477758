"""Pull: what changed at the vendor, page by page, and the single things that a hint named.

Both bring the same records as a webhook would, so a webhook that never came is healed here.
"""

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Fetch, Pull
from hub.decide.codec import decode_record
from hub.decide.retry import next_attempt
from hub.domain.clock import rfc3339
from hub.domain.errors import HubError, Missing, NeedsAttention, TryLater
from hub.domain.ids import new_id
from hub.observe import metrics, traces
from hub.pipeline.absorb import Answer, absorb
from hub.pipeline.apply import Said, apply
from hub.pipeline.deliver import LEASE, Courier
from hub.pipeline.pulse import LostLease
from hub.pipeline.registry import Connection
from hub.store import connections, cursors, hints
from hub.store.connections import CONNECTIONS
from hub.store.database import Database
from hub.store.golden import Cause
from hub.store.tables import RecordRow

_HINTS_AT_ONCE = 20
_DELETED = 2**62  # above any version of a time: a deletion is the last word

Later = Callable[[AsyncConnection, datetime, str], Awaitable[bool]]
"""(…, due at, why): puts back what was tried in vain. False where the lease was lost."""

log = structlog.get_logger("orderhub.pull")


async def begin(courier: Courier, connection: Connection) -> None:
    """At start: a cursor for each stream, and the connection's own row."""
    now = courier.clock()
    since = now - connection.settings.sync.since
    async with courier.database.write() as held:
        await connections.meet(held, connection.id, connection.settings_digest)
        for stream in sorted(connection.connector.pull):
            await cursors.meet(held, connection.id, stream, f"since:{rfc3339(since)}", since, now)


async def pull(courier: Courier, connection: Connection) -> bool:
    """One page of one due stream. False when nothing is due."""
    now, worker = courier.clock(), courier.pulse.claimant()
    until = now + LEASE
    async with courier.database.write() as held:
        row = await cursors.claim(held, connection.id, now, until, worker)
    if row is None:
        return False

    async def later(held: AsyncConnection, due_at: datetime, message: str) -> bool:
        return await cursors.later(held, row, until, due_at, message, worker)

    stream: Pull | None = connection.connector.pull.get(row.stream)
    if stream is None:  # a stream of another version of the connector
        async with courier.database.write() as held:
            await later(held, now + timedelta(days=1), "no such stream any more")
        return True
    try:
        async with courier.pulse.guard(worker):
            with courier.background():
                page = await stream(courier.account(connection), row.cursor)
    except LostLease:
        return True
    except Exception as error:
        await _failed(courier, connection, error, later, row)
        metrics.pulls.labels(connection.id, "attention" if isinstance(error, NeedsAttention) else "later").inc()
        return True
    asked_at, now = now, courier.clock()
    due_at = now if page.more else now + connection.settings.sync.every
    async with courier.database.write() as held:
        if await cursors.advance(held, row, until, page, due_at, asked_at, worker):
            # While it catches up with a past, what is live goes first.
            cause = Cause(id=f"pull:{row.stream}"[:40], actor=connection.id, background=page.more)
            await absorb(held, [Answer(connection, page.events, cause)], now)
            await connections.worked(held, [connection.id], now)
    metrics.pulls.labels(connection.id, "done").inc()
    return True


async def fetch(courier: Courier, connection: Connection) -> int:
    """Fetches a few of the things that hints named. Returns how many."""
    now, worker = courier.clock(), courier.pulse.claimant()
    until = now + LEASE
    async with courier.database.write() as held:
        rows = await hints.claim(held, connection.id, now, until, _HINTS_AT_ONCE, worker)
    for row in rows:
        started, own = courier.clock(), new_id("fetch")
        with contextlib.suppress(LostLease), traces.inside(row.event_id, own):  # who took over fetches it
            await _fetch(courier, connection, _Wanted(row, until, worker))
        traces.record("fetch", row.event_id, started, courier.clock(), id=own, connection=connection.id, kind=row.kind)
    return len(rows)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A hint that is leased to us."""

    row: Any
    until: datetime
    worker: str

    async def done(self, held: AsyncConnection) -> None:
        """Raises `LostLease`, so that nothing of the transaction is written, where another has taken over."""
        if not await hints.done(held, self.row, self.until, self.worker):
            raise LostLease

    async def later(self, held: AsyncConnection, due_at: datetime, message: str) -> bool:
        return await hints.later(held, self.row, self.until, due_at, message, self.worker)


async def _fetch(courier: Courier, connection: Connection, wanted: _Wanted) -> None:
    row = wanted.row
    fetcher: Fetch | None = connection.connector.fetch.get(row.kind)
    cause = Cause(id=row.event_id, actor=connection.id)
    try:
        if fetcher is None:
            raise Missing(f"{connection.connector.slug} cannot fetch a {row.kind}")
        async with courier.pulse.guard(wanted.worker):
            events = await fetcher(courier.account(connection), row.external_id)
    except Missing as missing:
        async with courier.database.write() as held:
            if row.gone:
                await _gone(held, connection, row, cause, courier)
            else:
                log.warning(
                    "fetch.missing", connection=connection.id, kind=row.kind, id=row.external_id, why=str(missing)
                )
            await wanted.done(held)
        return
    except LostLease:
        raise
    except Exception as error:
        await _failed(courier, connection, error, wanted.later, row)
        return
    now = courier.clock()
    async with courier.database.write() as held:
        await absorb(held, [Answer(connection, events, cause)], now)
        await wanted.done(held)
        await connections.worked(held, [connection.id], now)


async def _gone(held: AsyncConnection, connection: Connection, hint: Any, cause: Cause, courier: Courier) -> None:
    """The vendor deleted it: what we know of it counts for nothing any more, whatever late webhooks say."""
    rows = await held.execute(
        select(RecordRow.kind, RecordRow.data).where(
            RecordRow.connection == connection.id,
            RecordRow.external_id == hint.external_id,
            RecordRow.kind == hint.kind.lower(),
        )
    )
    gone = [decode_record(row.kind, row.data) for row in rows]
    said = [
        Said(record=replace(record, deleted=True, version=_DELETED), cause=cause)
        for record in gone
        if not record.deleted
    ]
    await apply(held, said, courier.clock())


async def _failed(courier: Courier, connection: Connection, error: Exception, later: Later, row: Any) -> None:
    now = courier.clock()
    known = error if isinstance(error, HubError) else TryLater(f"{type(error).__name__}: {error}")
    due_at = next_attempt(known, row.tries + 1, now, courier.jitter()) or now + timedelta(hours=6)
    async with courier.database.write() as held:
        mine = await later(held, now if isinstance(known, NeedsAttention) else due_at, str(known))
        if mine and isinstance(known, NeedsAttention):
            await connections.pause(held, connection.id, str(known), now)
            Database.tell(held, CONNECTIONS)
