"""The time that all processes share."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from hub.store.clock import SharedClock
from hub.store.database import Database
from tests.conftest import Time


async def database_time(db: Database) -> datetime:
    async with db.read() as held:
        return (await held.execute(select(func.clock_timestamp()))).scalar_one()  # type: ignore[no-any-return]


async def test_hosts_whose_clocks_differ_by_an_hour_agree(db: Database) -> None:
    if db.dialect == "sqlite":
        pytest.skip("one host")
    now = datetime.now(UTC)
    ahead, behind = Time(now + timedelta(hours=1)), Time(now - timedelta(hours=1))
    one, other = SharedClock(db, ahead), SharedClock(db, behind)
    assert one() - other() == timedelta(hours=2)

    await one.set()
    await other.set()

    before = await database_time(db)
    assert abs(one() - other()) < timedelta(seconds=30)
    assert abs(one() - before) < timedelta(seconds=30)


async def test_a_jump_of_the_host_s_own_clock_is_not_seen(db: Database, time: Time) -> None:
    if db.dialect == "sqlite":
        pytest.skip("its clock is the host's")
    now = [5.0]
    clock = SharedClock(db, time, lambda: now[0])
    await clock.set()
    before = clock()

    time.forward(hours=-1)
    now[0] += 2.0

    assert clock() - before == timedelta(seconds=2)


async def test_a_jump_of_the_database_s_clock_is_followed(db: Database, time: Time) -> None:
    if db.dialect == "sqlite":
        pytest.skip("its clock is the host's")
    now = [5.0]
    clock = SharedClock(db, time, lambda: now[0])
    await clock.set()
    before = clock()
    now[0] += 3600.0  # an hour for us, no time for the database: it went back by one

    await clock.set()

    assert abs(clock() - before) < timedelta(minutes=5)


async def test_an_answer_that_takes_long_moves_nothing_that_it_does_not_contradict(db: Database, time: Time) -> None:
    if db.dialect == "sqlite":
        pytest.skip("its clock is the host's")
    now, slow = [5.0], [0.0]

    def ticks() -> float:
        now[0] += slow[0]
        return now[0]

    clock = SharedClock(db, time, ticks)
    await clock.set()
    before = clock()
    slow[0] = 3600.0
    now[0] -= 3600.0 + 1800.0  # asked half an hour ago, answered in half an hour
    await clock.set()
    slow[0] = 0.0
    now[0] = 5.0

    assert clock() == before


async def test_beside_the_embedded_database_the_host_s_clock_counts(db: Database, time: Time) -> None:
    if db.dialect == "postgresql":
        pytest.skip("the database's counts")
    clock = SharedClock(db, time)
    await clock.set()

    went_back = time.forward(hours=-1)

    assert clock() == went_back


async def test_a_database_that_is_away_is_no_reason_not_to_start(time: Time) -> None:
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    clock = SharedClock(away, time)

    await clock.try_to_set()

    assert clock() == time()
    await away.close()
