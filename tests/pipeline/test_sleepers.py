"""Who slept through a lease and wakes: nothing of it may write over what the one wrote that took over."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from hub.connector import Hint
from hub.store import cursors, endpoints, hints, leases
from hub.store.database import Database
from hub.store.hints import Wanted
from hub.store.tables import CursorRow, EndpointRow, HintRow
from tests.conftest import Time

LEASE = timedelta(seconds=90)


async def hinted(db: Database, time: Time) -> None:
    async with db.write() as held:
        await hints.remember(held, [Wanted("shop", Hint(kind="order", external_id="7"), "evt_1")], time())


async def claimed(db: Database, time: Time, worker: str) -> Sequence[Any]:
    async with db.write() as held:
        return await hints.claim(held, "shop", time(), time() + LEASE, 20, worker)


async def taken_over(db: Database, worker: str) -> None:
    async with db.write() as held:
        await leases.release(held, worker)


async def hint(db: Database) -> Any:
    async with db.read() as held:
        return (await held.execute(select(HintRow.__table__))).one_or_none()


@pytest.mark.parametrize("names", [("wrk_1", "wrk_2"), ("", "")], ids=["held by a worker", "held by the clock"])
async def test_a_fetch_that_slept_neither_ends_nor_delays_the_one_under_way(
    db: Database, time: Time, names: tuple[str, str]
) -> None:
    await hinted(db, time)
    until = time() + LEASE
    (mine,) = await claimed(db, time, names[0])
    time.forward(seconds=91)
    if names[0]:
        await taken_over(db, names[0])
    (theirs,) = await claimed(db, time, names[1])

    async with db.write() as held:
        assert not await hints.done(held, mine, until, names[0])
        assert not await hints.later(held, mine, until, time() + timedelta(hours=1), "in vain", names[0])

    row = await hint(db)
    assert (row.worker, row.leased_until, row.tries) == (names[1], time() + LEASE, 0)
    async with db.write() as held:
        assert await hints.done(held, theirs, time() + LEASE, names[1])
    assert await hint(db) is None


async def test_what_is_hinted_again_during_a_fetch_is_due_at_once_however_that_ends(db: Database, time: Time) -> None:
    for ended in ("done", "later"):
        await hinted(db, time)
        (row,) = await claimed(db, time, "wrk_1")
        await hinted(db, time)
        until = time() + LEASE

        async with db.write() as held:
            if ended == "done":
                assert await hints.done(held, row, until, "wrk_1")
            else:
                assert await hints.later(held, row, until, time() + timedelta(hours=1), "in vain", "wrk_1")

        (again,) = await claimed(db, time, "wrk_1")
        assert again.tries == 0
        async with db.write() as held:
            assert await hints.done(held, again, until, "wrk_1")


async def test_what_a_living_worker_holds_nobody_claims_however_late_it_is(db: Database, time: Time) -> None:
    await hinted(db, time)
    async with db.write() as held:
        await cursors.meet(held, "shop", "orders", "since:then", time(), time())
        await endpoints.meet(held, "warehouse", time())
        assert await cursors.claim(held, "shop", time(), time() + LEASE, "wrk_1") is not None
        assert await endpoints.claim(held, "warehouse", time(), time() + LEASE, "wrk_1") is not None
    assert await claimed(db, time, "wrk_1")

    time.forward(hours=5)

    assert not await claimed(db, time, "wrk_2")
    async with db.write() as held:
        assert await cursors.claim(held, "shop", time(), time() + LEASE, "wrk_2") is None
        assert await endpoints.claim(held, "warehouse", time(), time() + LEASE, "wrk_2") is None


async def test_a_pull_and_a_publisher_that_slept_move_no_cursor(db: Database, time: Time) -> None:
    async with db.write() as held:
        await cursors.meet(held, "shop", "orders", "since:then", time(), time())
        await endpoints.meet(held, "warehouse", time())
        pulled = await cursors.claim(held, "shop", time(), time() + LEASE, "wrk_1")
        await endpoints.claim(held, "warehouse", time(), time() + LEASE, "wrk_1")
    await taken_over(db, "wrk_1")

    async with db.write() as held:
        assert await cursors.claim(held, "shop", time(), time() + LEASE, "wrk_2") is not None
        assert await endpoints.claim(held, "warehouse", time(), time() + LEASE, "wrk_2") is not None
        assert not await cursors.later(held, pulled, time() + LEASE, time() + LEASE, "in vain", "wrk_1")
        await endpoints.settle(held, "warehouse", time() + LEASE, "wrk_1", cursor=99)

    async with db.read() as held:
        assert (await held.execute(select(CursorRow.worker, CursorRow.tries))).one() == ("wrk_2", 0)
        assert (await held.execute(select(EndpointRow.worker, EndpointRow.cursor))).one() == ("wrk_2", 0)


async def test_what_code_of_the_version_before_gives_back_is_free(db: Database, time: Time) -> None:
    """It knows nothing of workers, and empties the time alone."""
    await hinted(db, time)
    assert await claimed(db, time, "wrk_1")
    async with db.write() as held:
        await held.exec_driver_sql("UPDATE hints SET leased_until = NULL")

    assert await claimed(db, time, "wrk_2")
