"""The partial indices of the inbox serve the questions that they are for, on both databases."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Select, select, text

from hub.store import arrays
from hub.store.database import Database
from hub.store.inbox import Arrived, EventState, columns, in_states
from hub.store.tables import InboxRow

NOW = datetime(2026, 11, 22, tzinfo=UTC)


async def filled(db: Database) -> None:
    rows = [Arrived(f"{number:04}", "c", str(number), "k", b"", None, NOW, NOW, -1) for number in range(2000)]
    rows += [Arrived("w", "c", "w", "k", b"", None, NOW, NOW, 3), Arrived("x", "c", "x", "k", b"", None, NOW, NOW, -1)]
    names = (*Arrived._fields, "state", "reason", "order_id")
    states = ["applied"] * 2000 + ["received", "parked"]
    given = [*columns(rows), states, [""] * len(rows), [""] * len(rows)]
    async with db.write() as held:
        await arrays.insert(InboxRow, names)(held, given)


async def explained(db: Database, asked: Select[Any]) -> str:
    words = str(asked.compile(dialect=db.engine.dialect, compile_kwargs={"literal_binds": True}))
    async with db.read() as held:
        if db.dialect == "postgresql":
            await held.execute(text("SET LOCAL enable_seqscan = off"))
            return "\n".join(row[0] for row in await held.execute(text(f"EXPLAIN {words}")))
        return "\n".join(str(row) for row in await held.execute(text(f"EXPLAIN QUERY PLAN {words}")))


@pytest.mark.parametrize(
    ("states", "found", "index"),
    [
        ([EventState.RECEIVED], ["w"], ["ix_inbox_due"]),
        ([EventState.PARKED], ["x"], ["ix_inbox_state"]),
        ([EventState.PARKED, EventState.STALE], ["x"], ["ix_inbox_state"]),
        ([EventState.RECEIVED, EventState.PARKED], ["w", "x"], ["ix_inbox_due", "ix_inbox_state"]),
    ],
)
async def test_the_few_that_are_looked_for_are_found_without_reading_the_many(
    db: Database, states: list[EventState], found: list[str], index: list[str]
) -> None:
    await filled(db)
    asked = select(InboxRow.id).where(in_states(states))

    async with db.read() as held:
        assert sorted(await held.scalars(asked)) == found
    plan = await explained(db, asked)
    assert all(each in plan for each in index), plan


async def test_the_many_are_in_no_index_of_states(db: Database) -> None:
    await filled(db)

    async with db.read() as held:
        assert len(list(await held.scalars(select(InboxRow.id).where(in_states([EventState.APPLIED]))))) == 2000
    assert "ix_inbox_state" not in await explained(db, select(InboxRow.id).where(in_states([EventState.APPLIED])))
