"""Events of which a process died: alone the second time, parked in the end, and the rest goes on."""

import asyncio
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.engine import make_url

from hub.pipeline.pulse import Pulse
from hub.store import inbox, poison
from hub.store.database import Database
from hub.store.inbox import Ended, EventState
from hub.store.tables import InboxRow, WorkerRow
from tests.conftest import Time


async def take_in(db: Database, time: Time, *keys: str) -> list[str]:
    rows = [inbox.event_row("shop", key, "order", b"{}", None, time()) for key in keys]
    async with db.write() as held:
        await inbox.make_partitions(held)
        await inbox.keep(held, rows)
    return [row["id"] for row in rows]


async def claimed(db: Database, limit: int = 50) -> list[str]:
    async with db.write() as held:
        return [row.key for row in await inbox.claim(held, limit)]


async def event(db: Database, event_id: str) -> Any:
    async with db.read() as held:
        return (await held.execute(select(InboxRow.__table__).where(InboxRow.id == event_id))).one()


async def died(db: Database, time: Time, reading: Sequence[str], times: int = 1) -> None:
    for _ in range(times):
        async with db.write() as held:
            await poison.count(held, reading, time())


# ------------------------------------------------------------------------------------------- how they are taken


async def test_a_suspect_comes_alone_and_in_its_turn(db: Database, time: Time) -> None:
    ids = await take_in(db, time, "a", "b", "c", "d")
    await died(db, time, [ids[1]])

    assert await claimed(db) == ["a"]
    async with db.write() as held:
        await inbox.end(held, [Ended(id=ids[0], state=EventState.APPLIED)], time())
    assert await claimed(db) == ["b"]
    async with db.write() as held:
        await inbox.end(held, [Ended(id=ids[1], state=EventState.APPLIED)], time())
    assert await claimed(db) == ["c", "d"]


async def test_after_a_few_deaths_it_is_parked_and_the_rest_goes_on(db: Database, time: Time) -> None:
    ids = await take_in(db, time, "a", "b", "c")
    await died(db, time, ids)

    await died(db, time, ids[:1], times=poison.TRIES - 1)

    row = await event(db, ids[0])
    assert (row.state, row.part) == (EventState.PARKED, inbox.DONE)
    assert f"the process died {poison.TRIES} times" in row.reason
    assert await claimed(db) == ["b"]


async def test_what_was_read_to_the_end_before_the_death_is_no_suspect(db: Database, time: Time) -> None:
    ids = await take_in(db, time, "a", "b")
    async with db.write() as held:
        await inbox.end(held, [Ended(id=ids[0], state=EventState.APPLIED)], time())

    await died(db, time, ids, times=poison.TRIES)

    assert ((await event(db, ids[0])).state, (await event(db, ids[0])).tries) == (EventState.APPLIED, 0)


async def test_a_replay_gives_it_all_its_tries_again(db: Database, time: Time) -> None:
    (one,) = await take_in(db, time, "a")
    await died(db, time, [one], times=poison.TRIES)

    async with db.write() as held:
        assert await inbox.revive(held, one, time())

    row = await event(db, one)
    assert (row.state, row.reason, row.tries) == (EventState.RECEIVED, "", 0)


async def test_an_event_of_a_host_whose_clock_is_ahead_waits_for_nothing(db: Database, time: Time) -> None:
    await take_in(db, Time(time() + timedelta(hours=1)), "a")

    assert await claimed(db) == ["a"]


# ---------------------------------------------------------------------------------------------- how it is known

_DIES = """
import asyncio, os, sys
from hub.domain.clock import utc_now
from hub.pipeline.pulse import Pulse
from hub.store.database import Database

async def run():
    pulse = Pulse(Database(sys.argv[1]), utc_now)
    await pulse.start()
    await pulse.reading(sys.argv[2:])
    os.abort()

asyncio.run(run())
"""


async def dies_reading(db: Database, time: Time, *ids: str) -> None:
    """A real process crashes while it reads these, and is found."""
    url = make_url(str(db.url)).set(drivername=db.dialect, password=db.url.password)
    command = [sys.executable, "-c", _DIES, url.render_as_string(hide_password=False), *ids]
    dying = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, said = await dying.communicate()
    assert dying.returncode == -signal.SIGABRT, said.decode()
    finder = Pulse(db, time)
    await finder.start()
    await finder.leave()


async def test_a_process_that_crashes_tells_what_it_read(db: Database, time: Time) -> None:
    ids = await take_in(db, time, "a", "b", "c")

    await dies_reading(db, time, *ids[:2])

    assert [(await event(db, each)).tries for each in ids] == [1, 1, 0]


async def test_what_crashes_each_process_that_reads_it_is_parked_and_the_next_one_is_read(
    db: Database, time: Time
) -> None:
    ids = await take_in(db, time, "poison", "sound")
    for _ in range(poison.TRIES):
        (first, *_) = await claimed(db)
        assert first == "poison"
        await dies_reading(db, time, ids[0])

    assert await claimed(db) == ["sound"]


async def test_a_process_that_ends_by_itself_accuses_nothing(db: Database, time: Time) -> None:
    (one,) = await take_in(db, time, "a")
    first = Pulse(db, time)
    await first.start()
    await first.reading([one])
    await first.leave()

    await Pulse(db, time).start()

    assert (await event(db, one)).tries == 0


async def test_who_reads_nothing_any_more_accuses_nothing(db: Database, time: Time) -> None:
    ids = await take_in(db, time, "a")
    pulse = Pulse(db, time)
    await pulse.start()
    await pulse.reading(ids)
    await pulse.reading([])
    if db.dialect == "postgresql":
        async with db.read() as held:
            assert await held.scalar(select(WorkerRow.reading)) == "[]"
    other = Pulse(db, time)
    await other.start()

    assert (await event(db, ids[0])).tries == 0
    await pulse.leave()
    await other.leave()


async def test_a_note_outlives_the_loss_of_its_connection(db: Database, time: Time) -> None:
    if db.dialect == "sqlite":
        pytest.skip("a file is not cut off")
    pulse = Pulse(db, time)
    await pulse.start()
    await pulse.reading(["evt_1"])

    async with db.write() as held:
        others = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database()"
        await held.execute(text(f"{others} AND pid <> pg_backend_pid()"))
    await pulse.reading(["evt_2"])

    async with db.read() as held:
        assert await held.scalar(select(WorkerRow.reading)) == '["evt_2"]'
    await pulse.leave()
