"""Fills a database with so many orders whose work is done, fast: a few that the hub itself made, copied by the server.

Whatever names an order or stands for it is renamed with each copy, in columns and inside documents: its number, its
derived ids, its cluster. Ids that were drawn become others, older than any of today. So the hub reads what it would
have written itself: a rebuild finds the same documents.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Column, DateTime, LargeBinary, String, Text

from bench.same_work.work import SINKS
from hub.domain.ids import derived_id
from hub.domain.money import Money
from hub.domain.order import HoldKind
from hub.domain.records import Kind, Source
from hub.store.tables import Base, UtcDateTime

# The tables that grow with this work, and which rows of each belong to an order `o`.
_OF_ORDER: Mapping[str, str] = {
    "inbox": "t.order_id = o.id",
    "clusters": "t.id = o.cluster",
    "keys": "t.cluster = o.cluster",
    "records": "t.cluster = o.cluster",
    "orders": "t.id = o.id",
    "order_terms": "t.order_id = o.id",
    "holds": "t.order_id = o.id",
    "changes": "t.order_id = o.id",
    "outbox": "t.order_id = o.id",
    "attempts": "t.command_id IN (SELECT id FROM outbox WHERE order_id = o.id)",
}
TABLES = tuple(_OF_ORDER)
_DRAWN = {
    "inbox.id",
    "records.event_id",
    "changes.cause",
    "outbox.id",
    "outbox.lease",
    "outbox.cause",
    "attempts.id",
    "attempts.command_id",
}
_NAMES = ("number", "id", "cluster", "hold", *(f"told_{sink}" for sink in SINKS))

Run = Callable[[str], psycopg.Cursor[Any]]


def number(n: int) -> str:
    """Of the copy `n`, from 1."""
    return f"fill-{n:06d}"


def fill(url: str, orders: int) -> None:
    """The database holds a few orders at rest, all of this work; then so many more. Indices are built at the end."""
    with psycopg.connect(url, autocommit=True) as connection:

        def run(statement: str) -> psycopg.Cursor[Any]:
            return connection.execute(statement.encode())

        run("SET synchronous_commit = off")
        run("SET maintenance_work_mem = '512MB'")
        totals, changes = _templates(run)
        _copies(connection, orders, totals)
        (last,) = run("SELECT max(cursor) FROM changes").fetchone() or (0,)
        own = _Own(orders=orders, changes=changes, last=last)
        for table, condition in _OF_ORDER.items():
            run(f"CREATE TEMP TABLE t_{table} AS SELECT o.template, t.* FROM {table} t JOIN o ON {condition}")  # noqa: S608
            run(f"ANALYZE t_{table}")
        rebuilt = _without_indices(run)
        for table in TABLES:
            _copy(run, table, own)
        for statement in rebuilt:
            run(statement)
        run("UPDATE counters SET value = (SELECT max(cursor) FROM changes) WHERE name = 'changes'")
        run("VACUUM (ANALYZE)")
        run("CHECKPOINT")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """What the server has to know to give each copy cursors and times of its own."""

    orders: int
    changes: int  # of each order
    last: int  # cursor before the first copy


def _names(number: str, cluster: str, total: str) -> tuple[str, ...]:
    """What stands for an order that nobody paid, in the order of `_NAMES`."""
    order = Source("shop", Kind.ORDER, number).key
    hold = derived_id("hld", order, HoldKind.PAYMENT_NOT_VERIFIED, total)
    return (number, order, cluster, hold, *(Source(sink, Kind.DEAL, f"{sink}-{number}").key for sink in SINKS))


def _templates(run: Run) -> tuple[list[str], int]:
    """Table `o`: orders with as many changes as most have, so that the cursors of their copies leave no gap.

    Returns the total of each, and how many changes each has.
    """
    rows = run(
        "SELECT number, cluster, total_minor, currency, (SELECT count(*) FROM changes WHERE order_id = o.id)"
        " FROM orders o ORDER BY number"
    ).fetchall()
    seen: list[int] = [row[-1] for row in rows]
    usual = max(set(seen), key=seen.count)
    chosen = [
        (name, cluster, str(Money(minor, currency))) for name, cluster, minor, currency, many in rows if many == usual
    ]
    run(f"CREATE TEMP TABLE o (template int, {', '.join(f'{name} text' for name in _NAMES)})")
    for template, names in enumerate(chosen):
        values = ", ".join(f"'{value}'" for value in _names(*names))
        run(f"INSERT INTO o VALUES ({template}, {values})")  # noqa: S608
    return [total for _, _, total in chosen], usual


def _copies(connection: psycopg.Connection[Any], orders: int, totals: Sequence[str]) -> None:
    """Table `m`: what each copy is called, and which order it is a copy of."""
    with connection.cursor() as cursor:
        columns = ", ".join(f"{name} text" for name in _NAMES)
        cursor.execute(f"CREATE TEMP TABLE m (n int, template int, {columns})".encode())
        with cursor.copy("COPY m FROM STDIN") as copy:
            for n in range(1, orders + 1):
                template = n % len(totals)
                copy.write_row((n, template, *_names(number(n), f"clu_{n:026d}", totals[template])))
        cursor.execute("ANALYZE m")


def _without_indices(run: Run) -> list[str]:
    """Drops them, with primary keys. Returns the statements that build them again."""
    of = ", ".join(f"'{table}'::regclass" for table in TABLES)
    keys = run(
        "SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint"  # noqa: S608
        f" WHERE contype = 'p' AND conrelid IN ({of})"
    ).fetchall()
    rebuilt = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {words}" for table, name, words in keys]
    for table, name, _ in keys:
        run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    indices = run(
        "SELECT indexrelid::regclass, pg_get_indexdef(indexrelid) FROM pg_index"  # noqa: S608
        f" WHERE indrelid IN ({of})"
    ).fetchall()
    for name, _ in indices:
        run(f"DROP INDEX {name}")
    return [*rebuilt, *(words for _, words in indices)]


def _copy(run: Run, table: str, own: _Own) -> None:
    columns = list(Base.metadata.tables[table].columns)
    renamed = _renamed(run, table, columns)
    values = {column.name: _value(column, renamed[column.name], own) for column in columns}
    if table == "records":
        values["digest"] = f"left(encode(sha256({values['data']}), 'hex'), 40)"
    names = ", ".join(f'"{name}"' for name in values)
    copies = f"m JOIN o USING (template) JOIN t_{table} t USING (template)"
    run(f"INSERT INTO {table} ({names}) SELECT {', '.join(values.values())} FROM {copies}")  # noqa: S608


def _renamed(run: Run, table: str, columns: Sequence[Column[Any]]) -> dict[str, list[str]]:
    """Which names stand in which columns: only those are looked for in each copy."""
    asked = [(column, name) for column in columns if _is_text(column) or _is_bytes(column) for name in _NAMES]
    found = ", ".join(f"bool_or(position(o.{name} in {_words(column)}) > 0)" for column, name in asked)
    row = run(f"SELECT {found} FROM t_{table} t JOIN o USING (template)").fetchone() or ()  # noqa: S608
    renamed: dict[str, list[str]] = {column.name: [] for column in columns}
    for (column, name), stands in zip(asked, row, strict=True):
        if stands:
            renamed[column.name].append(name)
    return renamed


def _value(column: Column[Any], names: Sequence[str], own: _Own) -> str:
    at = f"{column.table.name}.{column.name}"
    here = f't."{column.name}"'
    match at:
        case "changes.cursor":
            return f"{own.last} + (m.n - 1) * {own.changes} + t.seq"
        case "outbox.fingerprint":
            return "encode(sha256(convert_to(t.fingerprint || m.n, 'UTF8')), 'hex')"
    if at in _DRAWN:
        older = f"split_part({here}, '_', 1) || '_' || lpad(to_hex(m.n), 10, '0') || right({here}, 16)"
        return f"CASE {here} WHEN '' THEN '' ELSE {older} END"
    if isinstance(column.type, DateTime | UtcDateTime):
        return f"{here} - make_interval(mins => {own.orders} - m.n)"
    words = _words(column)
    for name in names:
        words = f"replace({words}, o.{name}, m.{name})"
    if not names:
        return here
    return f"convert_to({words}, 'UTF8')" if _is_bytes(column) else words


def _words(column: Column[Any]) -> str:
    here = f't."{column.name}"'
    return f"convert_from({here}, 'UTF8')" if _is_bytes(column) else here


def _is_text(column: Column[Any]) -> bool:
    return isinstance(column.type, String | Text)


def _is_bytes(column: Column[Any]) -> bool:
    return isinstance(column.type, LargeBinary)


def sizes(url: str) -> Iterator[tuple[str, int, float, Mapping[str, float]]]:
    """Of each table that grew: name, rows, MB without indices, MB of each index."""
    with psycopg.connect(url) as connection:
        for table in TABLES:
            count = connection.execute(f"SELECT count(*), pg_table_size('{table}') / 1e6 FROM {table}".encode())  # noqa: S608
            rows, megabytes = count.fetchone() or (0, 0)
            found = connection.execute(
                "SELECT indexrelid::regclass::text, pg_relation_size(indexrelid) / 1e6 FROM pg_index"
                " WHERE indrelid = %s::regclass ORDER BY 1",
                (table,),
            )
            yield table, int(rows), float(megabytes), {name: float(size) for name, size in found}
