"""Lists of orders and customers: filters, search, sorting."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.order import Customer, FulfilmentState, InvoiceState, PaymentState, Stage
from hub.store.reading import ORDER_COLUMNS, StoredOrder, stored_customer, stored_order
from hub.store.reading_keyset import AnySelect, Ordering, Slice, Window, count_of, rows_of
from hub.store.tables import CustomerRow, DriftRow, OrderRow, TermRow

_LAST = "\U0010ffff"  # sorts behind every text that has the same beginning
MOST_WORDS = 8


class OrderSortKey(Enum):
    PLACED_AT = "placed_at"
    UPDATED_AT = "updated_at"
    NUMBER = "number"
    TOTAL = "total"


_SORTS: dict[OrderSortKey, tuple[tuple[Any, ...], tuple[type, ...]]] = {
    OrderSortKey.PLACED_AT: ((OrderRow.placed_at, OrderRow.id), (datetime, str)),
    OrderSortKey.UPDATED_AT: ((OrderRow.updated_at, OrderRow.id), (datetime, str)),
    OrderSortKey.NUMBER: ((OrderRow.number, OrderRow.id), (str, str)),
    # Amounts of different currencies do not compare: each currency for itself.
    OrderSortKey.TOTAL: ((OrderRow.currency, OrderRow.total_minor, OrderRow.id), (str, int, str)),
}


def order_sorting(key: OrderSortKey, *, descending: bool) -> Ordering:
    columns, types = _SORTS[key]
    name = f"{key.value}-" if descending else key.value
    return Ordering(name=name, columns=columns, types=types, descending=descending)


CUSTOMER_SORTING = Ordering(
    name="customers", columns=(CustomerRow.updated_at, CustomerRow.id), types=(datetime, str), descending=True
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """`None` and empty collections filter nothing; everything given must hold."""

    search: str = ""  # each word is the beginning of a number, an id, an e-mail address, a name…
    stages: Collection[Stage] | None = None
    payment_states: Collection[PaymentState] | None = None
    invoice_states: Collection[InvoiceState] | None = None
    fulfilment_states: Collection[FulfilmentState] | None = None
    channels: Collection[str] | None = None
    currency: str | None = None
    customer_keys: Collection[str] | None = None  # of all records of one customer
    placed_from: datetime | None = None
    placed_to: datetime | None = None
    updated_from: datetime | None = None
    updated_to: datetime | None = None
    on_hold: bool | None = None
    drifting: bool | None = None
    sale: bool | None = None
    test: bool | None = None


async def page_of_orders(
    connection: AsyncConnection, wanted: OrderFilter, ordering: Ordering, window: Window
) -> Slice[StoredOrder]:
    columns = {column.key: column for column in (*ORDER_COLUMNS, *ordering.columns)}
    statement = select(*columns.values()).where(*_conditions(wanted, connection.dialect.name))
    found = await rows_of(connection, statement, ordering, window)
    return Slice(items=[(key, stored_order(row)) for key, row in found.items], more=found.more)


async def count_of_orders(connection: AsyncConnection, wanted: OrderFilter) -> tuple[int, bool]:
    statement = select(OrderRow.id).where(*_conditions(wanted, connection.dialect.name))
    return await count_of(connection, statement)


async def orders_that_match(
    connection: AsyncConnection, ids: Collection[str], wanted: OrderFilter
) -> dict[str, StoredOrder]:
    """Those of `ids` that pass the filter now."""
    conditions = _conditions(wanted, connection.dialect.name)
    statement = select(*ORDER_COLUMNS).where(OrderRow.id.in_(sorted(ids)), *conditions)
    return {row.id: stored_order(row) for row in await connection.execute(statement)}


async def page_of_customers(connection: AsyncConnection, search: str, window: Window) -> Slice[Customer]:
    statement = _customers(search)
    found = await rows_of(connection, statement, CUSTOMER_SORTING, window)
    return Slice(items=[(key, stored_customer(row)) for key, row in found.items], more=found.more)


async def count_of_customers(connection: AsyncConnection, search: str) -> tuple[int, bool]:
    return await count_of(connection, _customers(search))


def _customers(search: str) -> AnySelect:
    statement = select(CustomerRow.id, CustomerRow.updated_at, CustomerRow.document)
    for word in _words(search):
        statement = statement.where(
            or_(
                CustomerRow.id == word,
                func.lower(CustomerRow.email).startswith(word, autoescape=True),
                func.lower(CustomerRow.name).contains(word, autoescape=True),
                CustomerRow.phone.contains(word, autoescape=True),
            )
        )
    return statement


def _words(search: str) -> list[str]:
    return search.lower().split()[:MOST_WORDS]


def _conditions(wanted: OrderFilter, dialect: str) -> Iterator[ColumnElement[bool]]:
    for word in _words(wanted.search):
        # The byte order of "C" makes a beginning a range on PostgreSQL, as it is on SQLite without being told.
        term = TermRow.term.collate("C") if dialect == "postgresql" else TermRow.term
        yield OrderRow.id.in_(select(TermRow.order_id).where(term >= word, term < word + _LAST))
    among: tuple[tuple[Any, Collection[str] | None], ...] = (
        (OrderRow.stage, wanted.stages),
        (OrderRow.payment_state, wanted.payment_states),
        (OrderRow.invoice_state, wanted.invoice_states),
        (OrderRow.fulfilment_state, wanted.fulfilment_states),
        (OrderRow.channel, wanted.channels),
        (OrderRow.customer_key, wanted.customer_keys),
    )
    for column, values in among:
        if values:
            yield column.in_(sorted(str(value) for value in values))
    exact: tuple[tuple[Any, object], ...] = (
        (OrderRow.currency, wanted.currency),
        (OrderRow.on_hold, wanted.on_hold),
        (OrderRow.is_sale, wanted.sale),
        (OrderRow.test, wanted.test),
    )
    for column, value in exact:
        if value is not None:
            yield column == value
    if wanted.drifting is not None:
        drifts = exists().where(DriftRow.order_id == OrderRow.id)
        yield drifts if wanted.drifting else ~drifts
    for times, start, end in (
        (OrderRow.placed_at, wanted.placed_from, wanted.placed_to),
        (OrderRow.updated_at, wanted.updated_from, wanted.updated_to),
    ):
        if start is not None:
            yield times >= start
        if end is not None:
            yield times < end
