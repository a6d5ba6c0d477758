"""Deliver: commands to their vendors, exactly once in effect.

Claim in one transaction, call outside any, settle in another. An attempt is written before the call: whoever finds one
that never ended knows that the vendor may have acted, and asks before sending again.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import Account, Event, Find, FindIt, KeyBody, KeyHeader, Push, Upsert
from hub.decide.codec import decode_command
from hub.decide.retry import next_attempt
from hub.domain.clock import Clock
from hub.domain.errors import HubError, NeedsAttention, Refused, TryLater, Unknowable, Unknown, Unreadable
from hub.observe import metrics, traces
from hub.pipeline.absorb import Answer, absorb
from hub.pipeline.apply import Left
from hub.pipeline.lately import Lately
from hub.pipeline.plan import plan_within
from hub.pipeline.pulse import CutOff, LostLease, NoPulse
from hub.pipeline.registry import Connection, Connections
from hub.store import connections, due, lanes
from hub.store.connections import CONNECTIONS
from hub.store.database import Database
from hub.store.due import Due
from hub.store.golden import Cause
from hub.store.lanes import Leased, Settlement
from hub.store.outbox import WAITS, AttemptState, CommandState

LEASE = timedelta(seconds=90)  # of whoever has no pulse; longer than any vendor call's deadline
HANDOVER = timedelta(seconds=5)  # so long before its end all calls of a delivery, which may be several, are cut off
_REPEATS = 2  # so often the same key is sent again before the vendor is asked
_MARGIN = timedelta(minutes=5)  # a key is not trusted in the last minutes of its life


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """All that a delivery needs."""

    database: Database
    account: Callable[[Connection], Account]
    clock: Clock
    connections: Connections  # those that are planned for when a reply has changed an order
    jitter: Callable[[], float] = random.random
    background: Callable[[], AbstractContextManager[None]] = nullcontext  # calls within let others go first
    pulse: NoPulse = field(default_factory=NoPulse)  # what leases are held by
    worked: Lately = field(default_factory=Lately)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attempt at a command ended, before anything of it is written."""

    connection: Connection
    leased: Leased
    answer: Sequence[Event] = ()
    error: HubError | None = None
    began: datetime
    seconds: float

    @property
    def was_sent(self) -> bool:
        """It had been sent before this attempt, perhaps."""
        return self.leased.row.state in (CommandState.SENDING, CommandState.UNKNOWN)


async def claim(courier: Courier, connection: Connection, limit: int) -> Sequence[Leased]:
    """Of one lane, in a transaction of its own."""
    async with courier.database.write() as held:
        return await claim_of(held, courier, {connection.id: limit})


async def claim_of(held: AsyncConnection, courier: Courier, most: Mapping[str, int]) -> Sequence[Leased]:
    """So many due commands of each lane; of one that is paused none."""
    now = courier.clock()
    return await lanes.claim(held, most, now, now + LEASE, courier.pulse.claimant())


async def deliver(courier: Courier, connection: Connection, leased: Leased) -> CommandState:
    """Brings one claimed command a step on. Returns the state that it has now."""
    outcome = await attempt(courier, connection, leased)
    if outcome is None:
        return CommandState.SENDING
    async with courier.database.write() as held:
        settled = await settle(held, courier, [outcome])
    return settled.get(leased.lease, CommandState.SENDING)


# -------------------------------------------------------------------------------------------------- the attempt


async def attempt(courier: Courier, connection: Connection, leased: Leased) -> Outcome | None:
    """One try at a command, outside any transaction. `None`: the lease was lost, and another worker sees to it."""
    began, started = courier.clock(), asyncio.get_running_loop().time()
    answer: Sequence[Event] = ()
    error: HubError | None = None
    try:
        with traces.inside(leased.row.cause, leased.lease):
            answer = await _call(courier, connection, leased)
    except LostLease:
        return None
    except HubError as known:
        error = known
    except asyncio.CancelledError:
        # The process is stopping in the middle of a call: handed back at once, to be asked for by the next worker.
        error = Unknown("the worker stopped")
    except Exception as bug:
        # Nobody knows how far a failing connector came: the vendor is asked before anything else.
        error = Unknown(f"{type(bug).__name__}: {bug}")
    seconds = asyncio.get_running_loop().time() - started
    return Outcome(connection=connection, leased=leased, answer=answer, error=error, began=began, seconds=seconds)


async def _call(courier: Courier, connection: Connection, leased: Leased) -> Sequence[Event]:
    try:
        command = decode_command(connection.connector.command(leased.row.action), leased.row.content)
        push = connection.connector.push[type(command)]
    except (HubError, ValueError, KeyError) as fault:
        raise Refused(f"this version cannot send it: {fault}") from fault
    account, key = courier.account(connection), leased.key
    was_sent = leased.row.state in (CommandState.SENDING, CommandState.UNKNOWN)
    look = _look(push, leased, courier.clock(), was_sent)
    if look is not None:
        if was_sent and isinstance(push.safety, Find) and push.safety.settles:
            await _settled(courier, leased, push.safety.settles)
        found = await _found(courier, leased, look, account, command)
        if found is not None:
            return found
    if courier.clock() >= leased.until - HANDOVER and not leased.worker:
        raise LostLease
    try:
        async with courier.pulse.guard(leased.worker), asyncio.timeout(_left(courier, leased)):
            return await push.send(account, command, key)
    except CutOff:
        raise Unknown("its lease was lost in the middle of its calls") from None
    except TimeoutError:
        raise Unknown("its lease ran out in the middle of its calls") from None
    except Unreadable as fault:
        raise Unknown(f"the vendor's answer cannot be read: {fault}") from fault


async def _found(
    courier: Courier, leased: Leased, look: FindIt, account: Account, command: Any
) -> Sequence[Event] | None:
    try:
        async with courier.pulse.guard(leased.worker), asyncio.timeout(_left(courier, leased)):
            return await look(account, command, leased.key)
    except TimeoutError:
        raise TryLater("its lease ran out while it was looked for") from None
    except Unknowable:
        # A command that a person had retried is unknown with no try of its own: they have looked.
        if leased.row.state != CommandState.UNKNOWN or leased.row.tries:
            raise
        return None


def _left(courier: Courier, leased: Leased) -> float | None:
    """Seconds in which no other worker takes over; `None`: as long as the pulse beats."""
    if leased.worker:
        return None
    return max((leased.until - HANDOVER - courier.clock()).total_seconds(), 0.0)


async def _settled(courier: Courier, leased: Leased, settles: timedelta) -> None:
    """Raises `TryLater` while the vendor may not show yet what it got last."""
    async with courier.database.read() as held:
        sent_at = await lanes.last_sent(held, leased)
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


# --------------------------------------------------------------------------------------------------- its end


async def settle(
    held: AsyncConnection, courier: Courier, outcomes: Sequence[Outcome], left: Left | None = None
) -> dict[str, CommandState]:
    """What came of attempts: the replies' records and the commands' ends in one transaction, so that no plan sees one
    without the other. Returns each command's state by lease; where the lease was lost nothing is written.

    With `left` the orders are planned here, whatever goes wrong spoils the transaction, and the timeline's changes are
    the caller's to write. Without it replies are applied one by one where they have to be, and plans wait in the queue.
    """
    now = courier.clock()
    order_of = await lanes.still_mine(held, [each.leased for each in outcomes])
    mine = [each for each in outcomes if each.leased.lease in order_of]
    ended = [_settlement(courier, each, now) for each in mine]
    await lanes.settle(held, ended, now)
    answers = [Answer(each.connection, each.answer, _cause(each.leased)) for each in mine if each.answer]
    await absorb(held, answers, now, left)
    # Something may have waited for the end of these, or may be wanted instead.
    over = [each.leased for each in ended if each.state not in WAITS]
    wanted = {order_of[each.lease]: Due(each.row.cause, each.row.background) for each in over}
    worked = {each.connection.id for each in mine if each.error is None}
    await connections.worked(held, courier.worked.news(worked, now), now)
    for each in mine:
        if isinstance(each.error, NeedsAttention):
            await connections.pause(held, each.connection.id, str(each.error), now)
            Database.tell(held, CONNECTIONS)
    if left is None:
        await due.want(held, wanted)
    else:
        await plan_within(held, courier.connections, left.wanted | wanted, courier.clock)
    metrics.settle_batch.observe(len(ended))
    for each, end in zip(mine, ended, strict=True):
        metrics.attempts.labels(end.leased.row.connection, end.attempt.value).inc()
        _trace(each, end.state)
    return {end.leased.lease: end.state for end in ended}


def _trace(outcome: Outcome, state: CommandState) -> None:
    row = outcome.leased.row
    traces.record(
        "deliver",
        row.cause,
        outcome.began,
        outcome.began + timedelta(seconds=outcome.seconds),
        id=outcome.leased.lease,
        failed=state is not CommandState.DONE,
        connection=row.connection,
        order=row.order_id,
        command=row.id,
        action=row.action,
        state=state.value,
    )


def _cause(leased: Leased) -> Cause:
    return Cause(id=leased.row.id, actor="hub", root=leased.row.cause, background=leased.row.background)


def _attempt_state(error: HubError | None) -> AttemptState:
    match error:
        case None:
            return AttemptState.DONE
        case Unknown():
            return AttemptState.UNKNOWN
        case NeedsAttention():
            return AttemptState.ATTENTION
        case TryLater():
            return AttemptState.LATER
        case _:
            return AttemptState.REFUSED


def _settlement(courier: Courier, outcome: Outcome, now: datetime) -> Settlement:
    leased, error = outcome.leased, outcome.error
    tries = leased.row.tries + 1
    due_at = next_attempt(error, tries, now, courier.jitter()) if error else None
    match error:
        case None:
            state = CommandState.DONE
        case NeedsAttention():
            # The vendor did not let us in: nothing happened, and nothing goes on until a person has looked.
            state = CommandState.UNKNOWN if outcome.was_sent else CommandState.PENDING
            # Unknown without a try is what a person's retry looks like: what a dead worker left counts as one.
            left_over = leased.row.state == CommandState.SENDING
            due_at, tries = now, max(leased.row.tries, int(left_over))
        case Unknown() if due_at is not None:
            state = CommandState.UNKNOWN
        case TryLater() if due_at is not None:
            state = CommandState.UNKNOWN if outcome.was_sent else CommandState.PENDING
        case _:
            state = CommandState.PARKED
    return Settlement(
        leased=leased,
        state=state,
        attempt=_attempt_state(error),
        reason=str(error) if error else "",
        due_at=due_at or now,
        tries=tries,
    )
