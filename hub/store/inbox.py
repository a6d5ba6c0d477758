"""The inbox table: events kept raw, claimed by hash partition, and how each one ended."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.errors import Refused
from hub.domain.ids import new_id
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


async def claim(connection: AsyncConnection, now: datetime, limit: int) -> Sequence[Any]:
    """Locks partitions that have due events and returns their oldest events. The locks end with the transaction.

    Two statements, so that the second one sees what the partitions' last holders committed.
    """
    due = (
        select(InboxRow.part, func.min(InboxRow.id).label("oldest"))
        .where(InboxRow.part >= 0, InboxRow.due_at <= now)
        .group_by(InboxRow.part)
        .subquery()
    )
    # A share of the partitions only, the longest waiting first: another worker takes the next share.
    locked = await connection.scalars(
        select(PartitionRow.part)
        .join(due, due.c.part == PartitionRow.part)
        .order_by(due.c.oldest)
        .limit(_SHARE)
        .with_for_update(of=PartitionRow, skip_locked=True)
    )
    parts = list(locked)
    if not parts:
        return []
    rows = await connection.execute(
        select(InboxRow.__table__)
        .where(InboxRow.part.in_(parts), InboxRow.due_at <= now)
        .order_by(InboxRow.id)
        .limit(limit)
    )
    return rows.all()


async def end(connection: AsyncConnection, ended: Sequence[Ended], now: datetime) -> None:
    if ended:
        await connection.execute(
            update(InboxRow.__table__)  # type: ignore[arg-type]
            .where(InboxRow.id == bindparam("b_id"))
            .values(
                part=DONE,
                state=bindparam("b_state"),
                reason=bindparam("b_reason"),
                order_id=bindparam("b_order"),
                done_at=bindparam("b_now"),
            ),
            [
                {
                    "b_id": each.id,
                    "b_state": each.state.value,
                    "b_reason": storable(each.reason),
                    "b_order": each.order_id,
                    "b_now": now,
                }
                for each in ended
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
        .values(part=part_of(row.connection, row.key), state=EventState.RECEIVED, reason="", due_at=now, done_at=None)
    )
    return True


async def audit(connection: AsyncConnection, connection_id: str, what: str, detail: str, now: datetime) -> None:
    await connection.execute(
        insert(connection.dialect.name, AuditRow).values(
            id=new_id("aud"), at=now, connection=connection_id, what=what, detail=detail[:255]
        )
    )
