"""The outbox table as a plan sees it: commands with their slots, what is wanted now, what is not any more."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.ids import new_id
from hub.store import arrays
from hub.store.due import Due
from hub.store.tables import AttemptRow, OutboxRow

OUTBOX = "outbox"  # the bell of all lanes; `lanes.bell` is that of one


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


_of_subjects = arrays.lookup(
    OutboxRow,
    ("id", "connection", "subject", "action", "target", "state", "content", "ordinal"),
    by="subject",
    order="ordinal",
)
_of_orders = arrays.lookup(
    OutboxRow, ("id", "connection", "order_id", "subject", "action", "target", "state"), by="order_id"
)


async def newest_of(connection: AsyncConnection, slots: Collection[Slot]) -> dict[Slot, Newest]:
    found: dict[Slot, Newest] = {}
    for row in await _of_subjects(connection, sorted({slot.subject for slot in slots})):
        slot = Slot(row.connection, row.subject, row.action, row.target)
        if slot in slots:
            live = found[slot].live if slot in found else None
            found[slot] = Newest(row, live if row.state == CommandState.SUPERSEDED else row)
    return found


async def waiting_of(connection: AsyncConnection, order_ids: Collection[str]) -> Sequence[Any]:
    """Commands of these orders that are not done: waiting, under way, or parked."""
    rows = await _of_orders(connection, sorted(order_ids))
    return [row for row in rows if row.state in WAITS or row.state == CommandState.PARKED]


MAYBE = (AttemptState.SENDING, AttemptState.UNKNOWN)


async def in_doubt(connection: AsyncConnection, command_ids: Collection[str]) -> set[str]:
    """Those of these commands of which nobody knows whether they were done."""
    if not command_ids:
        return set()
    found = await connection.scalars(
        select(AttemptRow.command_id).where(AttemptRow.command_id.in_(sorted(command_ids)), AttemptRow.state.in_(MAYBE))
    )
    return set(found)


_insert = arrays.insert(
    OutboxRow,
    ("id", "connection", "order_id", "subject", "action", "target", "content", "fingerprint", "ordinal", "created_at",
     "due_at", "background", "cause"),
    same={
        "rekeyed": "0",
        "state": f"'{CommandState.PENDING}'",
        "reason": "''",
        "tries": "0",
        "lane_due": "true",
        "lease": "''",
    },
    conflict="ON CONFLICT DO NOTHING",
    returning=("connection",),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """A command to add."""

    slot: Slot
    order_id: str
    content: bytes
    fingerprint: str
    ordinal: int
    due: Due


async def add(connection: AsyncConnection, new: Sequence[New], now: datetime) -> set[str]:
    """Returns the connections that have something new. Where another planner was first with the same, nothing is."""
    rows = sorted(new, key=lambda each: (each.due.background, each.slot.connection, each.slot.subject))
    slots = [each.slot for each in rows]
    added = await _insert(
        connection,
        [
            [new_id("cmd") for _ in rows],
            [slot.connection for slot in slots],
            [each.order_id for each in rows],
            [slot.subject for slot in slots],
            [slot.action for slot in slots],
            [slot.target for slot in slots],
            [each.content for each in rows],
            [each.fingerprint for each in rows],
            [each.ordinal for each in rows],
            [now] * len(rows),
            [now] * len(rows),
            [each.due.background for each in rows],
            [each.due.cause for each in rows],
        ],
    )
    return {connection_id for (connection_id,) in added}


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
