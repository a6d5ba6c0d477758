"""Pruning: statements that take away what is over and old, in small batches.

What waits, is under way or is parked is never among it. Orders, records and changes stay, and of each slot of the
outbox what the plan looks at: its newest command, and the newest that was done. Each batch finds its rows by an index
or by a range of ids, which sort by age; rows that live work holds just now are left for the next pass.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from hub.domain.ids import first_id
from hub.store.dialects import insert
from hub.store.outbox import CommandState
from hub.store.tables import AGAIN, ENDED, AttemptRow, AuditRow, CounterRow, InboxRow, IntentRow, OutboxRow


class What(StrEnum):
    """As in `[retention]`."""

    BODIES = "bodies"
    EVENTS = "events"
    COMMANDS = "commands"
    ATTEMPTS = "attempts"
    AUDIT = "audit"
    INTENTS = "intents"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What ended before `before` goes, at most `limit` rows of it."""

    before: datetime
    now: datetime
    limit: int


@dataclass(frozen=True, slots=True)
class Batch:
    gone: int
    reached: Any  # handed to the next batch of the same pass; `None`: there is no next one


Step = Callable[[AsyncConnection, Cut, Any], Awaitable[Batch]]

_OVER = (CommandState.DONE, CommandState.SUPERSEDED)


# ------------------------------------------------------------------------------------------------------- events


async def _bodies(connection: AsyncConnection, cut: Cut, _reached: Any) -> Batch:
    """The row stays, so that the same event is known when it comes again.

    In the order in which events ended, from where the last pass came to: so neither the body nor `pruned_at` has to be
    in an index, and PostgreSQL writes the row alone, often on its own page.
    """
    start = await _mark(connection, What.BODIES)
    found = (await connection.execute(_with_body(start, cut).order_by(InboxRow.done_at).limit(cut.limit))).all()
    mine = await _free_events(connection, [row.id for row in found])
    await connection.execute(update(InboxRow).where(InboxRow.id.in_(sorted(mine))).values(body=b"", pruned_at=cut.now))
    missed = next((row.done_at for row in found if row.id not in mine), None)
    if found:
        await _set_mark(connection, What.BODIES, missed or found[-1].done_at)
    return Batch(len(mine), True if len(found) == cut.limit and missed is None else None)


def _with_body(start: datetime, cut: Cut) -> Select[str, datetime | None]:
    return select(InboxRow.id, InboxRow.done_at).where(
        InboxRow.done_at >= start, *_ended(cut), InboxRow.pruned_at.is_(None)
    )


async def _events(connection: AsyncConnection, cut: Cut, _reached: Any) -> Batch:
    found = list(
        await connection.scalars(select(InboxRow.id).where(*_ended(cut)).order_by(InboxRow.done_at).limit(cut.limit))
    )
    mine = await _free_events(connection, found)
    await connection.execute(delete(InboxRow).where(InboxRow.id.in_(sorted(mine))))
    return Batch(len(mine), True if len(mine) == cut.limit else None)


def _ended(cut: Cut) -> Sequence[ColumnElement[bool]]:
    # `part`: one that a person had replayed waits again.
    return (text(ENDED), InboxRow.done_at < cut.before, InboxRow.part < 0)  # type: ignore[return-value]


async def _free_events(connection: AsyncConnection, ids: Sequence[str]) -> set[str]:
    """Those of them that nobody holds and that are still over, locked."""
    held = await connection.scalars(
        select(InboxRow.id)
        .where(InboxRow.id.in_(ids), text(ENDED), InboxRow.part < 0)
        .with_for_update(skip_locked=True)
    )
    return set(held)


# ----------------------------------------------------------------------------------------------------- commands


async def _commands(connection: AsyncConnection, cut: Cut, reached: Any) -> Batch:
    """What came before a command that is itself old enough. The newest of a slot has none after it, and stays.

    Walks those that came after: their slots lead to the ones before. Each is looked at in one pass of all, so where two
    orders became one, a command that ended after the one behind it may stay for ever. There are few.
    """
    at, after = reached or (await _mark(connection, What.COMMANDS), "")
    found = (
        await connection.execute(
            select(OutboxRow.id, OutboxRow.done_at)
            .where(*_again(OutboxRow, at, cut), or_(OutboxRow.done_at > at, OutboxRow.id > after))
            .order_by(OutboxRow.done_at, OutboxRow.id)
            .limit(cut.limit)
        )
    ).all()
    if not found:
        return Batch(0, None)
    newer = aliased(OutboxRow)
    doomed = _replaced(newer, cut).where(newer.id.in_([row.id for row in found])).distinct()
    ids = set(await connection.scalars(doomed))
    held = await connection.scalars(
        select(OutboxRow.id)
        .where(OutboxRow.id.in_(sorted(ids)), OutboxRow.state.in_(_OVER))
        .with_for_update(skip_locked=True)
    )
    mine = set(held)
    await connection.execute(delete(AttemptRow).where(AttemptRow.command_id.in_(sorted(mine))))
    await connection.execute(delete(OutboxRow).where(OutboxRow.id.in_(sorted(mine))))
    if mine != ids:
        return Batch(len(mine), None)  # what is missed is looked at again in the next pass: the mark stays
    await _set_mark(connection, What.COMMANDS, found[-1].done_at)
    more = len(found) == cut.limit
    return Batch(len(mine), (found[-1].done_at, found[-1].id) if more else None)


def _again(row: type[OutboxRow], start: datetime, cut: Cut) -> Sequence[ColumnElement[bool]]:
    return (text(AGAIN), row.done_at >= start, row.done_at < cut.before, row.state.in_(_OVER))  # type: ignore[return-value]


def _replaced(newer: type[OutboxRow], cut: Cut) -> Select[Any]:
    """What has a newer one in its slot. A done one only if that was done too: one that waits or is parked may yet be
    superseded, and then the plan asks what was done before it.
    """
    return (
        select(OutboxRow.id)
        .select_from(OutboxRow)
        .join(
            newer,
            and_(
                newer.connection == OutboxRow.connection,
                newer.subject == OutboxRow.subject,
                newer.action == OutboxRow.action,
                newer.target == OutboxRow.target,
                newer.ordinal > OutboxRow.ordinal,
            ),
        )
        .where(
            OutboxRow.done_at < cut.before,
            or_(
                OutboxRow.state == CommandState.SUPERSEDED,
                and_(OutboxRow.state == CommandState.DONE, newer.state == CommandState.DONE),
            ),
        )
    )


async def _attempts(connection: AsyncConnection, cut: Cut, reached: Any) -> Batch:
    """By ranges of ids. Those of a command that is not over stay: they tell whether it may have been done."""
    start = reached or ""
    last = await connection.scalar(select(func.max(_ids_from(start, cut).limit(cut.limit).subquery().c.id)))
    if last is None:
        return Batch(0, None)
    gone = await connection.execute(
        delete(AttemptRow).where(AttemptRow.id > start, AttemptRow.id <= last, *_old_attempts(cut))
    )
    return Batch(gone.rowcount, last)


def _ids_from(start: str, cut: Cut) -> Select[Any]:
    bound = first_id("att", cut.before)
    return select(AttemptRow.id).where(AttemptRow.id > start, AttemptRow.id < bound).order_by(AttemptRow.id)


def _old_attempts(cut: Cut) -> Sequence[ColumnElement[bool]]:
    alive = select(OutboxRow.id).where(OutboxRow.id == AttemptRow.command_id, OutboxRow.state.not_in(_OVER))
    return (AttemptRow.started_at < cut.before, ~alive.exists())


# ---------------------------------------------------------------------------------------------- audit and intents


async def _audit(connection: AsyncConnection, cut: Cut, _reached: Any) -> Batch:
    old = select(AuditRow.id).where(AuditRow.at < cut.before).order_by(AuditRow.at).limit(cut.limit)
    gone = await connection.execute(delete(AuditRow).where(AuditRow.id.in_(old)))
    return Batch(gone.rowcount, True if gone.rowcount == cut.limit else None)


async def _intents(connection: AsyncConnection, cut: Cut, _reached: Any) -> Batch:
    old = select(IntentRow.key).where(IntentRow.created_at < cut.before).order_by(IntentRow.created_at).limit(cut.limit)
    gone = await connection.execute(delete(IntentRow).where(IntentRow.key.in_(old)))
    return Batch(gone.rowcount, True if gone.rowcount == cut.limit else None)


# Events before bodies: whose row goes needs no emptying.
_STEPS: Mapping[What, Step] = {
    What.EVENTS: _events,
    What.BODIES: _bodies,
    What.COMMANDS: _commands,
    What.ATTEMPTS: _attempts,
    What.AUDIT: _audit,
    What.INTENTS: _intents,
}


IN_ORDER: Sequence[What] = tuple(_STEPS)


async def take(connection: AsyncConnection, what: What, cut: Cut, reached: Any) -> Batch:
    """One batch of it. `reached`: what the batch before has reached, `None` for the first of a pass."""
    if connection.dialect.name == "postgresql":
        # A plan by old statistics must not read a whole table, nor collect all that is old to sort it: each of these
        # statements has an index that gives its rows in order.
        for way in ("seqscan", "bitmapscan", "hashjoin", "mergejoin"):
            await connection.execute(text(f"SET LOCAL enable_{way} = off"))
    return await _STEPS[what](connection, cut, reached)


async def count(connection: AsyncConnection, what: What, cut: Cut, whole_before: datetime | None = None) -> int:
    """How many rows of it would go now. Of bodies those are left out whose events go, as they ended before that."""
    rows: Any
    match what:
        case What.BODIES:
            rows = _with_body(max(await _mark(connection, what), whole_before or _EPOCH), cut)
        case What.EVENTS:
            rows = select(InboxRow.id).where(*_ended(cut))
        case What.COMMANDS:
            newer = aliased(OutboxRow)
            at = await _mark(connection, what)
            walked = (newer.ordinal > 0, newer.done_at >= at, newer.done_at < cut.before, newer.state.in_(_OVER))
            rows = _replaced(newer, cut).where(*walked).distinct()
        case What.ATTEMPTS:
            rows = _ids_from("", cut).where(*_old_attempts(cut)).order_by(None)
        case What.AUDIT:
            rows = select(AuditRow.id).where(AuditRow.at < cut.before)
        case What.INTENTS:
            rows = select(IntentRow.key).where(IntentRow.created_at < cut.before)
    return await connection.scalar(select(func.count()).select_from(rows.subquery())) or 0


# -------------------------------------------------------------------------------------------------- whose turn it is

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TURN = "pruning is due"
_WRONG_CLOCK = timedelta(days=1)


async def take_turn(connection: AsyncConnection, now: datetime, every: timedelta) -> bool:
    """True for one process of all: the others have to wait for so long.

    A turn more than a day ahead of that was taken by a clock that was wrong, and counts for nothing.
    """
    mine = insert(connection.dialect.name, CounterRow).values(name=_TURN, value=_micros(now + every))
    taken = await connection.execute(
        mine.on_conflict_do_update(
            index_elements=["name"],
            set_={"value": mine.excluded.value},
            where=or_(CounterRow.value <= _micros(now), CounterRow.value > _micros(now + every + _WRONG_CLOCK)),
        ).returning(CounterRow.name)
    )
    return taken.one_or_none() is not None


async def keep_turn(connection: AsyncConnection, now: datetime, every: timedelta) -> None:
    """Whoever has the turn is still at it."""
    await connection.execute(update(CounterRow).where(CounterRow.name == _TURN).values(value=_micros(now + every)))


async def _mark(connection: AsyncConnection, what: What) -> datetime:
    """What ended before it has been looked at."""
    value = await connection.scalar(select(CounterRow.value).where(CounterRow.name == _mark_of(what)))
    return _EPOCH + timedelta(microseconds=value or 0)


async def _set_mark(connection: AsyncConnection, what: What, at: datetime) -> None:
    row = insert(connection.dialect.name, CounterRow).values(name=_mark_of(what), value=_micros(at))
    await connection.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": row.excluded.value}))


def _mark_of(what: What) -> str:
    return f"{what.value} pruned until"


def _micros(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(microseconds=1)
