"""Records and the golden rows that are folded from them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.decide.changes import Told as Difference
from hub.domain.order import Customer, Order
from hub.domain.records import Record
from hub.store import arrays
from hub.store.database import Database
from hub.store.due import Due
from hub.store.outbox import one_of_each_slot
from hub.store.tables import (
    ChangeRow,
    CustomerRow,
    DriftRow,
    HoldRow,
    OrderRow,
    OutboxRow,
    RecordRow,
    TermRow,
)

CHANGES = "changes"  # the bell that rings when there is something new in the timeline

_RECORD = ("connection", "kind", "external_id", "version", "digest", "data", "cluster", "golden", "event_id", "seen_at")
_ORDER = (
    "id", "cluster", "number", "channel", "is_sale", "stage", "payment_state", "invoice_state", "fulfilment_state",
    "on_hold", "test", "currency", "total_minor", "placed_at", "updated_at", "customer_key", "document", "version",
)  # fmt: skip
_CUSTOMER = ("id", "cluster", "name", "email", "phone", "updated_at", "document")

_records_of = arrays.lookup(RecordRow, _RECORD, by="cluster")
_orders_of = arrays.lookup(OrderRow, ("id", "document", "version", "customer_key"), by="cluster")
_customers_of = arrays.lookup(CustomerRow, ("id", "document"), by="cluster")
_write_records = arrays.upsert(RecordRow, _RECORD)
_write_orders = arrays.upsert(OrderRow, _ORDER, same={"plan_due": "0"})  # `due` tells; a mark is of the version before
_write_customers = arrays.upsert(CustomerRow, _CUSTOMER)
_assign = arrays.update(RecordRow, ("golden",), by=("connection", "kind", "external_id"))
_add_terms = arrays.insert(TermRow, ("term", "order_id"), conflict="ON CONFLICT DO NOTHING")
_add_holds = arrays.insert(HoldRow, ("id", "order_id", "kind", "active"), conflict="ON CONFLICT DO NOTHING")
_numbers_of = arrays.lookup(ChangeRow, ("order_id", "seq"), by="order_id")
_forget_terms = arrays.delete(TermRow, by="order_id")
_forget_holds = arrays.delete(HoldRow, by="order_id")
_count = arrays.Query(
    "INSERT INTO counters (name, value) VALUES (%s, %s)"
    " ON CONFLICT (name) DO UPDATE SET value = counters.value + excluded.value RETURNING value"
)
_add_changes = arrays.insert(ChangeRow, ("cursor", "order_id", "seq", "at", "cause", "actor", "summary", "fields"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why something changed: an event, a command or an intent, and who is behind it."""

    id: str
    actor: str
    root: str = ""  # the event or intent that a command's reply goes back to; "": it is one itself
    background: bool = False  # what follows from it goes behind all that is live

    @property
    def due(self) -> Due:
        """Why the orders that it changed want a plan."""
        return Due(self.root or self.id, self.background)


# ----------------------------------------------------------------------------------------------------- records


async def records_of(connection: AsyncConnection, clusters: Collection[str]) -> Sequence[Any]:
    return await _records_of(connection, clusters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A record to write, with its bytes, and whose it is."""

    record: Record
    data: bytes
    digest: str
    cluster: str
    golden: str
    event_id: str


async def write_records(connection: AsyncConnection, told: Sequence[Told], now: datetime) -> None:
    rows = sorted(told, key=lambda each: each.record.source)  # as all locks of several rows
    await _write_records(
        connection,
        [
            [each.record.source.connection for each in rows],
            [each.record.source.kind.value for each in rows],
            [each.record.source.external_id for each in rows],
            [each.record.version for each in rows],
            [each.digest for each in rows],
            [each.data for each in rows],
            [each.cluster for each in rows],
            [each.golden for each in rows],
            [each.event_id for each in rows],
            [now] * len(rows),
        ],
    )


async def assign(connection: AsyncConnection, golden_of: Iterable[tuple[tuple[str, str, str], str]]) -> None:
    """((connection, kind, external id), golden id) of records that moved."""
    moved = [(golden, *key) for key, golden in golden_of]
    if moved:
        await _assign(connection, list(zip(*moved, strict=True)))


# ------------------------------------------------------------------------------------------------------ orders


async def orders_of(connection: AsyncConnection, clusters: Collection[str]) -> dict[str, Any]:
    return {row.id: row for row in await _orders_of(connection, clusters)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An order to write. `was`: there is a row of it. `before`: as it stood; `None`: its indices are written anew."""

    order: Order
    document: bytes
    cluster: str
    version: int
    was: bool
    before: Order | None


async def write_orders(connection: AsyncConnection, written: Sequence[Written]) -> None:
    """Rows, search terms and the index of holds, of orders whose cluster is locked."""
    if not written:
        return
    rows = sorted(written, key=lambda each: each.order.id)
    orders = [each.order for each in rows]
    await _write_orders(
        connection,
        [
            [order.id for order in orders],
            [each.cluster for each in rows],
            [order.number[:255] for order in orders],
            [order.channel for order in orders],
            [order.is_sale for order in orders],
            [order.stage.value for order in orders],
            [order.payment_state.value for order in orders],
            [order.invoice_state.value for order in orders],
            [order.fulfilment_state.value for order in orders],
            [any(hold.active for hold in order.holds) for order in orders],
            [order.test for order in orders],
            [order.currency for order in orders],
            [order.total.minor for order in orders],
            [order.placed_at for order in orders],
            [order.updated_at for order in orders],
            [order.customer.key if order.customer else "" for order in orders],
            [each.document for each in rows],
            [each.version for each in rows],
        ],
    )
    await _index_terms(connection, rows)
    await _index_holds(connection, rows)


async def _index_terms(connection: AsyncConnection, rows: Sequence[Written]) -> None:
    await _forget_terms(connection, [each.order.id for each in rows if each.before is None and each.was])
    added: list[tuple[str, str]] = []
    for each in rows:
        terms = terms_of(each.order)
        before = terms_of(each.before) if each.before else set()
        added += [(term, each.order.id) for term in sorted(terms - before)]
        if gone := before - terms:
            await connection.execute(delete(TermRow).where(TermRow.order_id == each.order.id, TermRow.term.in_(gone)))
    if added:
        await _add_terms(connection, list(zip(*added, strict=True)))


async def _index_holds(connection: AsyncConnection, rows: Sequence[Written]) -> None:
    moved = [each for each in rows if each.before is None or each.before.holds != each.order.holds]
    await _forget_holds(connection, [each.order.id for each in moved if each.was])
    holds = [(hold.id, each.order.id, hold.kind.value, hold.active) for each in moved for hold in each.order.holds]
    if holds:
        await _add_holds(connection, list(zip(*holds, strict=True)))


def terms_of(order: Order) -> set[str]:
    """What somebody on the phone may read out: numbers, ids, e-mail, names, tracking numbers."""
    words = {order.number, order.number.lstrip("#"), order.email, order.phone, order.name, *order.name.split()}
    words |= {view.source.external_id for view in order.sources}
    words |= {number for shipment in order.shipments for number in shipment.tracking_numbers}
    words |= {invoice.number for invoice in order.invoices} | {note.number for note in order.credit_notes}
    return {word.strip().lower()[:255] for word in words if word.strip()}


async def absorb(connection: AsyncConnection, gone: Mapping[str, str], now: datetime) -> None:
    """Orders that are part of another one now: their rows go, their commands move. `gone`: old id -> new id."""
    if not gone:
        return
    await connection.execute(delete(OrderRow).where(OrderRow.id.in_(gone)))
    await connection.execute(delete(TermRow).where(TermRow.order_id.in_(gone)))
    await connection.execute(delete(HoldRow).where(HoldRow.order_id.in_(gone)))
    await connection.execute(delete(DriftRow).where(DriftRow.order_id.in_(gone)))
    for old, new in gone.items():
        await connection.execute(update(OutboxRow).where(OutboxRow.order_id == old).values(order_id=new))
        last = await connection.scalar(select(func.max(OutboxRow.ordinal)).where(OutboxRow.subject == new))
        await connection.execute(
            update(OutboxRow)
            .where(OutboxRow.subject == old)
            .values(subject=new, ordinal=OutboxRow.ordinal + (0 if last is None else last + 1))
        )
        await one_of_each_slot(connection, new, now)


async def orders_of_customers(connection: AsyncConnection, customer_keys: Collection[str]) -> list[str]:
    if not customer_keys:
        return []
    return list(await connection.scalars(select(OrderRow.id).where(OrderRow.customer_key.in_(sorted(customer_keys)))))


# --------------------------------------------------------------------------------------------------- customers


async def customers_of(connection: AsyncConnection, clusters: Collection[str]) -> dict[str, bytes]:
    return {row.id: row.document for row in await _customers_of(connection, clusters)}


async def write_customers(connection: AsyncConnection, customers: Sequence[tuple[Customer, bytes, str]]) -> None:
    rows = sorted(customers, key=lambda each: each[0].id)
    await _write_customers(
        connection,
        [
            [customer.id for customer, _, _ in rows],
            [cluster for _, _, cluster in rows],
            [customer.name[:255] for customer, _, _ in rows],
            [customer.email.lower()[:255] for customer, _, _ in rows],
            [customer.phone[:64] for customer, _, _ in rows],
            [customer.updated_at for customer, _, _ in rows],
            [document for _, document, _ in rows],
        ],
    )


async def forget_customers(connection: AsyncConnection, ids: Collection[str]) -> None:
    if ids:
        await connection.execute(delete(CustomerRow).where(CustomerRow.id.in_(sorted(ids))))


# ---------------------------------------------------------------------------------------------------- timeline


@dataclass(frozen=True, slots=True, kw_only=True)
class NewChange:
    """What differs in an order, why, and which of its changes this is."""

    order_id: str
    seq: int
    told: Difference
    cause: Cause


async def write_changes(connection: AsyncConnection, changes: Sequence[NewChange], now: datetime) -> None:
    """The counter's row lock is held until the commit, so cursors are gap-free in the order of commits: a reader that
    has seen a cursor has seen all before it. Call it last, to hold the lock for the shortest time.
    """
    if not changes:
        return
    [(last,)] = await _count(connection, CHANGES, len(changes))
    await _add_changes(
        connection,
        [
            list(range(last - len(changes) + 1, last + 1)),
            [each.order_id for each in changes],
            [each.seq for each in changes],
            [now] * len(changes),
            [each.cause.id for each in changes],
            [each.cause.actor for each in changes],
            [each.told.summary for each in changes],
            [msgspec.json.encode(each.told.fields) for each in changes],
        ],
    )
    Database.tell(connection, CHANGES)


async def sequences(connection: AsyncConnection, order_ids: Collection[str]) -> dict[str, int]:
    """The newest sequence number of each of these orders that has changes."""
    found: dict[str, int] = {}
    for row in await _numbers_of(connection, order_ids):
        found[row.order_id] = max(row.seq, found.get(row.order_id, 0))
    return found
