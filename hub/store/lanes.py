"""The outbox table as those see it who deliver: a lane for each connection, leases, attempts, and how they ended."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import tuple_row
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.ids import CommandId, new_id
from hub.store import arrays
from hub.store.database import Database
from hub.store.outbox import MAYBE, OUTBOX, WAITS, AttemptState, CommandState
from hub.store.tables import AttemptRow, OutboxRow
from hub.store.texts import storable

_LEASED = ("state", "lease", "worker", "leased_until", "first_sent_at")
_SETTLED = ("state", "reason", "lane_due", "due_at", "tries", "done_at")

_held = arrays.lookup(OutboxRow, ("lease", "order_id"), by="id", order="id", lock="wait")
_lease = arrays.update(OutboxRow, _LEASED, by=("id",))
_begin = arrays.insert(
    AttemptRow, ("id", "command_id", "started_at"), same={"state": f"'{AttemptState.SENDING}'", "message": "''"}
)
_end = arrays.update(AttemptRow, ("state", "message", "ended_at"), by=("id",))
_settle = arrays.update(
    OutboxRow, _SETTLED, by=("id",), also="lease = '', worker = '', leased_until = NULL"
)  # fmt: skip


def bell(connection_id: str) -> str:
    """Of one lane. `OUTBOX` is that of all."""
    return f"{OUTBOX}:{connection_id}"


def ring(connection: AsyncConnection, lanes: Collection[str]) -> None:
    """These lanes have something to do, once this is committed."""
    for each in lanes:
        Database.tell(connection, bell(each))


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A command that this worker may send. `row.state` is what it was before.

    `lease` is also the id of the attempt, which is written before the vendor is called. `until` is where the lease
    ends of whoever has no pulse.
    """

    row: Any
    lease: str
    until: datetime
    first_sent_at: datetime
    worker: str = ""

    @property
    def key(self) -> CommandId:
        """The idempotency key that the vendor gets."""
        return CommandId(f"{self.row.id}r{self.row.rekeyed}" if self.row.rekeyed else self.row.id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How an attempt ended, and what its command is now."""

    leased: Leased
    state: CommandState
    attempt: AttemptState
    reason: str = ""
    due_at: datetime
    tries: int


_COLUMNS = arrays.every(OutboxRow)
_next = arrays.lookup(OutboxRow, _COLUMNS, by="connection")
_NAMES = ", ".join(_COLUMNS)
_IN_TURN = "ORDER BY background, due_at, id LIMIT"
# `leases.free`, in words: nobody holds it, or somebody by the clock alone whose time is over.
_FREE = "(leased_until IS NULL OR (worker = '' AND leased_until < {now}))"
_POSTGRESQL = (
    "SELECT next.* FROM unnest(%(lanes)s::text[], %(most)s::int4[]) AS lane(id, most)"  # noqa: S608 - our own names
    " LEFT JOIN connections ON connections.id = lane.id CROSS JOIN LATERAL ("
    f"SELECT {_NAMES} FROM outbox WHERE lane_due IS true AND connection = lane.id AND due_at <= %(now)s"
    f" AND {_FREE.format(now='%(now)s')} {_IN_TURN} lane.most FOR UPDATE SKIP LOCKED) AS next"
    " WHERE coalesce(connections.paused_reason, '') = ''"
)
_SQLITE = (
    f"SELECT * FROM (SELECT {_NAMES} FROM outbox WHERE lane_due IS 1 AND connection = ?1 AND due_at <= ?3"  # noqa: S608 - our own names
    f" AND {_FREE.format(now='?3')}"
    " AND NOT EXISTS (SELECT 1 FROM connections WHERE id = ?1 AND paused_reason <> '')"
    f" {_IN_TURN} ?2)"
)


async def _next_postgresql(driver: Any, lanes: Mapping[str, int], now: datetime) -> list[Any]:
    cursor = driver.cursor(row_factory=tuple_row)
    given = {"lanes": list(lanes), "most": list(lanes.values()), "now": now}
    await cursor.execute(_POSTGRESQL, given, prepare=True)
    return _next.rows(await cursor.fetchall(), embedded=False)


async def _next_sqlite(driver: Any, lanes: Mapping[str, int], now: datetime) -> list[Any]:
    found: list[Any] = []
    for each, most in lanes.items():
        rows = await driver.execute_fetchall(_SQLITE, (each, most, arrays.text_of(now)))
        found += _next.rows(rows, embedded=True)
    return found


async def claim(
    connection: AsyncConnection, lanes: Mapping[str, int], now: datetime, until: datetime, worker: str = ""
) -> list[Leased]:
    """Leases up to so many due commands of each lane; of one that is paused none. Live ones first, the longest due.

    Rows come as they were: a `sending` one is left over from a worker that died.
    """
    async with arrays.driver_of(connection) as driver:
        rows = await (_next_postgresql if connection.dialect.name == "postgresql" else _next_sqlite)(driver, lanes, now)
    leased = [
        Leased(row=row, lease=new_id("att"), until=until, first_sent_at=row.first_sent_at or now, worker=worker)
        for row in rows
    ]
    many = len(leased)
    ids = [each.row.id for each in leased]
    tokens = [each.lease for each in leased]
    sending = [CommandState.SENDING.value] * many
    firsts = [each.first_sent_at for each in leased]
    await _lease(connection, [sending, tokens, [worker] * many, [until] * many, firsts, ids])
    await _begin(connection, [tokens, ids, [now] * many])
    return leased


async def still_mine(connection: AsyncConnection, leased: Collection[Leased]) -> dict[str, str]:
    """Locks these commands. Returns the leases that hold, each with its command's order as it is now: where one was
    lost, nothing of the attempt may be written."""
    tokens = {each.lease for each in leased}
    held = await _held(connection, [each.row.id for each in leased])
    return {row.lease: row.order_id for row in held if row.lease in tokens}


async def settle(connection: AsyncConnection, ended: Sequence[Settlement], now: datetime) -> None:
    """The ends of attempts whose commands are locked by `still_mine`."""
    many = len(ended)
    reasons = [storable(each.reason) for each in ended]
    await _end(
        connection,
        [[each.attempt.value for each in ended], reasons, [now] * many, [each.leased.lease for each in ended]],
    )
    await _settle(
        connection,
        [
            [each.state.value for each in ended],
            reasons,
            [each.state in WAITS for each in ended],
            [each.due_at for each in ended],
            [each.tries for each in ended],
            [None if each.state in WAITS else now for each in ended],
            [each.leased.row.id for each in ended],
        ],
    )


async def last_sent(connection: AsyncConnection, leased: Leased) -> datetime | None:
    """When the newest attempt before this one that may have reached the vendor began."""
    found: datetime | None = await connection.scalar(
        select(func.max(AttemptRow.started_at)).where(
            AttemptRow.command_id == leased.row.id, AttemptRow.id != leased.lease, AttemptRow.state.in_(MAYBE)
        )
    )
    return found


async def next_due(connection: AsyncConnection, connection_id: str) -> datetime | None:
    """When the lane has something to do again, if nothing new comes. What others hold is theirs."""
    waits = (OutboxRow.lane_due.is_(True), OutboxRow.connection == connection_id, OutboxRow.leased_until.is_(None))
    found: list[datetime] = []
    for background in (False, True):
        at = await connection.scalar(
            select(OutboxRow.due_at)
            .where(*waits, OutboxRow.background.is_(background))
            .order_by(OutboxRow.due_at)
            .limit(1)
        )
        if at is not None:
            found.append(at)
    return min(found, default=None)


async def revive(connection: AsyncConnection, command_id: str, now: datetime) -> str | None:
    """Puts a parked command back. Returns the state that it had; `None`: there is no such command."""
    row = (
        await connection.execute(
            select(OutboxRow.state, OutboxRow.connection).where(OutboxRow.id == command_id).with_for_update()
        )
    ).one_or_none()
    if row is None:
        return None
    if row.state == CommandState.PARKED:
        # What may have been done is asked for before it is sent again; what was surely refused starts anew.
        doubtful = await connection.scalar(
            select(AttemptRow.id).where(AttemptRow.command_id == command_id, AttemptRow.state.in_(MAYBE)).limit(1)
        )
        # A doubtful one keeps its key, which lives anew: who retries it has looked at the vendor. What was refused gets
        # another key, since many vendors answer a repeated one with the first answer, refusals included.
        await connection.execute(
            update(OutboxRow)
            .where(OutboxRow.id == command_id)
            .values(
                state=CommandState.UNKNOWN if doubtful else CommandState.PENDING,
                first_sent_at=now if doubtful else None,
                rekeyed=OutboxRow.rekeyed + (0 if doubtful else 1),
                lane_due=True,
                due_at=now,
                tries=0,
                done_at=None,
            )
        )
        ring(connection, [row.connection])
    state: str = row.state
    return state
