"""Plan: what each system should be asked to do, so that it agrees with the order. Looks at states, never at events."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.connector import OrderView
from hub.decide.codec import decode_customer, decode_order, decode_record, encode
from hub.domain.clock import Clock
from hub.domain.commands import Command, Mismatch
from hub.domain.order import Customer, Order
from hub.domain.records import CustomerRecord, Record
from hub.observe import metrics, traces
from hub.pipeline.registry import Connection, Connections
from hub.store import arrays, drifts, due, lanes, outbox
from hub.store.database import Database
from hub.store.drifts import Drift
from hub.store.due import Due
from hub.store.outbox import UNDER_WAY, CommandState, New, Newest, Slot
from hub.store.tables import CustomerRow, KeyRow, OrderRow, RecordRow

BATCH = 200

# Locked: who plans the same order beside us must see what we asked for.
_ORDER = ("id", "document", "customer_key")
_orders = arrays.lookup(OrderRow, _ORDER, by="id", order="id", lock="wait")
_free_orders = arrays.lookup(OrderRow, _ORDER, by="id", order="id", lock="skip")
_clusters_of = arrays.lookup(KeyRow, ("key", "cluster"), by="key")
_customers_in = arrays.lookup(CustomerRow, ("cluster", "document"), by="cluster")
_records_of = arrays.lookup(RecordRow, ("connection", "kind", "external_id", "data", "golden"), by="golden")


@dataclass(slots=True, kw_only=True)
class Wanted:
    """What one connection's plan says of one order."""

    commands: dict[Slot, bytes] = field(default_factory=dict)
    once: frozenset[str] = frozenset()  # actions that are never done twice (`Command.once`)
    drifts: list[Drift] = field(default_factory=list)
    failed: bool = False  # nobody knows what is wanted


async def plan(database: Database, connections: Connections, clock: Clock, limit: int = BATCH) -> int:
    """Plans a batch of due orders. Returns how many; 0 when none is due (or others hold them)."""
    started = clock()
    async with database.write() as connection:
        wants = await due.claim(connection, limit)
        await _plan(connection, connections, await _orders(connection, sorted(wants)), wants, started)
    _record(wants, started, clock())
    return len(wants)


async def plan_within(held: AsyncConnection, connections: Connections, wants: Mapping[str, Due], clock: Clock) -> None:
    """Plans them in the transaction that changed them, so that nobody has to look for them again.

    What a backfill brings waits in the queue, behind all that is live. So does an order that another transaction holds:
    this one holds others already, and two that wait for each other would both come to nothing.
    """
    started = clock()
    rows = await _free_orders(held, sorted(order_id for order_id, why in wants.items() if not why.background))
    here = {row.id: wants[row.id] for row in rows}
    await due.want(held, {order_id: why for order_id, why in wants.items() if order_id not in here})
    await _plan(held, connections, rows, here, started)
    _record(here, started, clock())


async def _plan(
    connection: AsyncConnection, connections: Connections, rows: Sequence[Any], wants: Mapping[str, Due], now: datetime
) -> None:
    if not rows:
        return
    views = await _views(connection, rows)
    wanted: dict[str, dict[str, Wanted]] = {
        order.id: {
            each.id: wanted_of(each, order, records, customer, customer_records)
            for each in connections
            if each.connector.plan
        }
        for order, records, customer, customer_records in views
    }
    lanes.ring(connection, await _reconcile(connection, wanted, wants, now))


def _record(wants: Mapping[str, Due], started: datetime, ended: datetime) -> None:
    for order_id, why in wants.items():
        traces.record("plan", why.cause, started, ended, order=order_id)
    metrics.orders_planned.inc(len(wants))


async def _views(
    connection: AsyncConnection, rows: Sequence[Any]
) -> list[tuple[Order, list[Record], Customer | None, list[CustomerRecord]]]:
    """Each order with its records, its golden customer and that one's records: three statements for a batch."""
    records = await _records(connection, {row.id for row in rows})
    customers = await _customers_of(connection, {row.customer_key for row in rows} - {""})
    customer_records = await _records(connection, {each.id for each in customers.values()})
    views = []
    for row in rows:
        customer = customers.get(row.customer_key)
        said = [
            record
            for record in (customer_records[customer.id] if customer else ())
            if isinstance(record, CustomerRecord)
        ]
        views.append((decode_order(row.document), records[row.id], customer, said))
    return views


async def _records(connection: AsyncConnection, golden: Iterable[str]) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = defaultdict(list)
    rows = await _records_of(connection, sorted(golden))
    rows.sort(key=lambda row: (row.connection, row.kind, row.external_id))
    for row in rows:
        record = decode_record(row.kind, row.data)
        if not record.deleted:
            found[row.golden].append(record)
    return found


async def _customers_of(connection: AsyncConnection, keys: Collection[str]) -> dict[str, Customer]:
    """Customer key -> golden customer. A key's cluster holds exactly one customer."""
    cluster_of = {row.key: row.cluster for row in await _clusters_of(connection, sorted(keys))}
    rows = await _customers_in(connection, sorted(set(cluster_of.values())))
    customer_of = {row.cluster: decode_customer(row.document) for row in rows}
    return {key: customer_of[cluster] for key, cluster in cluster_of.items() if cluster in customer_of}


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
                wanted.drifts.append(Drift(connection.id, item.about, item.expected, item.found))
            elif order.may_fulfil or not item.releases_goods:
                wanted.commands[_slot(connection.id, order.id, item)] = encode(item)
    except Exception as bug:
        fault = Drift(connection.id, "plan", "a plan", f"{type(bug).__name__}: {bug}")
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
    connection: AsyncConnection, wanted: dict[str, dict[str, Wanted]], wants: Mapping[str, Due], now: datetime
) -> set[str]:
    """Against what the outbox holds: new commands, what they supersede, what nobody wants any more, and drifts.

    Returns the lanes that have something new.
    """
    slots = {slot for plans in wanted.values() for each in plans.values() for slot in each.commands}
    newest = await outbox.newest_of(connection, slots)
    waiting: dict[str, list[Any]] = defaultdict(list)
    for row in await outbox.waiting_of(connection, wanted):
        waiting[row.order_id].append(row)
    parked = [row.id for mine in waiting.values() for row in mine if row.state == CommandState.PARKED]
    doubtful = await outbox.in_doubt(connection, parked)
    found = _Found(drifts={order_id: [] for order_id in wanted})
    for order_id, plans in wanted.items():
        for connection_id, each in plans.items():
            mine = [row for row in waiting[order_id] if row.connection == connection_id]
            _compare(order_id, connection_id, each, wants[order_id], newest, mine, doubtful, found)
    await outbox.supersede(connection, found.outdated, "something newer is wanted", now)
    await outbox.supersede(connection, found.unwanted, "not wanted any more", now)
    await drifts.stand(connection, found.drifts, now)
    return await outbox.add(connection, found.new, now)


@dataclass(slots=True)
class _Found:
    """What a batch of plans comes to."""

    new: list[New] = field(default_factory=list)
    outdated: list[str] = field(default_factory=list)  # commands that a newer one replaces
    unwanted: list[str] = field(default_factory=list)
    drifts: dict[str, list[Drift]] = field(default_factory=dict)  # of every order that was planned


def _compare(
    order_id: str,
    connection_id: str,
    plan_: Wanted,
    why: Due,
    newest: Mapping[Slot, Newest],
    mine: Sequence[Any],
    doubtful: Collection[str],
    found: _Found,
) -> None:
    """One connection's plan of one order against its commands; `mine` are those that are not done."""
    drifting = found.drifts[order_id]
    moving = any(row.state != CommandState.PARKED for row in mine)
    for slot, content in plan_.commands.items():
        known = newest.get(slot)
        last = known.live if known else None
        if last is not None and last.content == content:
            if last.state == CommandState.DONE:
                drifting.append(Drift(connection_id, slot.action, "what it was asked to do", "accepted, not done"))
            continue
        if last is not None and last.state in UNDER_WAY:
            continue  # its end makes the order due again
        settled = last is not None and (last.state == CommandState.DONE or last.id in doubtful)
        if settled and slot.action in plan_.once:
            continue
        if last is not None:
            found.outdated.append(last.id)
        found.new.append(
            New(
                slot=slot,
                order_id=order_id,
                content=content,
                fingerprint=fingerprint(slot, content, known.any.id if known else ""),
                ordinal=known.any.ordinal + 1 if known else 0,
                due=why,
            )
        )
        moving = True
    if plan_.failed or not moving:
        drifting += plan_.drifts
    found.unwanted += [
        row.id
        for row in mine
        if row.subject == order_id  # a shared subject may be wanted by another order
        and Slot(row.connection, row.subject, row.action, row.target) not in plan_.commands
        and not (row.id in doubtful and row.action in plan_.once)
        and not (plan_.failed and row.state == CommandState.PARKED)
    ]


def fingerprint(slot: Slot, content: bytes, after: str) -> str:
    """Unique for a command: the same plan made twice, or by two workers, is one.

    `after` is the command of the slot that came before: on, off and on again are three commands.
    """
    parts = [slot.connection, slot.subject, slot.action, slot.target, after]
    return hashlib.sha256("\0".join(parts).encode() + b"\0" + content).hexdigest()
