"""What the observers wrote down, each for itself: the sender, the database, the books of the vendor."""

import contextlib
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.decide.codec import decode_order
from hub.domain.clock import utc_now
from hub.pipeline.rebuild import rebuild
from hub.store.database import Database
from hub.store.tables import AttemptRow, ChangeRow, DueRow, HintRow, InboxRow, OrderRow, OutboxRow
from tests.history.sink import Asked

SHOP, SINK = "shop", "sink"  # the two connections


class Answer(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    UNTOLD = "untold"  # the store has it, and says so only to who asks
    UNKNOWN = "unknown"  # no answer, or half of one: it may be there and may not


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One try at a webhook."""

    key: str
    sale: str
    total: int
    answer: Answer
    deadly: bool = False  # whoever reads it dies: it is to end parked


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    id: str
    key: str
    state: str
    waits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    id: str
    number: str
    total: int
    document: bytes
    rebuilt: bytes  # the same after a rebuild; empty: it is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    cursor: int
    order: str
    seq: int
    total: tuple[int, int] | None  # (before, after), where it changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A command."""

    id: str
    action: str
    order: str
    state: str
    done: int  # attempts that ended so


@dataclass(slots=True, kw_only=True)
class Seen:
    sent: list[Sent] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    commands: list[Told] = field(default_factory=list)
    ledger: list[Asked] = field(default_factory=list)
    due: int = 0  # orders that wait for a plan, things that wait to be fetched


def _total(fields: bytes) -> tuple[int, int] | None:
    """What a change says of the order's total; the first one of an order says nothing."""
    for each in json.loads(fields):
        if each["path"] == "total":
            return each["before"]["minor"], each["after"]["minor"]
    return None


@contextlib.asynccontextmanager
async def _at_one_moment(database: Database) -> AsyncIterator[AsyncConnection]:
    """All statements see the same: a hub that is still at work does not look as if it had forgotten something."""
    async with database.engine.connect() as held:
        if database.dialect == "postgresql":
            held = await held.execution_options(isolation_level="REPEATABLE READ")
        async with held.begin():
            yield held


async def of_database(database: Database) -> Seen:
    """Read after the faults have stopped. A rebuild is part of it."""
    async with _at_one_moment(database) as held:
        seen = Seen(
            events=await events(held),
            changes=await _changes(held),
            commands=await _commands(held),
            due=await _sum(held, _DUE),
        )
        before = await _documents(held)
    await rebuild(database, utc_now)
    async with database.read() as held:
        after = await _documents(held)
    for order_id in sorted({*before, *after}):
        order = decode_order(before.get(order_id) or after[order_id])
        seen.orders.append(
            Order(
                id=order_id,
                number=order.number,
                total=order.total.minor,
                document=before.get(order_id, b""),
                rebuilt=after.get(order_id, b""),
            )
        )
    return seen


async def events(held: AsyncConnection) -> list[Event]:
    rows = await held.execute(
        select(InboxRow.id, InboxRow.key, InboxRow.state, InboxRow.part)
        .where(InboxRow.connection == SHOP)
        .order_by(InboxRow.id)
    )
    return [Event(id=row.id, key=row.key, state=row.state, waits=row.part >= 0) for row in rows]


async def numbers(held: AsyncConnection) -> set[str]:
    """Of the orders that there are."""
    return set(await held.scalars(select(OrderRow.number)))


async def _documents(held: AsyncConnection) -> dict[str, bytes]:
    return {row.id: bytes(row.document) for row in await held.execute(select(OrderRow.id, OrderRow.document))}


async def _changes(held: AsyncConnection) -> list[Change]:
    rows = await held.execute(
        select(ChangeRow.cursor, ChangeRow.order_id, ChangeRow.seq, ChangeRow.fields).order_by(ChangeRow.cursor)
    )
    return [Change(cursor=row.cursor, order=row.order_id, seq=row.seq, total=_total(bytes(row.fields))) for row in rows]


async def _commands(held: AsyncConnection) -> list[Told]:
    done = {
        row.command_id: row.ended
        for row in await held.execute(
            select(AttemptRow.command_id, func.count().label("ended"))
            .where(AttemptRow.state == "done")
            .group_by(AttemptRow.command_id)
        )
    }
    rows = await held.execute(select(OutboxRow.id, OutboxRow.action, OutboxRow.order_id, OutboxRow.state))
    return [
        Told(id=row.id, action=row.action, order=row.order_id, state=row.state, done=done.get(row.id, 0))
        for row in rows
    ]


_DUE = (
    select(func.count()).select_from(DueRow),
    select(func.count()).select_from(HintRow),
    select(func.count()).select_from(OrderRow).where(OrderRow.plan_due > 0),
)
_WAITS = (
    select(func.count()).select_from(InboxRow).where(InboxRow.part >= 0),
    select(func.count()).select_from(OutboxRow).where(OutboxRow.lane_due.is_(True)),
)


async def _sum(held: AsyncConnection, counts: Sequence[Select[Any]]) -> int:
    """In one statement: between two, work moves on from what is counted later to what was counted before."""
    return sum((await held.execute(select(*(each.scalar_subquery() for each in counts)))).one())


async def waits(database: Database) -> int:
    """How much is left to do: events, plans, fetches, commands."""
    async with database.read() as held:
        return await _sum(held, _WAITS + _DUE)


async def next_due(database: Database) -> datetime | None:
    """When the next event or command is due that waits for its time."""
    async with database.read() as held:
        found = [
            await held.scalar(select(func.min(InboxRow.due_at)).where(InboxRow.part >= 0)),
            await held.scalar(select(func.min(OutboxRow.due_at)).where(OutboxRow.lane_due.is_(True))),
        ]
    return min((each for each in found if each is not None), default=None)
