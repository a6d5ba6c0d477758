"""Golden orders and customers as they are stored, and the ways to find one."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.order import Customer, Order
from hub.domain.records import Kind, Source
from hub.store.reading_keyset import AnyRow, AnySelect
from hub.store.tables import CustomerRow, KeyRow, OrderRow, RecordRow


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrder(Order):
    """A golden order with what the hub keeps beside the fold."""

    version: int = 0  # grows with each change
    customer_key: str = ""  # "" for a guest without contact


class Ambiguous(LookupError):
    """What was asked for names several orders."""


_order = msgspec.json.Decoder(StoredOrder).decode
_customer = msgspec.json.Decoder(Customer).decode

ORDER_COLUMNS = (OrderRow.id, OrderRow.document, OrderRow.version, OrderRow.customer_key)


def stored_order(row: AnyRow) -> StoredOrder:
    return replace(_order(row.document), version=row.version, customer_key=row.customer_key)


def stored_customer(row: AnyRow) -> Customer:
    return _customer(row.document)


async def orders_by_id(connection: AsyncConnection, ids: Collection[str]) -> dict[str, StoredOrder]:
    """By any id that the order ever had: its own, or that of an order which was merged into it."""
    found = await _orders(connection, select(*ORDER_COLUMNS).where(OrderRow.id.in_(sorted(ids))))
    if aliases := await _aliases(connection, [each for each in ids if each not in found]):
        merged = await _orders(connection, select(*ORDER_COLUMNS).where(OrderRow.id.in_(sorted(set(aliases.values())))))
        found |= {alias: merged[golden] for alias, golden in aliases.items() if golden in merged}
    return found


async def order_by_number(connection: AsyncConnection, number: str) -> StoredOrder | None:
    """Raises `Ambiguous`: two stores may well have an order 1001."""
    if not number:
        return None
    found = await _orders(connection, select(*ORDER_COLUMNS).where(OrderRow.number == number).limit(2))
    return _only(list(found.values()), f"number {number}")


async def order_by_source(
    connection: AsyncConnection, source: str, kind: Kind | None, external_id: str
) -> StoredOrder | None:
    """By a system's own id of a record of the order. Without a kind, all kinds are looked at; raises `Ambiguous`."""
    statement = select(RecordRow.golden).where(
        RecordRow.connection == source,
        RecordRow.external_id == external_id,
        RecordRow.kind == kind if kind is not None else RecordRow.kind != Kind.CUSTOMER,
    )
    goldens = select(*ORDER_COLUMNS).where(OrderRow.id.in_(statement)).limit(2)
    found = await _orders(connection, goldens)
    return _only(list(found.values()), f"{source}/{external_id}")


async def customers_by_id(connection: AsyncConnection, ids: Collection[str]) -> dict[str, Customer]:
    """By any id that the customer ever had, which includes the own key of each of its records."""
    found = await _customers(connection, ids)
    if aliases := await _aliases(connection, [each for each in ids if each not in found]):
        merged = await _customers(connection, set(aliases.values()))
        found |= {alias: merged[golden] for alias, golden in aliases.items() if golden in merged}
    return found


def _only(orders: Sequence[StoredOrder], what: str) -> StoredOrder | None:
    if len(orders) > 1:
        raise Ambiguous(f"{what} is the name of several orders")
    return orders[0] if orders else None


async def _orders(connection: AsyncConnection, statement: AnySelect) -> dict[str, StoredOrder]:
    return {row.id: stored_order(row) for row in await connection.execute(statement)}


async def _customers(connection: AsyncConnection, ids: Collection[str]) -> dict[str, Customer]:
    statement = select(CustomerRow.id, CustomerRow.document).where(CustomerRow.id.in_(sorted(ids)))
    return {row.id: stored_customer(row) for row in await connection.execute(statement)}


async def _aliases(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, str]:
    """Where keys that are no golden id lead to: key -> cluster -> the record whose own key it is -> its golden thing.

    A key that no record owns (one that was only claimed) leads to the cluster's golden thing if there is just one.
    """
    if not keys:
        return {}
    statement = select(KeyRow.key, KeyRow.cluster).where(KeyRow.key.in_(sorted(keys)))
    clusters = {row.key: row.cluster for row in await connection.execute(statement)}
    if not clusters:
        return {}
    owners: dict[str, str] = {}
    goldens: dict[str, set[str]] = defaultdict(set)
    columns = (RecordRow.connection, RecordRow.kind, RecordRow.external_id, RecordRow.golden, RecordRow.cluster)
    for row in await connection.execute(select(*columns).where(RecordRow.cluster.in_(sorted(set(clusters.values()))))):
        owners[Source(row.connection, Kind(row.kind), row.external_id).key] = row.golden
        goldens[row.cluster].add(row.golden)
    return {
        key: owners[key] if key in owners else next(iter(goldens[cluster]))
        for key, cluster in clusters.items()
        if key in owners or len(goldens[cluster]) == 1
    }
