"""Pages by key: the next page starts behind the last row that was seen, so page 1,000 costs what page 1 does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Row, Select, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

T = TypeVar("T")
AnySelect = Select[*tuple[Any, ...]]
AnyRow = Row[*tuple[Any, ...]]
Key = tuple[Any, ...]  # the values of the columns that a list is sorted by; the last one is unique

COUNT_LIMIT = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordering:
    """How a list is sorted. All columns in one direction, so that one row comparison says what comes behind a key."""

    name: str  # stands in the cursor: one of another list, or of another sorting, is refused
    columns: tuple[InstrumentedAttribute[Any], ...]
    types: tuple[type, ...]
    descending: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """`limit` rows behind `after` and before `before`; the first ones of these, or the `last` ones."""

    limit: int
    after: Key | None = None
    before: Key | None = None
    last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice(Generic[T]):
    items: Sequence[tuple[Key, T]]
    more: bool  # there is at least one behind the window, in the direction in which it was read


async def rows_of(
    connection: AsyncConnection, statement: AnySelect, ordering: Ordering, window: Window
) -> Slice[AnyRow]:
    """`statement` must select the ordering's columns. Reads one row more than asked, to know whether there is more."""
    if window.after is not None:
        statement = statement.where(_beyond(ordering, window.after, forward=True))
    if window.before is not None:
        statement = statement.where(_beyond(ordering, window.before, forward=False))
    descending = ordering.descending is not window.last
    by = [column.desc() if descending else column.asc() for column in ordering.columns]
    rows = (await connection.execute(statement.order_by(*by).limit(window.limit + 1))).all()
    kept = rows[: window.limit]
    if window.last:
        kept = list(reversed(kept))
    return Slice(
        items=[(tuple(getattr(row, column.key) for column in ordering.columns), row) for row in kept],
        more=len(rows) > window.limit,
    )


async def count_of(connection: AsyncConnection, statement: AnySelect) -> tuple[int, bool]:
    """(how many, whether that is exact): counting stops at `COUNT_LIMIT`, since a count must not be the slow part."""
    some = statement.with_only_columns(literal(1), maintain_column_froms=True).order_by(None)
    bounded = some.limit(COUNT_LIMIT + 1).subquery()
    found = (await connection.execute(select(func.count()).select_from(bounded))).scalar_one()
    return min(found, COUNT_LIMIT), found <= COUNT_LIMIT


def _beyond(ordering: Ordering, key: Key, *, forward: bool) -> ColumnElement[bool]:
    columns = tuple_(*ordering.columns)
    values = tuple_(*(literal(value, column.type) for value, column in zip(key, ordering.columns, strict=True)))
    return columns < values if ordering.descending is forward else columns > values
