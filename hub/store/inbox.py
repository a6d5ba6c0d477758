"""The inbox table: events kept raw, claimed by hash partition, and how each one ended."""

import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from psycopg.rows import tuple_row
from sqlalchemy import ColumnElement, and_, bindparam, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.errors import Refused
from hub.domain.ids import new_id
from hub.store import arrays
from hub.store.dialects import insert
from hub.store.tables import AuditRow, InboxRow, PartitionRow
from hub.store.texts import storable

PARTITIONS = 64
_SHARE = PARTITIONS // 4
DONE = -1  # the partition of an event that waits for nothing


class EventState(StrEnum):
    """How an input ended. A duplicate is counted on the event that it repeats (`deliveries`)."""

    RECEIVED = "received"
    APPLIED = "applied"
    STALE = "stale"
    IGNORED = "ignored"
    PARKED = "parked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one event ended."""

    id: str
    state: EventState
    reason: str = ""
    order_id: str = ""


def part_of(connection: str, about: str) -> int:
    return zlib.crc32(f"{connection}\0{about}".encode("utf-8", "replace")) % PARTITIONS


def in_states(states: Collection[str]) -> ColumnElement[bool]:
    """So that the partial indices are used: the planners need their conditions word for word."""
    if EventState.APPLIED in states:
        return InboxRow.state.in_(sorted(states))
    waits = InboxRow.part >= literal_column("0")  # received, and only that
    if not set(states) - {EventState.RECEIVED}:
        return waits
    odd = InboxRow.state.not_in([literal_column("'received'"), literal_column("'applied'")])
    found = and_(odd, InboxRow.state.in_(sorted(set(states) - {EventState.RECEIVED})))
    return or_(waits, found) if EventState.RECEIVED in states else found


class Arrived(NamedTuple):
    """An event at the door."""

    id: str
    connection: str
    key: str
    kind: str
    body: bytes
    at: datetime | None
    received_at: datetime
    due_at: datetime
    part: int
    deliveries: int = 1  # more, where the same came several times in one commit


def arrived(
    connection: str, key: str, kind: str, body: bytes, at: datetime | None, about: str, now: datetime
) -> Arrived:
    """`about`: events of one thing are in one partition, and so applied in the order received."""
    key = _short(key)
    part = part_of(connection, about or key)
    return Arrived(new_id("evt"), connection, key, _short(kind), body, _utc(at), now, now, part)


def _utc(at: datetime | None) -> datetime | None:
    """PostgreSQL would keep a time before the year 1, and nobody could read it again."""
    try:
        return None if at is None else at.astimezone(UTC)
    except OverflowError:
        return None


def _short(words: str) -> str:
    words = words[:255]
    return words if words.isascii() and "\0" not in words else storable(words)[:255]


_SAME = {"state": f"'{EventState.RECEIVED}'", "reason": "''", "order_id": "''"}
KEEP = arrays.insert(
    InboxRow, Arrived._fields, same=_SAME, conflict="ON CONFLICT (connection, key) DO NOTHING", returning=["id"]
)
AGAIN = arrays.insert(
    InboxRow,
    Arrived._fields,
    same=_SAME,
    conflict="ON CONFLICT (connection, key) DO UPDATE SET deliveries = inbox.deliveries + excluded.deliveries",
)


def once(rows: Sequence[Arrived]) -> list[Arrived]:
    """Of the same event only the first, with a count. Sorted: two doors that keep the same ones take turns."""
    first: dict[tuple[str, str], Arrived] = {}
    for row in rows:
        identity = (row.connection, row.key)
        known = first.get(identity)
        first[identity] = row if known is None else known._replace(deliveries=known.deliveries + 1)
    return [first[identity] for identity in sorted(first)]


def columns(rows: Sequence[Arrived]) -> list[arrays.Column]:
    return list(zip(*rows, strict=True))


def event_row(
    connection: str, key: str, kind: str, body: bytes, at: datetime | None, now: datetime, **ended: Any
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": new_id("evt"),
        "connection": connection,
        "key": key,
        "kind": kind,
        "body": body,
        "at": at,
        "received_at": now,
        "part": part_of(connection, key),
        "state": EventState.RECEIVED,
        "reason": "",
        "order_id": "",
        "deliveries": 1,
        "due_at": now,
        "done_at": None,
    } | ended
    return row | {"reason": storable(row["reason"])}


async def keep(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Inserts what is new and counts what came again. Returns (connection, key) of the new ones."""
    counts: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], Mapping[str, Any]] = {}
    for row in rows:
        identity = (row["connection"], row["key"])
        counts[identity] = counts.get(identity, 0) + 1
        first.setdefault(identity, row)
    dialect = connection.dialect.name
    new: set[tuple[str, str]] = set()
    ordered = [dict(first[identity]) | {"deliveries": counts[identity]} for identity in sorted(first)]
    for start in range(0, len(ordered), 500):  # SQLite takes 32,766 parameters in one statement
        chunk = ordered[start : start + 500]
        inserted = await connection.execute(
            # Rows as parameters: `values(chunk)` would be compiled anew for each number of rows, at twice the cost.
            insert(dialect, InboxRow)
            .on_conflict_do_nothing(index_elements=["connection", "key"])
            .returning(InboxRow.connection, InboxRow.key),
            chunk,
        )
        new |= {(row.connection, row.key) for row in inserted}
    again = [{"c": identity[0], "k": identity[1], "n": counts[identity]} for identity in counts if identity not in new]
    if again:
        await connection.execute(
            update(InboxRow.__table__)  # type: ignore[arg-type]
            .where(InboxRow.connection == bindparam("c"), InboxRow.key == bindparam("k"))
            .values(deliveries=InboxRow.deliveries + bindparam("n")),
            again,
        )
    return new


async def make_partitions(connection: AsyncConnection) -> None:
    await connection.execute(
        insert(connection.dialect.name, PartitionRow)
        .values([{"part": part} for part in range(PARTITIONS)])
        .on_conflict_do_nothing()
    )


_CLAIMED = ("id", "connection", "key", "kind", "body", "at", "received_at", "tries")
_claimed = arrays.lookup(InboxRow, _CLAIMED, by="part")
_NAMES = ", ".join(_CLAIMED)
# A share of the partitions only, the longest waiting first: another worker takes the next share.
_LOCK = (
    "SELECT p.part FROM partitions p CROSS JOIN LATERAL"
    " (SELECT id FROM inbox WHERE part = p.part AND part >= 0 ORDER BY id LIMIT 1) AS oldest"
    " ORDER BY oldest.id LIMIT %s FOR UPDATE OF p SKIP LOCKED"
)
_MINE = f"SELECT {_NAMES} FROM inbox WHERE part = mine.part AND part >= 0 ORDER BY id LIMIT %s"  # noqa: S608 - our names
_TAKE = f"SELECT waits.* FROM unnest(%s::int4[]) AS mine(part) CROSS JOIN LATERAL ({_MINE}) AS waits"  # noqa: S608 - ours
_WAITS = (
    "SELECT p.part, (SELECT min(i.id) FROM inbox i WHERE i.part = p.part AND i.part >= 0) AS oldest"
    " FROM partitions p WHERE oldest IS NOT NULL ORDER BY oldest LIMIT ?"
)
_OLDEST = f"SELECT * FROM (SELECT {_NAMES} FROM inbox WHERE part = ? AND part >= 0 ORDER BY id LIMIT ?)"  # noqa: S608 - ours


async def _claim_postgresql(driver: Any, limit: int) -> list[Any]:
    cursor = driver.cursor(row_factory=tuple_row)
    await cursor.execute(_LOCK, (_SHARE,), prepare=True)
    parts = [part for (part,) in await cursor.fetchall()]
    if not parts:
        return []
    await cursor.execute(_TAKE, (parts, -(-limit // len(parts))), prepare=True)
    return _claimed.rows(await cursor.fetchall(), embedded=False)


async def _claim_sqlite(driver: Any, limit: int) -> list[Any]:
    """One process, so nothing is locked."""
    parts = [part for part, _ in await driver.execute_fetchall(_WAITS, (_SHARE,))]
    if not parts:
        return []
    share = -(-limit // len(parts))
    found = await driver.execute_fetchall(
        " UNION ALL ".join([_OLDEST] * len(parts)), [value for part in parts for value in (part, share)]
    )
    return _claimed.rows(found, embedded=True)


async def claim(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Locks partitions that have events waiting and returns the oldest. The locks end with the transaction.

    Two statements, so that the second one sees what the partitions' last holders committed. An event that may have
    been some process's death comes alone: should it happen again, it is known by which one. No clock is asked: an
    event waits for nothing but its turn, whatever time it is on the host that took it in. What waits is never counted
    or sorted, so a long queue costs no more than a short one.
    """
    async with arrays.driver_of(connection) as driver:
        if connection.dialect.name == "postgresql":
            rows = await _claim_postgresql(driver, limit)
        else:
            rows = await _claim_sqlite(driver, limit)
    rows.sort(key=lambda row: row.id)
    suspect = next((at for at, row in enumerate(rows) if row.tries), len(rows))
    return rows[: suspect or 1]


_end = arrays.update(InboxRow, ("state", "reason", "order_id", "done_at"), by=("id",), also=f"part = {DONE}")


async def end(connection: AsyncConnection, ended: Sequence[Ended], now: datetime) -> None:
    await _end(
        connection,
        [
            [each.state.value for each in ended],
            [storable(each.reason) for each in ended],
            [each.order_id for each in ended],
            [now] * len(ended),
            [each.id for each in ended],
        ],
    )


async def revive(connection: AsyncConnection, event_id: str, now: datetime) -> bool:
    """Puts one event back, whatever became of it. False: there is no such event. Raises `Refused` without its body."""
    row = (
        await connection.execute(
            select(InboxRow.connection, InboxRow.key, InboxRow.pruned_at)
            .where(InboxRow.id == event_id)
            .with_for_update()
        )
    ).one_or_none()
    if row is None:
        return False
    if row.pruned_at is not None:
        raise Refused(
            f"{event_id} cannot be read again: its body was pruned on {row.pruned_at:%Y-%m-%d}."
            " What its system says now comes with a pull, or with `hub backfill`"
        )
    await connection.execute(
        update(InboxRow)
        .where(InboxRow.id == event_id)
        .values(
            part=part_of(row.connection, row.key),
            state=EventState.RECEIVED,
            reason="",
            due_at=now,
            done_at=None,
            tries=0,
        )
    )
    return True


async def audit(connection: AsyncConnection, connection_id: str, what: str, detail: str, now: datetime) -> None:
    await connection.execute(
        insert(connection.dialect.name, AuditRow).values(
            id=new_id("aud"), at=now, connection=connection_id, what=what, detail=detail[:255]
        )
    )
