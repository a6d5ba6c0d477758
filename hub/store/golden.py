"""Records and the golden rows that are folded from them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.decide.changes import Told
from hub.decide.codec import digest
from hub.domain.order import Customer, Order
from hub.domain.records import Record
from hub.store.dialects import insert, upsert
from hub.store.outbox import one_of_each_slot
from hub.store.tables import (
    ChangeRow,
    CounterRow,
    CustomerRow,
    DriftRow,
    HoldRow,
    OrderRow,
    OutboxRow,
    RecordRow,
    TermRow,
)

CHANGES = "changes"  # the bell that rings when there is something new in the timeline
_AT_ONCE = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why something changed: an event, a command or an intent, and who is behind it."""

    id: str
    actor: str


# ----------------------------------------------------------------------------------------------------- records


async def records_of(connection: AsyncConnection, clusters: Collection[str]) -> Sequence[Any]:
    rows = await connection.execute(select(RecordRow.__table__).where(RecordRow.cluster.in_(sorted(clusters))))
    return rows.all()


def record_row(record: Record, data: bytes, cluster: str, golden: str, event_id: str, now: datetime) -> dict[str, Any]:
    return {
        "connection": record.source.connection,
        "kind": record.source.kind.value,
        "external_id": record.source.external_id,
        "version": record.version,
        "digest": digest(data),
        "data": data,
        "cluster": cluster,
        "golden": golden,
        "event_id": event_id,
        "seen_at": now,
    }


async def write_records(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        await connection.execute(upsert(connection.dialect.name, RecordRow), list(rows))


async def assign(connection: AsyncConnection, golden_of: Iterable[tuple[tuple[str, str, str], str]]) -> None:
    """((connection, kind, external id), golden id) of records that moved."""
    moved = [{"c": key[0], "k": key[1], "e": key[2], "g": golden} for key, golden in golden_of]
    if moved:
        await connection.execute(
            update(RecordRow.__table__)  # type: ignore[arg-type]
            .where(
                RecordRow.connection == bindparam("c"),
                RecordRow.kind == bindparam("k"),
                RecordRow.external_id == bindparam("e"),
            )
            .values(golden=bindparam("g")),
            moved,
        )


# ------------------------------------------------------------------------------------------------------ orders


async def orders_of(connection: AsyncConnection, clusters: Collection[str]) -> dict[str, Any]:
    rows = await connection.execute(
        select(OrderRow.id, OrderRow.document, OrderRow.version, OrderRow.customer_key).where(
            OrderRow.cluster.in_(sorted(clusters))
        )
    )
    return {row.id: row for row in rows}


def order_row(order: Order, document: bytes, cluster: str, version: int) -> dict[str, Any]:
    return {
        "id": order.id,
        "cluster": cluster,
        "number": order.number[:255],
        "channel": order.channel,
        "is_sale": order.is_sale,
        "stage": order.stage.value,
        "payment_state": order.payment_state.value,
        "invoice_state": order.invoice_state.value,
        "fulfilment_state": order.fulfilment_state.value,
        "on_hold": any(hold.active for hold in order.holds),
        "test": order.test,
        "currency": order.currency,
        "total_minor": order.total.minor,
        "placed_at": order.placed_at,
        "updated_at": order.updated_at,
        "customer_key": order.customer.key if order.customer else "",
        "document": document,
        "version": version,
        "plan_due": 1,
    }


async def write_orders(connection: AsyncConnection, orders: Sequence[tuple[Order, dict[str, Any]]]) -> None:
    """Rows, search terms and the index of holds, of orders whose cluster is locked."""
    if not orders:
        return
    dialect = connection.dialect.name
    await connection.execute(upsert(dialect, OrderRow), [row for _, row in orders])
    ids = [order.id for order, _ in orders]
    await connection.execute(delete(TermRow).where(TermRow.order_id.in_(ids)))
    await connection.execute(delete(HoldRow).where(HoldRow.order_id.in_(ids)))
    terms = [{"term": term, "order_id": order.id} for order, _ in orders for term in sorted(terms_of(order))]
    if terms:
        await connection.execute(insert(dialect, TermRow).on_conflict_do_nothing(), terms)
    holds = [
        {"id": hold.id, "order_id": order.id, "kind": hold.kind.value, "active": hold.active}
        for order, _ in orders
        for hold in order.holds
    ]
    if holds:
        await connection.execute(insert(dialect, HoldRow).on_conflict_do_nothing(), holds)


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


async def mark_due(connection: AsyncConnection, customer_keys: Collection[str]) -> None:
    """The orders of these customers want a plan."""
    if customer_keys:
        await connection.execute(
            update(OrderRow).where(OrderRow.customer_key.in_(sorted(customer_keys))).values(plan_due=1)
        )


# --------------------------------------------------------------------------------------------------- customers


async def customers_of(connection: AsyncConnection, clusters: Collection[str]) -> dict[str, bytes]:
    rows = await connection.execute(
        select(CustomerRow.id, CustomerRow.document).where(CustomerRow.cluster.in_(sorted(clusters)))
    )
    return {row.id: row.document for row in rows}


async def write_customers(connection: AsyncConnection, customers: Sequence[tuple[Customer, bytes, str]]) -> None:
    if customers:
        await connection.execute(
            upsert(connection.dialect.name, CustomerRow),
            [
                {
                    "id": customer.id,
                    "cluster": cluster,
                    "name": customer.name[:255],
                    "email": customer.email.lower()[:255],
                    "phone": customer.phone[:64],
                    "updated_at": customer.updated_at,
                    "document": document,
                }
                for customer, document, cluster in customers
            ],
        )


async def forget_customers(connection: AsyncConnection, ids: Collection[str]) -> None:
    if ids:
        await connection.execute(delete(CustomerRow).where(CustomerRow.id.in_(sorted(ids))))


# ---------------------------------------------------------------------------------------------------- timeline


async def write_changes(
    connection: AsyncConnection, changes: Sequence[tuple[str, Told, Cause]], now: datetime
) -> dict[str, int]:
    """(order id, what differs, why). Returns each order's newest sequence number.

    The counter's row lock is held until the commit, so cursors are gap-free in the order of commits: a reader that has
    seen a cursor has seen all before it. Call it last, to hold the lock for the shortest time.
    """
    if not changes:
        return {}
    seqs = await sequences(connection, {order_id for order_id, _, _ in changes})
    counter = insert(connection.dialect.name, CounterRow).values(name=CHANGES, value=len(changes))
    last = await connection.scalar(
        counter.on_conflict_do_update(
            index_elements=["name"], set_={"value": CounterRow.value + len(changes)}
        ).returning(CounterRow.value)
    )
    assert last is not None
    rows = []
    for cursor, (order_id, told, cause) in enumerate(changes, start=last - len(changes) + 1):
        seqs[order_id] += 1
        rows.append(
            {
                "cursor": cursor,
                "order_id": order_id,
                "seq": seqs[order_id],
                "at": now,
                "cause": cause.id,
                "actor": cause.actor,
                "summary": told.summary,
                "fields": msgspec.json.encode(told.fields),
            }
        )
    await connection.execute(insert(connection.dialect.name, ChangeRow), rows)
    return dict(seqs)


async def sequences(connection: AsyncConnection, order_ids: Collection[str]) -> defaultdict[str, int]:
    """The newest sequence number of each order; 0 where it has no change yet."""
    rows = await connection.execute(
        select(ChangeRow.order_id, func.max(ChangeRow.seq).label("seq"))
        .where(ChangeRow.order_id.in_(sorted(order_ids)))
        .group_by(ChangeRow.order_id)
    )
    return defaultdict(int, {row.order_id: row.seq for row in rows})
