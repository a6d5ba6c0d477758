"""Deliver: one command to its vendor, exactly once in effect.

Claim in one transaction, call outside any, settle in another. An attempt is written before the call: whoever finds one
that never ended knows that the vendor may have acted, and asks before sending again.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Account, Event, Find, FindIt, KeyBody, KeyHeader, Push, Upsert
from hub.decide.codec import decode_command
from hub.decide.retry import next_attempt
from hub.domain.clock import Clock
from hub.domain.errors import HubError, NeedsAttention, Refused, TryLater, Unknowable, Unknown, Unreadable
from hub.observe import metrics, traces
from hub.pipeline.absorb import absorb
from hub.pipeline.apply import PLAN
from hub.pipeline.registry import Connection
from hub.store import connections, outbox
from hub.store.connections import CONNECTIONS
from hub.store.database import Database
from hub.store.golden import Cause
from hub.store.outbox import AttemptState, CommandState, Leased
from hub.store.tables import OrderRow

LEASE = timedelta(seconds=90)  # longer than any vendor call's deadline
HANDOVER = timedelta(seconds=5)  # so long before its end all calls of a delivery, which may be several, are cut off
_REPEATS = 2  # so often the same key is sent again before the vendor is asked
_MARGIN = timedelta(minutes=5)  # a key is not trusted in the last minutes of its life


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """All that a delivery needs."""

    database: Database
    account: Callable[[Connection], Account]
    clock: Clock
    jitter: Callable[[], float] = random.random
    background: Callable[[], AbstractContextManager[None]] = nullcontext  # calls within let others go first


async def claim(courier: Courier, connection: Connection, limit: int) -> Sequence[Leased]:
    now = courier.clock()
    async with courier.database.write() as held:
        if await connections.paused(held, connection.id):
            return []
        return await outbox.claim(held, connection.id, now, now + LEASE, limit)


async def deliver(courier: Courier, connection: Connection, leased: Leased) -> CommandState:
    """Brings one claimed command a step on. Returns the state that it has now."""
    row, started = leased.row, courier.clock()
    with traces.inside(row.cause, leased.lease):
        state = await _deliver(courier, connection, leased)
    traces.record(
        "deliver",
        row.cause,
        started,
        courier.clock(),
        id=leased.lease,
        failed=state not in (CommandState.DONE, CommandState.SENDING),
        connection=connection.id,
        order=row.order_id,
        command=row.id,
        action=row.action,
        state=state.value,
    )
    return state


async def _deliver(courier: Courier, connection: Connection, leased: Leased) -> CommandState:
    was_sent = leased.row.state in (CommandState.SENDING, CommandState.UNKNOWN)
    try:
        answer = await _call(courier, connection, leased, was_sent)
    except _LostLease:
        return CommandState.SENDING
    except HubError as error:
        return await _settle(courier, connection, leased, error, was_sent=was_sent)
    except asyncio.CancelledError:
        # The process is stopping in the middle of a call: handed back at once, to be asked for by the next worker.
        await _settle(courier, connection, leased, Unknown("the worker stopped"), was_sent=was_sent)
        raise
    except Exception as bug:
        # Nobody knows how far a failing connector came: the vendor is asked before anything else.
        return await _settle(courier, connection, leased, Unknown(f"{type(bug).__name__}: {bug}"), was_sent=was_sent)
    return await _done(courier, connection, leased, answer)


class _LostLease(Exception):
    """Another worker has taken over: this one must neither send nor write any more."""


async def _call(courier: Courier, connection: Connection, leased: Leased, was_sent: bool) -> Sequence[Event]:
    try:
        command = decode_command(connection.connector.command(leased.row.action), leased.row.content)
        push = connection.connector.push[type(command)]
    except (HubError, ValueError, KeyError) as fault:
        raise Refused(f"this version cannot send it: {fault}") from fault
    account, key = courier.account(connection), leased.key
    look = _look(push, leased, courier.clock(), was_sent)
    if look is not None:
        if was_sent and isinstance(push.safety, Find) and push.safety.settles:
            await _settled(courier, leased, push.safety.settles)
        found = await _found(courier, leased, look, account, command)
        if found is not None:
            return found
    if courier.clock() >= leased.until - HANDOVER:
        raise _LostLease
    try:
        async with asyncio.timeout(_left(courier, leased)):
            return await push.send(account, command, key)
    except TimeoutError:
        raise Unknown("its lease ran out in the middle of its calls") from None
    except Unreadable as fault:
        raise Unknown(f"the vendor's answer cannot be read: {fault}") from fault


async def _found(
    courier: Courier, leased: Leased, look: FindIt, account: Account, command: Any
) -> Sequence[Event] | None:
    try:
        async with asyncio.timeout(_left(courier, leased)):
            return await look(account, command, leased.key)
    except TimeoutError:
        raise TryLater("its lease ran out while it was looked for") from None
    except Unknowable:
        # A command that a person had retried is unknown with no try of its own: they have looked.
        if leased.row.state != CommandState.UNKNOWN or leased.row.tries:
            raise
        return None


def _left(courier: Courier, leased: Leased) -> float:
    """Seconds in which no other worker takes over."""
    return max((leased.until - HANDOVER - courier.clock()).total_seconds(), 0.0)


async def _settled(courier: Courier, leased: Leased, settles: timedelta) -> None:
    """Raises `TryLater` while the vendor may not show yet what it got last."""
    async with courier.database.read() as held:
        sent_at = await outbox.last_sent(held, leased)
    wait = (sent_at or leased.first_sent_at) + settles - courier.clock()
    if wait > timedelta():
        raise TryLater("its outcome is unknown, and it is too early to look for it", after=wait)


def _look(push: Push, leased: Leased, now: datetime, was_sent: bool) -> FindIt | None:
    """How to find out whether it was done already, if that is needed. Raises `Refused` where nobody can know."""
    match push.safety:
        case Upsert():
            return None
        case Find(look=look, before=before):
            return look if before or was_sent else None
        case KeyHeader(lifetime=lifetime, find=find) | KeyBody(lifetime=lifetime, find=find):
            if not was_sent:
                return None
            alive = now < leased.first_sent_at + lifetime - _MARGIN
            if find is None and not alive:
                raise Refused("its outcome is unknown and the vendor has forgotten its key: look there, then retry")
            # Some vendors answer a repeated key with the first answer for ever, even where that was a fault.
            return None if alive and leased.row.tries < _REPEATS else find


def _attempt_state(error: HubError) -> AttemptState:
    match error:
        case Unknown():
            return AttemptState.UNKNOWN
        case NeedsAttention():
            return AttemptState.ATTENTION
        case TryLater():
            return AttemptState.LATER
        case _:
            return AttemptState.REFUSED


async def _done(courier: Courier, connection: Connection, leased: Leased, answer: Sequence[Event]) -> CommandState:
    """The reply's records and the command's end in one transaction: no plan sees one without the other."""
    now = courier.clock()
    async with courier.database.write() as held:
        if not await outbox.still_mine(held, leased):
            return CommandState.SENDING
        await outbox.settle(held, leased, CommandState.DONE, AttemptState.DONE, "", now, tries=leased.row.tries + 1)
        await absorb(held, connection, answer, Cause(id=leased.row.id, actor="hub"), now)
        await _replan(held, leased)
        await connections.worked(held, connection.id, now)
    metrics.attempts.labels(connection.id, AttemptState.DONE.value).inc()
    metrics.settle_batch.observe(1)
    return CommandState.DONE


async def _settle(
    courier: Courier, connection: Connection, leased: Leased, error: HubError, *, was_sent: bool = False
) -> CommandState:
    now = courier.clock()
    tries = leased.row.tries + 1
    due_at = next_attempt(error, tries, now, courier.jitter())
    match error:
        case NeedsAttention():
            # The vendor did not let us in: nothing happened, and nothing goes on until a person has looked.
            state = CommandState.UNKNOWN if was_sent else CommandState.PENDING
            # Unknown without a try is what a person's retry looks like: what a dead worker left counts as one.
            left_over = leased.row.state == CommandState.SENDING
            due_at, tries = now, max(leased.row.tries, int(left_over))
        case Unknown() if due_at is not None:
            state = CommandState.UNKNOWN
        case TryLater() if due_at is not None:
            state = CommandState.UNKNOWN if was_sent else CommandState.PENDING
        case _:
            state = CommandState.PARKED
    async with courier.database.write() as held:
        if not await outbox.still_mine(held, leased):
            return CommandState.SENDING
        await outbox.settle(held, leased, state, _attempt_state(error), str(error), now, due_at=due_at, tries=tries)
        if isinstance(error, NeedsAttention):
            await connections.pause(held, connection.id, str(error), now)
            Database.tell(held, CONNECTIONS)
        if state is CommandState.PARKED:
            await _replan(held, leased)
    metrics.attempts.labels(connection.id, _attempt_state(error).value).inc()
    metrics.settle_batch.observe(1)
    return state


async def _replan(held: AsyncConnection, leased: Leased) -> None:
    """The order may want something else now, that waited for this command's end."""
    await held.execute(update(OrderRow).where(OrderRow.id == leased.row.order_id).values(plan_due=1))
    Database.tell(held, PLAN)
