"""Statements over columns of rows: one round trip for any number of them, past SQLAlchemy's work per value.

PostgreSQL takes one array per column (`unnest`, in binary: a third of the cost of text), SQLite the rows. Values are
what the columns hold: plain strings (`state.value`, no enum), `bytes`, `int`, `bool`, aware times.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from psycopg.rows import tuple_row
from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Table, Text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from hub.store.tables import Base, UtcDateTime

Column = Sequence[Any]
Rows = list[tuple[Any, ...]]

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
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver is not None
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
            [_text(at) for at in each] if times else each for each, times in zip(columns, self._times, strict=True)
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


def _type(table: type[Base], name: str) -> str:
    columns = table.__table__
    assert isinstance(columns, Table)
    return _TYPES[type(columns.columns[name].type)]


def _aware(at: datetime | None) -> datetime | None:
    if at is not None and at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return at


def _text(at: datetime | None) -> str | None:
    aware = _aware(at)
    return None if aware is None else aware.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
