"""What waits, read from the indices of what waits: it costs the same whatever has been done already.

Counts stop at `MOST`: where a million things wait, nobody needs their number from the database that works on them.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, bindparam, case, false, func, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.ids import first_id, made_at
from hub.observe.depths import Depths, Lane, Queue, WorkerSeen
from hub.store.inbox import EventState, in_states
from hub.store.outbox import AttemptState, CommandState
from hub.store.tables import (
    AttemptRow,
    ConnectionRow,
    DriftRow,
    DueRow,
    HintRow,
    InboxRow,
    OutboxRow,
    UtcDateTime,
    WorkerRow,
)

MOST = 50_000  # things that one count looks at
_TRIES = 2_000  # attempts that one look at the last minute reads


def _lane() -> Any:
    """What is under way is neither due nor a retry, whenever its lease ends."""
    now = bindparam("now", type_=UtcDateTime)
    rows = (
        select(OutboxRow.state, OutboxRow.due_at, OutboxRow.created_at)
        .where(OutboxRow.lane_due.is_(True), OutboxRow.connection == bindparam("lane"))
        .order_by(OutboxRow.due_at)
        .limit(bindparam("most", type_=Integer))
        .subquery()
    )
    held = rows.c.state == CommandState.SENDING
    due = (~held) & (rows.c.due_at <= now)
    return select(
        rows.c.state,
        func.count().label("many"),
        func.sum(case((due, 1), else_=0)).label("due"),
        func.sum(case((held, 0), (rows.c.due_at > now, 1), else_=0)).label("later"),
        func.min(case((due, rows.c.due_at))).label("lags_since"),
        func.min(rows.c.created_at).label("oldest"),
    ).group_by(rows.c.state)


_LANE = _lane()  # built once: to build it costs more than to run it


async def depths(held: AsyncConnection, now: datetime) -> Depths:
    events = {state: await _events(held, state) for state in (EventState.RECEIVED, EventState.PARKED)}
    return Depths(
        lanes=await lanes(held, now),
        inbox={state.value: count for state, count in events.items() if count},
        oldest_event=await held.scalar(select(func.min(InboxRow.received_at)).where(in_states([EventState.RECEIVED]))),
        due_orders={"live": await _due(held, False), "background": await _due(held, True)},
        hints=await _hints(held, now),
        drifts=await _by_connection(held, select(DriftRow.connection)),
        workers=await _workers(held),
    )


async def lanes(held: AsyncConnection, now: datetime) -> tuple[Lane, ...]:
    met = (await held.execute(select(ConnectionRow.id, ConnectionRow.paused_reason).order_by(ConnectionRow.id))).all()
    # By id: the order of the index, so that no statistics make the planner think that a scan is as good.
    names = select(OutboxRow.connection).where(OutboxRow.state == CommandState.PARKED).order_by(OutboxRow.id)
    parked = await _by_connection(held, names)
    found = []
    for each in met:
        rows = (await held.execute(_LANE, {"lane": each.id, "now": now, "most": MOST})).all()
        states = {row.state: row.many for row in rows}
        if each.id in parked:
            states[CommandState.PARKED.value] = parked[each.id]
        found.append(
            Lane(
                connection=each.id,
                paused=each.paused_reason,
                states=states,
                due=sum(row.due for row in rows),
                retries=sum(row.later for row in rows),
                lags_since=min((row.lags_since for row in rows if row.lags_since), default=None),
                oldest=min((row.oldest for row in rows), default=None),
            )
        )
    return tuple(found)


async def _events(held: AsyncConnection, state: EventState) -> int:
    rows = select(InboxRow.id).where(in_states([state])).limit(MOST).subquery()
    return await held.scalar(select(func.count()).select_from(rows)) or 0


async def _due(held: AsyncConnection, background: bool) -> Queue:
    mine = DueRow.background.is_(true() if background else false())
    rows = select(DueRow.id).where(mine).limit(MOST).subquery()
    count = await held.scalar(select(func.count()).select_from(rows)) or 0
    first = await held.scalar(select(DueRow.id).where(mine).order_by(DueRow.id).limit(1))
    return Queue(count=count, oldest=made_at(first) if first else None)


async def _hints(held: AsyncConnection, now: datetime) -> dict[str, Queue]:
    rows = select(HintRow.connection, HintRow.due_at).order_by(HintRow.due_at).limit(MOST).subquery()
    since = func.min(case((rows.c.due_at <= now, rows.c.due_at))).label("since")
    found = await held.execute(select(rows.c.connection, func.count().label("many"), since).group_by(rows.c.connection))
    return {row.connection: Queue(count=row.many, oldest=row.since) for row in found}


async def _by_connection(held: AsyncConnection, names: Any) -> dict[str, int]:
    rows = names.limit(MOST).subquery()
    found = await held.execute(select(rows.c.connection, func.count().label("many")).group_by(rows.c.connection))
    return {row.connection: row.many for row in found}


async def _workers(held: AsyncConnection) -> tuple[WorkerSeen, ...]:
    wanted = (WorkerRow.id, WorkerRow.name, WorkerRow.started_at, WorkerRow.beat)
    rows = await held.execute(select(*wanted).order_by(WorkerRow.id))
    return tuple(WorkerSeen(**row._mapping) for row in rows)


# --------------------------------------------------------------------------------------------- the last minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a lane went lately."""

    per_minute: float  # attempts that ended well
    median: float | None  # seconds of an attempt
    p95: float | None


async def paces(held: AsyncConnection, now: datetime, span: timedelta = timedelta(minutes=1)) -> dict[str, Pace]:
    """By connection, of the attempts that began lately: found by their ids, which sort by time."""
    rows = (
        await held.execute(
            select(AttemptRow.command_id, AttemptRow.state, AttemptRow.started_at, AttemptRow.ended_at)
            .where(AttemptRow.id >= first_id("att", now - span))
            .order_by(AttemptRow.id.desc())
            .limit(_TRIES)
        )
    ).all()
    ids = sorted({row.command_id for row in rows})
    of = {
        row.id: row.connection
        for start in range(0, len(ids), 500)
        for row in await held.execute(
            select(OutboxRow.id, OutboxRow.connection).where(OutboxRow.id.in_(ids[start : start + 500]))
        )
    }
    if len(rows) == _TRIES:  # they reach less far back
        span = max(now - rows[-1].started_at, timedelta(seconds=1))
    ended: dict[str, list[float]] = defaultdict(list)
    done: dict[str, int] = defaultdict(int)
    for row in rows:
        connection = of.get(row.command_id)
        if connection is not None and row.ended_at is not None:
            ended[connection].append(max((row.ended_at - row.started_at).total_seconds(), 0.0))
            done[connection] += row.state == AttemptState.DONE
    return {
        each: Pace(
            per_minute=done[each] * (timedelta(minutes=1) / span),
            median=_share(seconds, 0.5),
            p95=_share(seconds, 0.95),
        )
        for each, seconds in ended.items()
    }


def _share(seconds: Sequence[float], share: float) -> float:
    return sorted(seconds)[min(int(len(seconds) * share), len(seconds) - 1)]
