from datetime import timedelta

import pytest

from hub.observe.depths import Depths, Lane, Queue
from hub.store import waiting
from hub.store.database import Database
from hub.store.tables import (
    AttemptRow,
    ConnectionRow,
    DriftRow,
    DueRow,
    HintRow,
    InboxRow,
    OutboxRow,
    WorkerRow,
)
from tests.conftest import Time
from tests.store.explained import much_done, overheard, plan_of, scans
from tests.store.rows import (
    attempt_row,
    command_row,
    connection_row,
    due_row,
    event_row,
    hint_row,
    put,
    worker_row,
)


async def looked(db: Database, time: Time) -> Depths:
    async with db.read() as held:
        return await waiting.depths(held, time())


async def test_a_new_hub_waits_for_nothing(db: Database, time: Time) -> None:
    assert await looked(db, time) == Depths(due_orders={"live": Queue(), "background": Queue()})


async def test_a_lane_lags_by_what_nobody_sends_and_not_by_what_waits_for_its_retry(db: Database, time: Time) -> None:
    now = time()
    ago = [now - timedelta(minutes=each) for each in range(60)]
    await put(db, ConnectionRow, connection_row("books"), connection_row("post", paused_reason="stock-taking"))
    await put(
        db,
        OutboxRow,
        command_row("books", ago[50], due_at=now + timedelta(hours=1), tries=3),  # a retry: the oldest of all
        command_row("books", ago[40], due_at=now + timedelta(hours=2), state="unknown", tries=1),
        command_row("books", ago[30], state="sending"),  # somebody is at it
        command_row("books", ago[9], due_at=ago[7]),
        command_row("books", ago[5], state="unknown", tries=1),
        command_row("books", ago[55], state="done", lane_due=False),
        command_row("books", ago[56], state="parked", lane_due=False),
    )

    books, post = (await looked(db, time)).lanes

    assert books == Lane(
        connection="books",
        states={"pending": 2, "sending": 1, "unknown": 2, "parked": 1},
        due=2,
        retries=2,
        lags_since=ago[7],
        oldest=ago[50],
    )
    assert post == Lane(connection="post", paused="stock-taking")


async def test_each_queue_tells_how_many_wait_and_since_when(db: Database, time: Time) -> None:
    now = time()
    ago = [now - timedelta(minutes=each) for each in range(60)]
    await put(
        db,
        InboxRow,
        event_row("shop", ago[3]),
        event_row("shop", ago[2]),
        event_row("shop", ago[50], state="applied", part=-1),
        event_row("shop", ago[40], state="parked", part=-1),
    )
    await put(db, DueRow, due_row("ord_1", ago[4]), due_row("ord_1", ago[1]), due_row("ord_2", ago[9], background=True))
    await put(db, HintRow, hint_row("books", "1", ago[6]), hint_row("books", "2", now + timedelta(hours=1)))
    await put(
        db,
        DriftRow,
        {"order_id": "ord_1", "connection": "books", "about": "x", "expected": "a", "found": "b", "since": now},
    )
    await put(db, WorkerRow, worker_row("wrk_1", ago[20], beat=7))

    seen = await looked(db, time)

    assert (seen.inbox, seen.oldest_event) == ({"received": 2, "parked": 1}, ago[3])
    assert seen.due_orders == {"live": Queue(count=2, oldest=ago[4]), "background": Queue(count=1, oldest=ago[9])}
    assert seen.hints == {"books": Queue(count=2, oldest=ago[6])}
    assert seen.drifts == {"books": 1}
    assert [(each.id, each.beat) for each in seen.workers] == [("wrk_1", 7)]


async def test_a_count_ends_where_nobody_needs_the_number(
    db: Database, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "MOST", 3)
    await put(db, ConnectionRow, connection_row("books"))
    await put(db, OutboxRow, *(command_row("books", time()) for _ in range(5)))
    await put(db, InboxRow, *(event_row("books", time()) for _ in range(5)))

    seen = await looked(db, time)

    assert (seen.lanes[0].due, seen.inbox) == (3, {"received": 3})


async def test_the_pace_of_a_lane_is_that_of_the_last_minute(db: Database, time: Time) -> None:
    now = time()
    command = command_row("books", now)
    tries = [
        attempt_row(
            command["id"], now - timedelta(seconds=each), state="done", ended_at=now - timedelta(seconds=each / 2)
        )
        for each in (50, 40, 30, 20, 10)
    ]
    long_ago = attempt_row(command["id"], now - timedelta(minutes=5), state="done", ended_at=now)
    under_way = attempt_row(command["id"], now - timedelta(seconds=1))
    lost = attempt_row(command["id"], now - timedelta(seconds=2), state="unknown", ended_at=now)
    await put(db, OutboxRow, command)
    await put(db, AttemptRow, *tries, long_ago, under_way, lost)

    async with db.read() as held:
        paces = await waiting.paces(held, now)

    assert paces == {"books": waiting.Pace(per_minute=5, median=15, p95=25)}


async def test_what_is_done_is_never_read_to_learn_what_waits(db: Database, time: Time) -> None:
    await much_done(db, 20_000)
    await put(db, ConnectionRow, connection_row("books"), connection_row("post"))
    await put(db, InboxRow, event_row("books", time()))
    await put(db, OutboxRow, command_row("books", time()))

    with overheard(db) as heard:
        await looked(db, time)
        async with db.read() as held:
            await waiting.paces(held, time())

    looks = [each for each in heard if each[0].lstrip("( ").startswith("SELECT")]
    assert len(looks) >= 10
    async with db.read() as held:
        for statement, parameters in looks:
            plan = await plan_of(held, statement, parameters)
            assert scans(plan, ("inbox", "outbox", "changes", "attempts")) == [], (statement, plan)
