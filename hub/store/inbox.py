"""The inbox table: events kept raw, claimed by hash partition, and how each one ended."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

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


def part_of(connection: str, key: str) -> int:
    return zlib.crc32(f"{connection}\0{key}".encode()) % PARTITIONS


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


async def claim(connection: AsyncConnection, limit: int) -> Sequence[Any]:
    """Locks partitions that have events waiting and returns the oldest. The locks end with the transaction.

    Two statements, so that the second one sees what the partitions' last holders committed. An event that may have
    been some process's death comes alone: should it happen again, it is known by which one. No clock is asked: an
    event waits for nothing but its turn, whatever time it is on the host that took it in. What waits is never counted
    or sorted, so a long queue costs no more than a short one.
    """
    oldest = (
        select(func.min(InboxRow.id))
        .where(InboxRow.part == PartitionRow.part, InboxRow.part >= 0)
        .correlate(PartitionRow)
        .scalar_subquery()
    )
    waiting = select(PartitionRow.part, oldest.label("oldest")).subquery()
    # A share of the partitions only, the longest waiting first: another worker takes the next share.
    locked = await connection.scalars(
        select(PartitionRow.part)
        .join(waiting, waiting.c.part == PartitionRow.part)
        .where(waiting.c.oldest.is_not(None))
        .order_by(waiting.c.oldest)
        .limit(_SHARE)
        .with_for_update(of=PartitionRow, skip_locked=True)
    )
    parts = sorted(locked)
    rows: list[Any] = []
    for at, part in enumerate(parts):
        share = (limit - len(rows)) // (len(parts) - at)
        rows += await connection.execute(
            select(InboxRow.__table__)
            .where(InboxRow.part == part, InboxRow.part >= 0)
            .order_by(InboxRow.id)
            .limit(max(share, 1))
        )
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
    """Puts one event back, whatever became of it. False: there is no such event."""
    row = (
        await connection.execute(select(InboxRow.connection, InboxRow.key).where(InboxRow.id == event_id))
    ).one_or_none()
    if row is None:
        return False
    await connection.execute(
        update(InboxRow)
        .where(InboxRow.id == event_id)
        .values(part=part_of(row.connection, row.key), state=EventState.RECEIVED, reason="", due_at=now, tries=0)
    )
    return True


async def audit(connection: AsyncConnection, connection_id: str, what: str, detail: str, now: datetime) -> None:
    await connection.execute(
        insert(connection.dialect.name, AuditRow).values(
            id=new_id("aud"), at=now, connection=connection_id, what=what, detail=detail[:255]
        )
    )
