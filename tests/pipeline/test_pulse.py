"""Leases that end with the worker: who is dead, who only sleeps, and what each of them may still do."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from hub.pipeline.pulse import BEAT, DEAD, HANDOVER, CutOff, LostLease, NoPulse, Pulse
from hub.store import cursors, leases, workers
from hub.store.database import Database
from hub.store.tables import CursorRow, WorkerRow
from tests.conftest import Time


class Ticks:
    """A steady clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class Hosts:
    """Workers on one PostgreSQL, each with a steady clock of its own; a day's time that all share, or not."""

    def __init__(self, url: str, time: Time) -> None:
        self.url = url
        self.time = time
        self.ticks: dict[Pulse, Ticks] = {}
        self.databases: list[Database] = []

    async def worker(self, name: str, time: Time | None = None) -> Pulse:
        database, ticks = Database(self.url), Ticks()
        self.databases.append(database)
        pulse = Pulse(database, time or self.time, name=name, ticks=ticks)
        await pulse.start()
        self.ticks[pulse] = ticks
        return pulse

    async def live(self, seconds: float, *beating: Pulse) -> None:
        """So many seconds pass for all; these beat."""
        for _ in range(round(seconds / BEAT)):
            for ticks in self.ticks.values():
                ticks.at += BEAT
            for pulse in beating:
                await pulse.beat()


@pytest.fixture
async def hosts(database_url: str, time: Time) -> AsyncIterator[Hosts]:
    if database_url.startswith("sqlite"):
        pytest.skip("the embedded database has one process")
    hosts = Hosts(database_url, time)
    yield hosts
    for database in hosts.databases:
        await database.close()


async def hold(db: Database, worker: str, time: Time, stream: str = "orders") -> None:
    async with db.write() as held:
        await cursors.meet(held, "shop", stream, "since:then", time(), time())
        values = leases.held(worker, time() + timedelta(seconds=90))
        await held.execute(update(CursorRow).where(CursorRow.stream == stream).values(values))


async def holder(db: Database, stream: str = "orders") -> str:
    async with db.read() as held:
        row = (await held.execute(select(CursorRow.__table__).where(CursorRow.stream == stream))).one()
    return str(row.worker) if row.leased_until is not None else ""


async def registered(db: Database) -> set[str]:
    async with db.read() as held:
        return set(await held.scalars(select(WorkerRow.id)))


# ------------------------------------------------------------------------------------------------ taking over


async def test_what_a_dead_worker_held_is_free_when_its_beat_stood_still_for_long_enough(
    db: Database, hosts: Hosts, time: Time
) -> None:
    dead, alive = await hosts.worker("one:1"), await hosts.worker("two:1")
    await hold(db, dead.worker, time)
    await alive.beat()

    await hosts.live(DEAD - BEAT, alive)
    assert await holder(db) == dead.worker
    await hosts.live(BEAT, alive)

    assert await holder(db) == ""
    assert await registered(db) == {alive.worker}


async def test_a_worker_that_beats_keeps_what_it_holds_for_as_long_as_it_likes(
    db: Database, hosts: Hosts, time: Time
) -> None:
    one, two = await hosts.worker("one:1"), await hosts.worker("two:1")
    await hold(db, one.worker, time)

    await hosts.live(20 * DEAD, one, two)

    assert await holder(db) == one.worker
    one.check(one.worker)


async def test_whoever_is_declared_dead_may_not_act_before_anyone_declares_it(hosts: Hosts) -> None:
    sleeper, alive = await hosts.worker("one:1"), await hosts.worker("two:1")
    await hosts.live(BEAT, sleeper, alive)
    await hosts.live(DEAD - HANDOVER - BEAT, alive)
    sleeper.check(sleeper.worker)

    await hosts.live(BEAT, alive)

    with pytest.raises(LostLease):
        sleeper.check(sleeper.worker)
    assert sleeper.worker in await registered(hosts.databases[0])


async def test_who_slept_through_its_death_loses_all_and_goes_on_under_another_name(
    db: Database, hosts: Hosts, time: Time
) -> None:
    sleeper, alive = await hosts.worker("one:1"), await hosts.worker("two:1")
    before = sleeper.worker
    await hold(db, before, time)
    await hosts.live(2 * DEAD, alive)

    await sleeper.beat()

    assert sleeper.worker != before
    with pytest.raises(LostLease):
        sleeper.check(before)
    sleeper.check(sleeper.worker)
    assert await registered(db) == {sleeper.worker, alive.worker}


async def test_a_burial_that_finds_the_beat_moved_changes_nothing(db: Database, hosts: Hosts, time: Time) -> None:
    one = await hosts.worker("one:1")
    await hold(db, one.worker, time)
    await one.beat()

    async with db.write() as held:
        assert await workers.bury(held, workers.Seen(one.worker, 0, "one:1")) is None

    assert await holder(db) == one.worker


async def test_a_claim_that_slept_through_its_worker_s_burial_is_found_and_released(
    db: Database, hosts: Hosts, time: Time
) -> None:
    alive = await hosts.worker("two:1")
    await hold(db, "wrk_buriedlongago", time)

    await hosts.live(600 + BEAT, alive)

    assert await holder(db) == ""


async def test_a_worker_that_stops_leaves_nothing_held(db: Database, time: Time) -> None:
    pulse = Pulse(db, time, ticks=Ticks())
    await pulse.start()
    await hold(db, pulse.worker, time)

    await pulse.leave()

    assert await holder(db) == ""
    assert await registered(db) == set()
    with pytest.raises(LostLease):
        pulse.claimant()


async def test_on_the_embedded_database_whoever_starts_is_the_only_one(database_url: str, time: Time) -> None:
    if not database_url.startswith("sqlite"):
        pytest.skip("elsewhere others may live")
    hosts = Hosts(database_url, time)
    killed = await hosts.worker("here:1")
    await hold(hosts.databases[0], killed.worker, time)

    started = await hosts.worker("here:2")

    assert await holder(hosts.databases[1]) == ""
    assert await registered(hosts.databases[1]) == {started.worker}
    for database in hosts.databases:
        await database.close()


# --------------------------------------------------------------------------------------- what kills nobody


async def test_clocks_that_differ_by_an_hour_kill_nobody_and_free_nothing(
    db: Database, hosts: Hosts, time: Time
) -> None:
    ahead, behind = Time(time.at), Time(time.at)
    ahead.forward(hours=1)
    behind.forward(hours=-1)
    one, two = await hosts.worker("one:1", ahead), await hosts.worker("two:1", behind)
    await hold(db, two.worker, behind)

    await hosts.live(2 * DEAD, one, two)
    async with db.write() as held:
        taken = await cursors.claim(held, "shop", ahead(), ahead() + timedelta(seconds=90), one.claimant())

    assert taken is None
    assert await holder(db) == two.worker


async def test_a_database_that_was_away_for_a_minute_kills_nobody(db: Database, hosts: Hosts, time: Time) -> None:
    one, two = await hosts.worker("one:1"), await hosts.worker("two:1")
    await hold(db, two.worker, time)
    await hosts.live(BEAT, one, two)

    await hosts.live(60)  # nobody gets through
    await one.beat()
    await hosts.live(DEAD - BEAT, one)
    await two.beat()
    await hosts.live(DEAD, one, two)

    assert await holder(db) == two.worker
    two.check(two.worker)


async def test_a_beat_that_does_not_come_through_extends_nothing(
    db: Database, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = Ticks()
    pulse = Pulse(db, time, ticks=ticks)
    await pulse.start()

    async def fails(*_: Any) -> bool:
        raise OperationalError("UPDATE workers", {}, Exception("the server closed the connection"))

    monkeypatch.setattr(workers, "beat", fails)
    ticks.at += DEAD - HANDOVER
    with pytest.raises(OperationalError):
        await pulse.beat()

    with pytest.raises(LostLease):
        pulse.claimant()


# ------------------------------------------------------------------------------------------------- in the middle


async def test_what_runs_when_the_lease_ends_is_cut_off(db: Database, time: Time) -> None:
    ticks = Ticks()
    pulse = Pulse(db, time, ticks=ticks)
    await pulse.start()
    ticks.at += DEAD - HANDOVER - 0.01

    with pytest.raises(CutOff):
        async with pulse.guard(pulse.worker):
            await asyncio.Event().wait()


async def test_a_beat_lets_what_runs_go_on(db: Database, time: Time) -> None:
    ticks = Ticks()
    pulse = Pulse(db, time, ticks=ticks)
    await pulse.start()
    ticks.at += DEAD - HANDOVER - 0.3

    async with pulse.guard(pulse.worker):
        await pulse.beat()
        await asyncio.sleep(0.35)


async def test_a_time_out_of_what_runs_is_not_taken_for_a_lost_lease(db: Database, time: Time) -> None:
    pulse = Pulse(db, time, ticks=Ticks())
    await pulse.start()

    with pytest.raises(TimeoutError):
        async with pulse.guard(pulse.worker):
            raise TimeoutError


async def test_who_is_declared_dead_in_the_middle_is_cut_off_at_once(db: Database, hosts: Hosts) -> None:
    sleeper, alive = await hosts.worker("one:1"), await hosts.worker("two:1")

    async def works() -> None:
        async with sleeper.guard(sleeper.worker):
            await asyncio.Event().wait()

    working = asyncio.create_task(works())
    await asyncio.sleep(0)
    await hosts.live(2 * DEAD, alive)
    await sleeper.beat()

    with pytest.raises(CutOff):
        await working


async def test_who_has_no_pulse_is_never_cut_off_and_holds_under_no_name() -> None:
    none = NoPulse()

    none.check("")
    async with none.guard(""):
        assert none.claimant() == ""
