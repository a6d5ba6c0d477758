"""Plan: what each system should be asked to do, so that it agrees with the order. Looks at states, never at events."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import OrderView
from hub.decide.codec import decode_customer, decode_order, decode_record, encode
from hub.domain.clock import Clock
from hub.domain.commands import Command, Mismatch
from hub.domain.order import Customer, Order
from hub.domain.records import CustomerRecord, Record
from hub.observe import metrics, traces
from hub.pipeline.registry import Connection, Connections
from hub.store import outbox
from hub.store.database import Database
from hub.store.outbox import OUTBOX, UNDER_WAY, CommandState, Slot
from hub.store.tables import CustomerRow, KeyRow, OrderRow, RecordRow

BATCH = 50


@dataclass(slots=True, kw_only=True)
class Wanted:
    """What one connection's plan says of one order."""

    commands: dict[Slot, bytes] = field(default_factory=dict)
    once: frozenset[str] = frozenset()  # actions that are never done twice (`Command.once`)
    drifts: list[tuple[str, str, str, str]] = field(default_factory=list)
    failed: bool = False  # nobody knows what is wanted


async def plan(database: Database, connections: Connections, clock: Clock, limit: int = BATCH) -> int:
    """Plans a batch of due orders. Returns how many; 0 when none is due (or others hold them)."""
    started = clock()
    async with database.write() as connection:
        rows = (
            await connection.execute(
                select(OrderRow.id, OrderRow.document, OrderRow.customer_key)
                .where(OrderRow.plan_due > 0)
                .order_by(OrderRow.id)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
        ).all()
        if not rows:
            return 0
        ids = [row.id for row in rows]
        await connection.execute(update(OrderRow).where(OrderRow.id.in_(ids)).values(plan_due=0))
        views = await _views(connection, rows)
        wanted: dict[str, dict[str, Wanted]] = {
            order.id: {
                each.id: wanted_of(each, order, records, customer, customer_records)
                for each in connections
                if each.connector.plan
            }
            for order, records, customer, customer_records in views
        }
        roots = await outbox.roots_of(connection, ids)
        added = await _reconcile(connection, wanted, roots, clock())
        if added:
            Database.tell(connection, OUTBOX)
    metrics.orders_planned.inc(len(rows))
    ended = clock()
    for order_id in ids:
        traces.record("plan", roots.get(order_id, ""), started, ended, order=order_id)
    return len(rows)


async def _views(
    connection: AsyncConnection, rows: Sequence[Any]
) -> list[tuple[Order, list[Record], Customer | None, list[CustomerRecord]]]:
    """Each order with its records, its golden customer and that one's records: three statements for a batch."""
    records = await _records(connection, {row.id for row in rows})
    keys = {row.customer_key for row in rows} - {""}
    customer_of = await _golden_of(connection, keys)
    customers = {
        row.id: decode_customer(row.document)
        for row in await connection.execute(
            select(CustomerRow.id, CustomerRow.document).where(CustomerRow.id.in_(sorted(set(customer_of.values()))))
        )
    }
    customer_records = await _records(connection, set(customers))
    views = []
    for row in rows:
        customer = customers.get(customer_of.get(row.customer_key, ""))
        said = [
            record
            for record in (customer_records[customer.id] if customer else ())
            if isinstance(record, CustomerRecord)
        ]
        views.append((decode_order(row.document), records[row.id], customer, said))
    return views


async def _records(connection: AsyncConnection, golden: Iterable[str]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    rows = await connection.execute(
        select(RecordRow.kind, RecordRow.data, RecordRow.golden)
        .where(RecordRow.golden.in_(sorted(golden)))
        .order_by(RecordRow.connection, RecordRow.kind, RecordRow.external_id)
    )
    for row in rows:
        record = decode_record(row.kind, row.data)
        if not record.deleted:
            found[row.golden].append(record)
    return found


async def _golden_of(connection: AsyncConnection, keys: Iterable[str]) -> dict[str, str]:
    """Customer key -> golden customer. A key's cluster holds exactly one customer."""
    rows = await connection.execute(
        select(KeyRow.key, CustomerRow.id)
        .join(CustomerRow, CustomerRow.cluster == KeyRow.cluster)
        .where(KeyRow.key.in_(sorted(keys)))
    )
    return {row.key: row.id for row in rows}


def wanted_of(
    connection: Connection,
    order: Order,
    records: Sequence[Record],
    customer: Customer | None,
    customer_records: Sequence[CustomerRecord],
) -> Wanted:
    """A plan that fails plans nothing, and says so as a drift: one connector's bug stops no other system.

    What waits is not sent while nobody knows whether it is wanted. What a person has to look at stays: taken back now,
    it would be sent anew once the bug is mended.
    """
    assert connection.connector.plan is not None
    once = frozenset(command.action for command in connection.connector.push if command.once)
    wanted = Wanted(once=once)
    channels = connection.settings.channels
    if channels and order.channel not in channels:
        return wanted
    view = _view(connection, order, records, customer, customer_records)
    try:
        for item in connection.connector.plan(view):
            if isinstance(item, Mismatch):
                wanted.drifts.append((connection.id, item.about, item.expected, item.found))
            elif order.may_fulfil or not item.releases_goods:
                wanted.commands[_slot(connection.id, order.id, item)] = encode(item)
    except Exception as bug:
        fault = (connection.id, "plan", "a plan", f"{type(bug).__name__}: {bug}")
        return Wanted(once=once, drifts=[fault], failed=True)
    return wanted


def _view(
    connection: Connection,
    order: Order,
    records: Sequence[Record],
    customer: Customer | None,
    customer_records: Sequence[CustomerRecord],
) -> OrderView:
    return OrderView(
        connection=connection.id,
        settings=connection.settings,
        order=order,
        said=tuple(record for record in records if record.source.connection == connection.id),
        others=tuple(record for record in records if record.source.connection != connection.id),
        customer=customer,
        customer_said=tuple(record for record in customer_records if record.source.connection == connection.id),
    )


async def view_of(database: Database, connection: Connection, order: str) -> OrderView | None:
    """What the connection's plan sees of an order, named by its id or its number. `None`: no order, or several."""
    async with database.read() as held:
        rows = (
            await held.execute(
                select(OrderRow.id, OrderRow.document, OrderRow.customer_key)
                .where(or_(OrderRow.id == order, OrderRow.number == order))
                .limit(2)
            )
        ).all()
        return _view(connection, *(await _views(held, rows))[0]) if len(rows) == 1 else None


def _slot(connection_id: str, order_id: str, command: Command) -> Slot:
    return Slot(connection_id, command.subject or order_id, command.action, command.target)


async def _reconcile(
    connection: AsyncConnection, wanted: dict[str, dict[str, Wanted]], roots: dict[str, str], now: datetime
) -> int:
    """Against what the outbox holds: new commands, what they supersede, what nobody wants any more, and drifts."""
    slots = {slot for plans in wanted.values() for each in plans.values() for slot in each.commands}
    newest = await outbox.newest_of(connection, slots)
    open_commands = await outbox.waiting_of(connection, wanted)
    doubtful = await outbox.in_doubt(connection, [row.id for row in open_commands if row.state == CommandState.PARKED])
    added = 0
    for order_id, plans in wanted.items():
        drifts: list[tuple[str, str, str, str]] = []
        mine = [row for row in open_commands if row.order_id == order_id]
        for connection_id, plan_ in plans.items():
            pending = [row for row in mine if row.connection == connection_id and row.state != CommandState.PARKED]
            moving = bool(pending)
            for slot, content in plan_.commands.items():
                known = newest.get(slot)
                last = known.live if known else None
                if last is not None and last.content == content:
                    if last.state == CommandState.DONE:
                        drifts.append((connection_id, slot.action, "what it was asked to do", "accepted, not done"))
                    continue
                if last is not None and last.state in UNDER_WAY:
                    continue  # its end makes the order due again
                settled = last is not None and (last.state == CommandState.DONE or last.id in doubtful)
                if settled and slot.action in plan_.once:
                    continue
                if last is not None:
                    await outbox.supersede(connection, [last.id], "something newer is wanted", now)
                added += await outbox.add(
                    connection,
                    slot,
                    order_id=order_id,
                    content=content,
                    fingerprint=fingerprint(slot, content, known.any.id if known else ""),
                    ordinal=known.any.ordinal + 1 if known else 0,
                    cause=roots.get(order_id, ""),
                    now=now,
                )
                moving = True
            if plan_.failed or not moving:
                drifts += plan_.drifts
            unwanted = [
                row.id
                for row in mine
                if row.connection == connection_id
                and row.subject == order_id  # a shared subject may be wanted by another order
                and Slot(row.connection, row.subject, row.action, row.target) not in plan_.commands
                and not (row.id in doubtful and row.action in plan_.once)
                and not (plan_.failed and row.state == CommandState.PARKED)
            ]
            await outbox.supersede(connection, unwanted, "not wanted any more", now)
        await outbox.set_drifts(connection, order_id, drifts, now)
    return added


def fingerprint(slot: Slot, content: bytes, after: str) -> str:
    """Unique for a command: the same plan made twice, or by two workers, is one.

    `after` is the command of the slot that came before: on, off and on again are three commands.
    """
    parts = [slot.connection, slot.subject, slot.action, slot.target, after]
    return hashlib.sha256("\0".join(parts).encode() + b"\0" + content).hexdigest()
