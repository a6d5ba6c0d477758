"""The outbox table: commands with their slots, leases and attempts."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.ids import CommandId, new_id
from hub.store.dialects import insert, upsert
from hub.store.tables import AttemptRow, ChangeRow, CredentialRow, CursorRow, DriftRow, HintRow, OutboxRow
from hub.store.texts import storable

OUTBOX = "outbox"  # the bell


class CommandState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    UNKNOWN = "unknown"  # sent, and the answer was lost
    DONE = "done"
    SUPERSEDED = "superseded"
    PARKED = "parked"


UNDER_WAY = (CommandState.SENDING, CommandState.UNKNOWN)
WAITS = (CommandState.PENDING, CommandState.SENDING, CommandState.UNKNOWN)


class AttemptState(StrEnum):
    SENDING = "sending"
    DONE = "done"
    LATER = "later"
    UNKNOWN = "unknown"
    REFUSED = "refused"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Slot:
    """What a command is about: only one command of a slot is under way, and the newest one wins."""

    connection: str
    subject: str
    action: str
    target: str


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest command of a slot, and the newest that was not superseded."""

    any: Any
    live: Any | None


async def newest_of(connection: AsyncConnection, slots: Collection[Slot]) -> dict[Slot, Newest]:
    subjects = sorted({slot.subject for slot in slots})
    if not subjects:
        return {}
    rows = await connection.execute(
        select(OutboxRow.__table__).where(OutboxRow.subject.in_(subjects)).order_by(OutboxRow.ordinal)
    )
    found: dict[Slot, Newest] = {}
    for row in rows:
        slot = Slot(row.connection, row.subject, row.action, row.target)
        if slot in slots:
            live = found[slot].live if slot in found else None
            found[slot] = Newest(row, live if row.state == CommandState.SUPERSEDED else row)
    return found


async def waiting_of(connection: AsyncConnection, order_ids: Collection[str]) -> Sequence[Any]:
    """Commands of these orders that are not done: waiting, under way, or parked."""
    rows = await connection.execute(
        select(OutboxRow.__table__).where(
            OutboxRow.order_id.in_(sorted(order_ids)),
            OutboxRow.state.in_([*WAITS, CommandState.PARKED]),
        )
    )
    return rows.all()


_MAYBE = (AttemptState.SENDING, AttemptState.UNKNOWN)


async def in_doubt(connection: AsyncConnection, command_ids: Collection[str]) -> set[str]:
    """Those of these commands of which nobody knows whether they were done."""
    found = await connection.scalars(
        select(AttemptRow.command_id).where(
            AttemptRow.command_id.in_(sorted(command_ids)), AttemptRow.state.in_(_MAYBE)
        )
    )
    return set(found)


async def last_sent(connection: AsyncConnection, leased: "Leased") -> datetime | None:
    """When the newest attempt before this one that may have reached the vendor began."""
    found: datetime | None = await connection.scalar(
        select(func.max(AttemptRow.started_at)).where(
            AttemptRow.command_id == leased.row.id, AttemptRow.id != leased.lease, AttemptRow.state.in_(_MAYBE)
        )
    )
    return found


async def roots_of(connection: AsyncConnection, order_ids: Collection[str]) -> dict[str, str]:
    """What each order's newest change began with: an event, an intent, or what its command began with."""
    newest = (
        select(ChangeRow.order_id, func.max(ChangeRow.seq).label("seq"))
        .where(ChangeRow.order_id.in_(sorted(order_ids)))
        .group_by(ChangeRow.order_id)
        .subquery()
    )
    rows = await connection.execute(
        select(ChangeRow.order_id, func.coalesce(OutboxRow.cause, ChangeRow.cause))
        .join(newest, (newest.c.order_id == ChangeRow.order_id) & (newest.c.seq == ChangeRow.seq))
        .outerjoin(OutboxRow, OutboxRow.id == ChangeRow.cause)
    )
    return {row[0]: row[1] for row in rows}


async def add(
    connection: AsyncConnection,
    slot: Slot,
    *,
    order_id: str,
    content: bytes,
    fingerprint: str,
    ordinal: int,
    cause: str,
    now: datetime,
) -> bool:
    """False where another planner was first with the same."""
    inserted = await connection.execute(
        insert(connection.dialect.name, OutboxRow)
        .values(
            id=new_id("cmd"),
            connection=slot.connection,
            order_id=order_id,
            subject=slot.subject,
            action=slot.action,
            target=slot.target,
            content=content,
            fingerprint=fingerprint,
            ordinal=ordinal,
            rekeyed=0,
            state=CommandState.PENDING,
            reason="",
            tries=0,
            lane_due=True,
            due_at=now,
            first_sent_at=None,
            leased_until=None,
            lease="",
            cause=cause,
            created_at=now,
            done_at=None,
        )
        .on_conflict_do_nothing()
        .returning(OutboxRow.id)
    )
    return inserted.one_or_none() is not None


async def one_of_each_slot(connection: AsyncConnection, subject: str, now: datetime) -> None:
    """After two orders became one: of what waits in one slot one goes on.

    None goes on beside one that is under way, was done or may have been: the plan, which is due, knows whether
    anything is left to do. A worker that is quicker than the plan does not.
    """
    rows = (
        await connection.execute(
            select(OutboxRow.__table__)
            .where(
                OutboxRow.subject == subject,
                OutboxRow.state.in_([*WAITS, CommandState.DONE, CommandState.PARKED]),
            )
            .order_by(OutboxRow.ordinal)
        )
    ).all()
    doubtful = await in_doubt(connection, [row.id for row in rows if row.state == CommandState.PARKED])
    slots: dict[Slot, list[Any]] = {}
    for row in rows:
        if row.state != CommandState.PARKED or row.id in doubtful:
            slots.setdefault(Slot(row.connection, row.subject, row.action, row.target), []).append(row)
    for ours in slots.values():
        pending = [row.id for row in ours if row.state == CommandState.PENDING]
        surplus = pending if len(pending) < len(ours) else pending[:-1]
        await supersede(connection, surplus, "its order became one with another that asks for the same", now)


async def supersede(connection: AsyncConnection, command_ids: Collection[str], reason: str, now: datetime) -> None:
    """Only what was never sent, or was refused: what is under way must come to its end first."""
    if command_ids:
        await connection.execute(
            update(OutboxRow)
            .where(
                OutboxRow.id.in_(sorted(command_ids)),
                OutboxRow.state.in_([CommandState.PENDING, CommandState.PARKED]),
            )
            .values(state=CommandState.SUPERSEDED, reason=reason, lane_due=False, done_at=now)
        )


# ------------------------------------------------------------------------------------------------------ drifts


async def set_drifts(
    connection: AsyncConnection, order_id: str, drifts: Sequence[tuple[str, str, str, str]], now: datetime
) -> None:
    """(connection, about, expected, found): what stands now; the rest is gone. `since` survives."""
    rows = (
        await connection.execute(
            select(DriftRow.connection, DriftRow.about, DriftRow.since).where(DriftRow.order_id == order_id)
        )
    ).all()
    since = {(row.connection, row.about): row.since for row in rows}
    if not since and not drifts:
        return
    await connection.execute(delete(DriftRow).where(DriftRow.order_id == order_id))
    unique = {(each[0], storable(each[1])[:255]): each for each in drifts}
    if unique:
        await connection.execute(
            upsert(connection.dialect.name, DriftRow),
            [
                {
                    "order_id": order_id,
                    "connection": key[0],
                    "about": key[1],
                    "expected": storable(each[2]),
                    "found": storable(each[3]),
                    "since": since.get(key, now),
                }
                for key, each in sorted(unique.items())
            ],
        )


# ----------------------------------------------------------------------------------------------------- the lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A command that this worker may send until `until`. `row.state` is what it was before.

    `lease` is also the id of the attempt, which is written before the vendor is called.
    """

    @property
    def key(self) -> CommandId:
        """The idempotency key that the vendor gets."""
        return CommandId(f"{self.row.id}r{self.row.rekeyed}" if self.row.rekeyed else self.row.id)

    row: Any
    lease: str
    until: datetime
    first_sent_at: datetime


async def claim(
    connection: AsyncConnection, connection_id: str, now: datetime, until: datetime, limit: int
) -> list[Leased]:
    """Leases due commands of one lane. Rows come as they were: a `sending` one is left over from a dead worker."""
    rows = (
        await connection.execute(
            select(OutboxRow.__table__)
            .where(
                OutboxRow.lane_due.is_(True),
                OutboxRow.connection == connection_id,
                OutboxRow.due_at <= now,
                or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until < now),
            )
            .order_by(OutboxRow.due_at, OutboxRow.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
    ).all()
    leased: list[Leased] = []
    for row in rows:
        lease = new_id("att")
        first = row.first_sent_at or now
        await connection.execute(
            update(OutboxRow)
            .where(OutboxRow.id == row.id)
            .values(state=CommandState.SENDING, lease=lease, leased_until=until, first_sent_at=first)
        )
        leased.append(Leased(row=row, lease=lease, until=until, first_sent_at=first))
    if leased:
        await connection.execute(
            insert(connection.dialect.name, AttemptRow),
            [
                {
                    "id": each.lease,
                    "command_id": each.row.id,
                    "state": AttemptState.SENDING,
                    "message": "",
                    "started_at": now,
                    "ended_at": None,
                }
                for each in leased
            ],
        )
    return leased


async def release(connection: AsyncConnection) -> None:
    """Leases of workers that are surely dead: what they had is due at once. Their attempts stay as they are."""
    for table in (OutboxRow, HintRow, CursorRow, CredentialRow):
        await connection.execute(update(table).where(table.leased_until.is_not(None)).values(leased_until=None))


async def next_due(connection: AsyncConnection, connection_id: str) -> datetime | None:
    """When the lane has something to do again, if nothing new comes."""
    due: datetime | None = await connection.scalar(
        select(func.min(func.coalesce(OutboxRow.leased_until, OutboxRow.due_at))).where(
            OutboxRow.lane_due.is_(True), OutboxRow.connection == connection_id
        )
    )
    return due


async def still_mine(connection: AsyncConnection, leased: Leased) -> bool:
    """False when the lease ran out and another worker took over: then nothing of this attempt may be written."""
    held = await connection.scalar(select(OutboxRow.lease).where(OutboxRow.id == leased.row.id).with_for_update())
    return bool(held == leased.lease)


async def settle(
    connection: AsyncConnection,
    leased: Leased,
    state: CommandState,
    attempt: AttemptState,
    reason: str,
    now: datetime,
    *,
    due_at: datetime | None = None,
    tries: int = 0,
) -> None:
    """The end of this attempt, and what the command is now."""
    await connection.execute(
        update(AttemptRow)
        .where(AttemptRow.id == leased.lease)
        .values(state=attempt, message=storable(reason), ended_at=now)
    )
    await connection.execute(
        update(OutboxRow)
        .where(OutboxRow.id == leased.row.id)
        .values(
            state=state,
            reason=storable(reason),
            lane_due=state in WAITS,
            due_at=due_at or now,
            tries=tries,
            leased_until=None,
            lease="",
            done_at=None if state in WAITS else now,
        )
    )


async def revive(connection: AsyncConnection, command_id: str, now: datetime) -> str | None:
    """Puts a parked or done command back. Returns the state that it had; `None`: there is no such command."""
    row = (
        await connection.execute(select(OutboxRow.state).where(OutboxRow.id == command_id).with_for_update())
    ).one_or_none()
    if row is None:
        return None
    if row.state == CommandState.PARKED:
        # What may have been done is asked for before it is sent again; what was surely refused starts anew.
        doubtful = await connection.scalar(
            select(AttemptRow.id)
            .where(
                AttemptRow.command_id == command_id,
                AttemptRow.state.in_([AttemptState.SENDING, AttemptState.UNKNOWN]),
            )
            .limit(1)
        )
        # A doubtful one keeps its key, which lives anew: who retries it has looked at the vendor. What was refused gets
        # another key, since many vendors answer a repeated one with the first answer, refusals included.
        await connection.execute(
            update(OutboxRow)
            .where(OutboxRow.id == command_id)
            .values(
                state=CommandState.UNKNOWN if doubtful else CommandState.PENDING,
                first_sent_at=now if doubtful else None,
                rekeyed=OutboxRow.rekeyed + (0 if doubtful else 1),
                lane_due=True,
                due_at=now,
                tries=0,
                done_at=None,
            )
        )
    state: str = row.state
    return state
