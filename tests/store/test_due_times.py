"""A clock that goes back by an hour costs no hour."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from hub.store import cursors
from hub.store.database import Database
from hub.store.due_times import mend
from hub.store.outbox import CommandState
from hub.store.tables import AttemptRow, BudgetRow, CursorRow, OutboxRow
from tests.conftest import Time

HOUR = timedelta(hours=1)


async def command(db: Database, name: str, due_at: datetime, **more: Any) -> None:
    row: dict[str, Any] = {
        "id": f"cmd_{name}", "connection": "shop", "order_id": "ord_1", "subject": "ord_1", "action": "ship",
        "target": name, "content": b"{}", "fingerprint": name, "ordinal": 0, "state": CommandState.PENDING,
        "reason": "", "tries": 1, "lane_due": True, "due_at": due_at, "first_sent_at": None, "leased_until": None,
        "lease": "", "created_at": due_at, "done_at": None,
    }  # fmt: skip
    async with db.write() as held:
        await held.execute(insert(OutboxRow).values(**row | more))


async def read(db: Database, name: str) -> Any:
    async with db.read() as held:
        return (await held.execute(select(OutboxRow.__table__).where(OutboxRow.id == f"cmd_{name}"))).one()


async def mended(db: Database, time: Time) -> timedelta:
    async with db.write() as held:
        return await mend(held, time())


async def test_a_retry_in_five_seconds_is_still_one_when_the_clock_goes_back(db: Database, time: Time) -> None:
    await mended(db, time)
    await command(db, "soon", time() + timedelta(seconds=5, microseconds=7))
    await command(db, "long_due", time() - 2 * HOUR)

    time.forward(hours=-1)

    assert await mended(db, time) == HOUR
    assert (await read(db, "soon")).due_at == time() + timedelta(seconds=5, microseconds=7 if is_exact(db) else 0)
    assert (await read(db, "long_due")).due_at == time() - HOUR
    assert await mended(db, time) == timedelta()


def is_exact(db: Database) -> bool:
    """The embedded database counts in milliseconds."""
    return db.dialect == "postgresql"


async def test_a_key_does_not_live_longer_because_the_clock_went_back(db: Database, time: Time) -> None:
    await mended(db, time)
    sent = time() - timedelta(hours=23)
    await command(db, "asked", time(), state=CommandState.UNKNOWN, first_sent_at=sent)
    await command(db, "done", time(), state=CommandState.DONE, lane_due=False, first_sent_at=sent)
    async with db.write() as held:
        attempt = {"id": "att_1", "command_id": "cmd_asked", "state": "unknown", "message": "", "ended_at": None}
        await held.execute(insert(AttemptRow).values(**attempt, started_at=time()))

    time.forward(hours=-1)
    await mended(db, time)

    assert time() - (await read(db, "asked")).first_sent_at == timedelta(hours=23)
    assert (await read(db, "done")).first_sent_at == sent
    async with db.read() as held:
        assert await held.scalar(select(AttemptRow.started_at)) == time()


async def test_pulls_fetches_budgets_and_leases_without_a_worker_come_back_too(db: Database, time: Time) -> None:
    await mended(db, time)
    async with db.write() as held:
        await cursors.meet(held, "shop", "orders", "since:then", time(), time())
        await cursors.claim(held, "shop", time(), time() + timedelta(seconds=90))
        await held.execute(
            insert(BudgetRow).values(connection="shop", next_at=time() + timedelta(seconds=1), paused_until=time())
            .values(day="2026-11-22", spent=1)
        )  # fmt: skip

    time.forward(hours=-1)
    await mended(db, time)

    async with db.read() as held:
        assert await held.scalar(select(CursorRow.leased_until)) == time() + timedelta(seconds=90)
        assert await held.scalar(select(BudgetRow.next_at)) == time() + timedelta(seconds=1)


async def test_a_clock_that_goes_on_or_trembles_moves_nothing(db: Database, time: Time) -> None:
    await command(db, "soon", time() + timedelta(seconds=5))
    due_at = (await read(db, "soon")).due_at

    for step in (0, 60, -2, 3600, -1):
        time.forward(seconds=step)
        assert await mended(db, time) == timedelta()

    assert (await read(db, "soon")).due_at == due_at


async def test_a_clock_that_jumped_ahead_and_back_delays_nothing(db: Database, time: Time) -> None:
    await mended(db, time)
    time.forward(hours=1)
    await mended(db, time)
    await command(db, "soon", time() + timedelta(seconds=5))

    time.forward(hours=-1)
    await mended(db, time)

    assert (await read(db, "soon")).due_at == time() + timedelta(seconds=5)
