"""Statements over columns of rows: one round trip for any number of them, past SQLAlchemy's work per value.

PostgreSQL takes one array per column (`unnest`, in binary: a third of the cost of text), SQLite the rows. Values are
what the columns hold: plain strings (`state.value`, no enum), `bytes`, `int`, `bool`, aware times.
"""

import contextlib
from collections import namedtuple
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

from psycopg.rows import tuple_row
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Table, Text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from hub.store.tables import Base, UtcDateTime

Column = Sequence[Any]
Rows = list[tuple[Any, ...]]

Lock = Literal["", "wait", "skip"]
_LOCKS: Final[Mapping[Lock, str]] = {"": "", "wait": " FOR UPDATE", "skip": " FOR UPDATE SKIP LOCKED"}
_PARAMETERS: Final = 30_000  # SQLite takes 32,766 in one statement
_TYPES: Final[Mapping[type[TypeEngine[Any]], str]] = {  # the exact class, so that no two can be taken for each other
    String: "text",
    Text: "text",
    LargeBinary: "bytea",
    UtcDateTime: "timestamptz",
    Integer: "int4",
    BigInteger: "int8",
    Boolean: "bool",
}


@contextlib.asynccontextmanager
async def driver_of(connection: AsyncConnection) -> AsyncIterator[Any]:
    """The driver's own connection. Its errors come as SQLAlchemy would have said them: nobody has to know both."""
    raw = await connection.get_raw_connection()
    base = connection.dialect.loaded_dbapi.Error
    try:
        yield raw.driver_connection
    except base as error:
        lost = connection.dialect.is_disconnect(error, raw.dbapi_connection, None)
        raise DBAPIError.instance(None, None, error, base, connection_invalidated=lost) from error


@dataclass(frozen=True, slots=True)
class Statement:
    """`await statement(connection, columns)` inside a transaction of SQLAlchemy's: what it returns, as tuples."""

    postgresql: str
    sqlite: Callable[[int], str]  # for so many rows
    returns: bool
    _times: tuple[bool, ...] = field(repr=False)  # by column: it holds times

    async def __call__(self, connection: AsyncConnection, columns: Sequence[Column]) -> Rows:
        if not columns[0]:
            return []
        async with driver_of(connection) as driver:
            return await self._run(connection, driver, columns)

    async def _run(self, connection: AsyncConnection, driver: Any, columns: Sequence[Column]) -> Rows:
        if connection.dialect.name == "postgresql":
            cursor = driver.cursor(row_factory=tuple_row)
            await cursor.execute(self.postgresql, self.parameters(columns), prepare=True)
            return await cursor.fetchall() if self.returns else []
        rows = self.rows(columns)
        if not self.returns:
            await driver.executemany(self.sqlite(1), rows)
            return []
        found: Rows = []
        step = _PARAMETERS // len(columns)
        for start in range(0, len(rows), step):
            some = rows[start : start + step]
            values = [value for row in some for value in row]
            found += await driver.execute_fetchall(self.sqlite(len(some)), values)
        return found

    def parameters(self, columns: Sequence[Column]) -> list[Column]:
        """The columns as PostgreSQL takes them."""
        return [
            [_aware(at) for at in each] if times else list(each)
            for each, times in zip(columns, self._times, strict=True)
        ]

    def rows(self, columns: Sequence[Column]) -> Rows:
        """The rows as SQLite stores them: times as SQLAlchemy writes them there."""
        stored = (
            [text_of(at) for at in each] if times else each for each, times in zip(columns, self._times, strict=True)
        )
        return list(zip(*stored, strict=True))


def insert(
    table: type[Base],
    names: Sequence[str],
    *,
    same: Mapping[str, str] | None = None,
    conflict: str = "",
    returning: Sequence[str] = (),
) -> Statement:
    """One new row per place in the columns. `same` is SQL for columns that are the same in all rows; the rest needs a
    default of the database's. `conflict` is SQL from `ON CONFLICT` on. With `returning` the rows that were written
    come back, in no order."""
    same = same or {}
    places = ", ".join(f"%b::{_type(table, name)}[]" for name in names)
    into = f"INSERT INTO {table.__tablename__} ({', '.join([*names, *same])})"
    tail = f" {conflict}" + (f" RETURNING {', '.join(returning)}" if returning else "")
    one = f"({', '.join(['?'] * len(names) + list(same.values()))})"
    return Statement(
        f"{into} SELECT {', '.join(['given.*', *same.values()])} FROM unnest({places}) AS given{tail}",  # noqa: S608 - names of our own tables
        lambda count: f"{into} VALUES {', '.join([one] * count)}{tail}",
        bool(returning),
        tuple(_type(table, name) == "timestamptz" for name in names),
    )


def upsert(table: type[Base], names: Sequence[str], *, same: Mapping[str, str] | None = None) -> Statement:
    """Inserts, or replaces the rest of the row where its primary key is there already. Each key only once."""
    columns = table.__table__
    assert isinstance(columns, Table)
    keys = [column.name for column in columns.primary_key]
    rest = [name for name in (*names, *(same or {})) if name not in keys]
    sets = ", ".join(f"{name} = excluded.{name}" for name in rest)
    return insert(table, names, same=same, conflict=f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {sets}")


def update(table: type[Base], names: Sequence[str], *, by: Sequence[str], also: str = "") -> Statement:
    """Sets `names` in the rows that `by` tells; the columns come in the order `names`, then `by`. `also` is SQL that
    goes on after `SET …` with what is the same for all (`part = -1`). On PostgreSQL each row may be told only once."""
    told = (*names, *by)
    places = ", ".join(f"%b::{_type(table, name)}[]" for name in told)
    here = table.__tablename__
    more = [also] if also else []
    sets = ", ".join([*(f"{name} = given.{name}" for name in names), *more])
    where = " AND ".join(f"{here}.{name} = given.{name}" for name in by)
    one = (
        f"UPDATE {here} SET {', '.join([*(f'{name} = ?' for name in names), *more])} WHERE "  # noqa: S608 - as above
        + " AND ".join(f"{name} = ?" for name in by)
    )
    return Statement(
        f"UPDATE {here} SET {sets} FROM unnest({places}) AS given({', '.join(told)}) WHERE {where}",  # noqa: S608 - as above
        lambda _: one,
        False,
        tuple(_type(table, name) == "timestamptz" for name in told),
    )


@dataclass(frozen=True, slots=True)
class Lookup:
    """`await lookup(connection, values)`: the rows in which one column is among the values, by the columns' names.

    On PostgreSQL one text for any number of values, which is prepared once.
    """

    postgresql: str
    sqlite: Callable[[int], str]  # for so many values
    _row: type[Any] = field(repr=False)
    _times: tuple[int, ...] = field(repr=False)  # the places of columns that hold times
    _flags: tuple[int, ...] = field(repr=False)  # … and of those that are true or false

    async def __call__(self, connection: AsyncConnection, values: Collection[str]) -> list[Any]:
        if not values:
            return []
        async with driver_of(connection) as driver:
            if connection.dialect.name == "postgresql":
                cursor = driver.cursor(row_factory=tuple_row)
                await cursor.execute(self.postgresql, (list(values),), prepare=True)
                return self.rows(await cursor.fetchall(), embedded=False)
            given, found = list(values), []
            for start in range(0, len(given), _PARAMETERS):
                some = given[start : start + _PARAMETERS]
                found += await driver.execute_fetchall(self.sqlite(len(some)), some)
            return self.rows(found, embedded=True)

    def rows(self, found: Iterable[tuple[Any, ...]], *, embedded: bool) -> list[Any]:
        """Rows of another statement that names the same columns; `embedded`: SQLite's."""
        return [self._row._make(self._read(row) if embedded else row) for row in found]

    def _read(self, row: tuple[Any, ...]) -> list[Any]:
        values = list(row)
        for place in self._times:
            if values[place] is not None:
                values[place] = datetime.fromisoformat(values[place]).replace(tzinfo=UTC)
        for place in self._flags:
            values[place] = bool(values[place])
        return values


def lookup(table: type[Base], names: Sequence[str], *, by: str, order: str = "", lock: Lock = "") -> Lookup:
    """`order`: a column to sort by. `lock`: holds the rows until the transaction ends, taken in that order; those that
    another holds are waited for, or left out."""
    head = f"SELECT {', '.join(names)} FROM {table.__tablename__} WHERE {by}"  # noqa: S608 - names of our own tables
    tail = f" ORDER BY {order}" if order else ""
    kinds = [_type(table, name) for name in names]
    return Lookup(
        f"{head} = ANY(%s::{_type(table, by)}[]){tail}{_LOCKS[lock]}",
        lambda count: f"{head} IN ({', '.join(['?'] * count)}){tail}",
        namedtuple(f"{table.__name__}Found", names),
        tuple(place for place, kind in enumerate(kinds) if kind == "timestamptz"),
        tuple(place for place, kind in enumerate(kinds) if kind == "bool"),
    )


@dataclass(frozen=True, slots=True)
class Query:
    """`await query(connection, *values)`: one statement as it stands, with `%s` for values; what it returns."""

    text: str

    async def __call__(self, connection: AsyncConnection, *values: Any) -> Rows:
        async with driver_of(connection) as driver:
            if connection.dialect.name == "postgresql":
                cursor = driver.cursor(row_factory=tuple_row)
                await cursor.execute(self.text, values, prepare=True)
                return list(await cursor.fetchall())
            return list(await driver.execute_fetchall(self.text.replace("%s", "?"), values))


def delete(table: type[Base], *, by: str) -> Lookup:
    """Deletes the rows in which one column is among the values. Returns them, by that column."""
    head = f"DELETE FROM {table.__tablename__} WHERE {by}"  # noqa: S608 - names of our own tables
    tail = f" RETURNING {by}"
    return Lookup(
        f"{head} = ANY(%s::{_type(table, by)}[]){tail}",
        lambda count: f"{head} IN ({', '.join(['?'] * count)}){tail}",
        namedtuple(f"{table.__name__}Deleted", [by]),
        (),
        (),
    )


def every(table: type[Base]) -> list[str]:
    """The names of all columns."""
    columns = table.__table__
    assert isinstance(columns, Table)
    return [column.name for column in columns.columns]


def _type(table: type[Base], name: str) -> str:
    columns = table.__table__
    assert isinstance(columns, Table)
    return _TYPES[type(columns.columns[name].type)]


def _aware(at: datetime | None) -> datetime | None:
    if at is not None and at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return at


def text_of(at: datetime | None) -> str | None:
    """A time as SQLite stores it."""
    aware = _aware(at)
    return None if aware is None else aware.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
