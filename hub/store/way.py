"""The way of one event, read back from the tables: what it changed, what was asked of whom because of it, and when."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.ids import bits, made_at
from hub.store.listing import newest_cursor
from hub.store.tables import AttemptRow, ChangeRow, InboxRow, OrderRow, OutboxRow

_APART = timedelta(minutes=1)  # so much may the clocks of two hosts, and the order of commits, differ
_CHANGES = 5_000  # so many changes after an event are looked at, for the orders that it touched
_LATELY = 200  # so many changes of an order are looked at, for what they began with
_ROOTS = 5  # so many ways of one order are shown, the newest

_NUMBERS = select(OrderRow.id, OrderRow.number)
_of_commands = [column for column in OutboxRow.__table__.columns if column.name != "content"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A command on the way."""

    command: Any  # its row
    attempts: Sequence[Any]  # oldest first
    answers: Sequence[Any]  # changes that its reply brought


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """An order on the way."""

    id: str
    number: str
    changes: Sequence[Any]  # by the event itself
    commands: Sequence[Asked]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    root: str  # the id of the event or intent
    event: Any | None  # its row; `None`: an intent, or what is not there any more
    orders: Sequence[Ordered]


async def ways(held: AsyncConnection, id: str) -> list[Way]:
    """By the id of an event, a command or an order. Of an order those few that changed it last, the oldest first.

    Empty: nothing has such an id.
    """
    prefix, _, _ = id.partition("_")
    if prefix == "cmd":
        command = (
            await held.execute(select(OutboxRow.cause, OutboxRow.order_id).where(OutboxRow.id == id))
        ).one_or_none()
        if command is None:
            return []
        # One that was made before causes were kept goes alone.
        return [await _way(held, command.cause or id, [command.order_id])]
    if prefix == "ord":
        return [await _way(held, root, [id]) for root in await _roots(held, id)]
    event = await _event(held, id)
    begun = event.received_at if event is not None else made_at(id)
    orders = await _touched(held, id, begun)
    if event is not None and event.order_id.startswith("ord_"):
        orders = sorted({*orders, event.order_id})
    return [await _way(held, id, orders)] if event is not None or orders else []


async def _event(held: AsyncConnection, id: str) -> Any | None:
    columns = [column for column in InboxRow.__table__.columns if column.name != "body"]
    return (await held.execute(select(*columns).where(InboxRow.id == id))).one_or_none()


async def _roots(held: AsyncConnection, order_id: str) -> list[str]:
    """What the newest changes and commands of an order began with."""
    rows = await held.execute(
        select(ChangeRow.cause, OutboxRow.cause.label("of_command"))
        .outerjoin(OutboxRow, OutboxRow.id == ChangeRow.cause)
        .where(ChangeRow.order_id == order_id)
        .order_by(ChangeRow.seq.desc())
        .limit(_LATELY)
    )
    found = dict.fromkeys(row.of_command or row.cause for row in rows)
    return sorted(list(found)[:_ROOTS], key=bits)


async def _touched(held: AsyncConnection, root: str, begun: datetime) -> list[str]:
    """The orders that it changed, from among the changes soon after it: they are in the order of time."""
    first, last = 1, await newest_cursor(held) + 1
    while first < last:
        middle = (first + last) // 2
        at = await held.scalar(select(ChangeRow.at).where(ChangeRow.cursor == middle))
        if at is not None and at < begun - _APART:
            first = middle + 1
        else:
            last = middle
    rows = await held.scalars(
        select(ChangeRow.order_id)
        .where(ChangeRow.cursor >= first, ChangeRow.cursor < first + _CHANGES, ChangeRow.cause == root)
        .distinct()
    )
    return sorted(rows)


async def _way(held: AsyncConnection, root: str, order_ids: Collection[str]) -> Way:
    ids = sorted(order_ids)
    commands = (
        await held.execute(
            select(*_of_commands)
            .where(OutboxRow.order_id.in_(ids), (OutboxRow.cause == root) | (OutboxRow.id == root))
            .order_by(OutboxRow.id)
        )
    ).all()
    attempts: dict[str, list[Any]] = defaultdict(list)
    for attempt in await held.execute(
        select(AttemptRow.__table__)
        .where(AttemptRow.command_id.in_([each.id for each in commands]))
        .order_by(AttemptRow.id)
    ):
        attempts[attempt.command_id].append(attempt)
    changes: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for change in await held.execute(
        select(ChangeRow.order_id, ChangeRow.seq, ChangeRow.at, ChangeRow.cause, ChangeRow.summary)
        .where(ChangeRow.order_id.in_(ids), ChangeRow.cause.in_([root, *(each.id for each in commands)]))
        .order_by(ChangeRow.order_id, ChangeRow.seq)
    ):
        changes[change.order_id, change.cause].append(change)
    numbers = {row.id: row.number for row in await held.execute(_NUMBERS.where(OrderRow.id.in_(ids)))}
    return Way(
        root=root,
        event=await _event(held, root),
        orders=[
            Ordered(
                id=order_id,
                number=numbers.get(order_id, ""),
                changes=changes[order_id, root],
                commands=[
                    Asked(command=each, attempts=attempts[each.id], answers=changes[order_id, each.id])
                    for each in commands
                    if each.order_id == order_id
                ],
            )
            for order_id in ids
        ],
    )
