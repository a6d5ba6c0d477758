"""Reading a connection's past: whole, once, wherever it was killed, and honest about what it could see."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from hub.domain.errors import HubError, NeedsAttention, Refused, TryLater
from hub.keeping import Keeper
from hub.pipeline.backfill import Progress, backfill
from hub.pipeline.pull import begin, pull
from hub.store.coverage import Coverage
from hub.store.database import Database
from hub.store.tables import CursorRow, RecordRow
from tests.conftest import Time
from tests.keeping.bookish import Past, bookish, keeper
from tests.keeping.conftest import ON_SQLITE

JANUARY = datetime(2026, 1, 1, tzinfo=UTC)
MONTHS = [datetime(2026, month, 10, tzinfo=UTC) for month in range(1, 12)]


class Slept:
    def __init__(self, time: Time) -> None:
        self.time, self.seconds = time, list[float]()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.time.forward(seconds=seconds)


@pytest.fixture
def past() -> Past:
    return Past(MONTHS)


@pytest.fixture
async def here(db: Database, time: Time, past: Past) -> AsyncIterator[Keeper]:
    made = keeper(db, time, bookish(past))
    yield made
    await made.way_out.aclose()


async def run(here: Keeper, since: datetime | None = JANUARY, sleep: Slept | None = None) -> list[Progress]:
    steps = backfill(here.courier, here.find("books"), "customers", since, sleep or Slept(Time()))
    return [step async for step in steps]


async def pulled(here: Keeper) -> None:
    await begin(here.courier, here.find("books"))
    while await pull(here.courier, here.find("books")):
        pass


async def covered(here: Keeper) -> Coverage:
    (found,) = (await here.statuses())["books"].coverage
    return found


async def known(db: Database) -> int:
    async with db.read() as held:
        return await held.scalar(select(func.count()).select_from(RecordRow)) or 0


async def fails(here: Keeper, kind: type[HubError], words: str, since: datetime | None = JANUARY) -> None:
    with pytest.raises(kind, match=words):
        await run(here, since)


# ------------------------------------------------------------------------------------------------ what stops it


@ON_SQLITE
async def test_it_says_what_it_lacks(here: Keeper, time: Time) -> None:
    await fails(here, Refused, "say since when", None)
    await fails(here, Refused, "in the future", time() + timedelta(days=1))
    with pytest.raises(Refused, match="no stream 'orders'; there are: customers"):
        await anext(here.backfill("books", "orders", JANUARY))
    with pytest.raises(Refused, match="there are: books"):
        here.backfill("shop", "customers", JANUARY)


@ON_SQLITE
async def test_a_paused_connection_is_left_alone(here: Keeper, past: Past) -> None:
    await here.pause("books", "stock-taking", "ada")

    await fails(here, Refused, "stock-taking")

    assert past.asked == []


async def test_a_pause_stops_one_that_runs_before_it_writes_anything_more(
    here: Keeper, db: Database, past: Past
) -> None:
    async def paused(call: int) -> None:
        if call == 3:
            await here.pause("books", "enough", "ada")

    past.before = paused

    await fails(here, Refused, "was paused: enough")

    assert await known(db) == 4
    past.before = None
    await here.resume("books", "ada")
    assert (await run(here, None))[-1].things == len(MONTHS)


@ON_SQLITE
async def test_refused_credentials_pause_the_connection(here: Keeper, past: Past) -> None:
    past.faults = [NeedsAttention("401")]

    await fails(here, NeedsAttention, "401")

    status = (await here.statuses())["books"]
    assert (status.paused_reason, status.paused_by) == ("401", "")


@ON_SQLITE
async def test_a_vendor_with_hiccups_is_waited_for(here: Keeper, db: Database, time: Time, past: Past) -> None:
    past.faults = [TryLater("503"), TryLater("429", after=timedelta(seconds=40))]
    slept = Slept(time)

    steps = await run(here, sleep=slept)

    assert slept.seconds == [2, 40]
    assert [step.waiting for step in steps[:4]] == ["", "503", "429", ""]
    assert await known(db) == len(MONTHS)


@ON_SQLITE
async def test_a_vendor_that_stays_down_or_wants_a_long_break_ends_it_with_its_words(here: Keeper, past: Past) -> None:
    past.faults = [TryLater("503")] * 6
    await fails(here, TryLater, "503")
    assert past.faults == []
    past.faults = [TryLater("503"), TryLater("5000 calls a day are spent", after=timedelta(hours=5))]
    await fails(here, TryLater, "are spent", None)  # and has new patience for the first of the two

    assert "5000 calls a day are spent" in (await covered(here)).note
    assert (await run(here, None))[-1].done


async def test_of_two_at_once_one_stops_and_nothing_is_read_twice(here: Keeper, db: Database, past: Past) -> None:
    both_asked = asyncio.Barrier(2)

    async def together(call: int) -> None:
        if call <= 2:
            await both_asked.wait()

    past.before = together

    ended = await asyncio.gather(run(here), run(here), return_exceptions=True)

    (lost,) = [each for each in ended if isinstance(each, Refused)]
    (won,) = [each for each in ended if isinstance(each, list)]
    assert "another process" in str(lost)
    assert won[-1].things == len(MONTHS) == await known(db)


# ------------------------------------------------------------------------------------------------ where it stops


@ON_SQLITE
async def test_it_reads_all_and_tells_how_far_it_is(here: Keeper, db: Database, past: Past) -> None:
    steps = await run(here)

    assert await known(db) == len(MONTHS)
    assert [step.things for step in steps] == [0, 2, 4, 6, 8, 10, 11]
    assert [step.reached_at for step in steps[1:]] == [*MONTHS[1::2], MONTHS[-1]]
    assert [step.done for step in steps] == [False] * 6 + [True]


@pytest.mark.parametrize("turns", [0, 3, 20])
async def test_cancelled_anywhere_it_goes_on_and_ends_with_the_same(
    here: Keeper, db: Database, past: Past, turns: int
) -> None:
    """So many turns of the loop after it asked for a page: before the transaction, in it, or behind it."""
    cancelled = asyncio.Event()

    async def cancelling(call: int) -> None:
        if call == 3:
            asyncio.create_task(cancel_later())  # noqa: RUF006 - it ends before the loop does

    async def cancel_later() -> None:
        for _ in range(turns):
            await asyncio.sleep(0)
        running.cancel()
        cancelled.set()

    past.before = cancelling
    running = asyncio.create_task(run(here))
    await asyncio.gather(running, return_exceptions=True)
    assert cancelled.is_set()

    past.before = None
    steps = await run(here)

    assert steps[-1].things == await known(db) == len(MONTHS)


KILLED = """
import asyncio, os, signal, sys
from datetime import UTC, datetime
from hub.store.database import Database
from tests.conftest import Time
from tests.keeping.bookish import Past, bookish, keeper
from tests.keeping.test_backfill import JANUARY, MONTHS

async def main():
    past = Past(MONTHS)
    here = keeper(Database(sys.argv[1]), Time(), bookish(past))
    async def kill(call):
        if call == 4:
            os.kill(os.getpid(), signal.SIGKILL)
    past.before = kill
    async for step in here.backfill("books", "customers", JANUARY):
        pass

asyncio.run(main())
"""


async def test_killed_in_the_middle_it_goes_on_where_it_was(
    here: Keeper, db: Database, database_url: str, past: Past
) -> None:
    died = await asyncio.create_subprocess_exec(sys.executable, "-c", KILLED, database_url)
    assert await died.wait() == -signal.SIGKILL
    assert await known(db) == 6

    steps = await run(here, None)

    assert steps[-1].things == await known(db) == len(MONTHS)
    assert len(past.asked) == 3  # the pages that the killed one had not kept


async def test_the_workers_leave_a_backfill_alone(here: Keeper, past: Past) -> None:
    past.faults = [TryLater("503", after=timedelta(hours=1))]
    await fails(here, TryLater, "503")

    await pulled(here)

    assert (await covered(here)).note.startswith("the backfill from 2026-01-01 is not finished: 0 things")
    assert [each.stream for each in (await here.statuses())["books"].cursors] == ["customers"]


# ------------------------------------------------------------------------------------------------ what it covers


@ON_SQLITE
async def test_before_the_first_pull_has_caught_up_nothing_is_certain(here: Keeper, past: Past) -> None:
    await begin(here.courier, here.find("books"))

    assert await covered(here) == Coverage(
        stream="customers", from_=None, until=None, is_complete=False, note="the first pull is not finished"
    )


@ON_SQLITE
async def test_pulls_cover_from_where_they_began_to_their_last_word(here: Keeper, time: Time) -> None:
    began = time()
    await pulled(here)
    time.forward(hours=2)
    await pulled(here)

    found = await covered(here)

    assert (found.from_, found.until, found.is_complete) == (began - timedelta(days=30), time(), True)


@ON_SQLITE
async def test_a_backfill_reaches_further_and_joins_what_pulls_cover(here: Keeper, time: Time) -> None:
    await pulled(here)
    await run(here)
    time.forward(days=1)
    await pulled(here)

    found = await covered(here)

    assert (found.from_, found.until, found.is_complete, found.note) == (JANUARY, time(), True, "")


async def test_what_was_covered_stays_covered_while_and_after_less_is_read_again(
    here: Keeper, time: Time, past: Past
) -> None:
    await run(here)
    time.forward(hours=1)
    past.faults = [TryLater("503", after=timedelta(hours=1))]
    await fails(here, TryLater, "503", MONTHS[8])
    assert ((await covered(here)).from_, (await covered(here)).is_complete) == (JANUARY, False)

    await run(here, None)

    found = await covered(here)
    assert (found.from_, found.until, found.is_complete) == (JANUARY, time(), True)


@ON_SQLITE
async def test_one_that_was_begun_further_back_goes_on_and_a_longer_one_begins_anew(here: Keeper, past: Past) -> None:
    past.faults = [TryLater("503", after=timedelta(hours=1))]
    await fails(here, TryLater, "503")

    assert (await run(here, MONTHS[3]))[0].since == JANUARY
    past.faults = [TryLater("503", after=timedelta(hours=1))]
    await fails(here, TryLater, "503", MONTHS[3])
    assert (await run(here, JANUARY))[0].since == JANUARY


@ON_SQLITE
async def test_a_vendors_window_is_told(here: Keeper, db: Database, past: Past) -> None:
    past.shown_from = MONTHS[6]

    await run(here)

    found = await covered(here)
    assert (found.from_, found.is_complete) == (MONTHS[6], False)
    assert found.note == "nothing from before 2026-07-10: Bookish forgets"
    assert await known(db) == 5


@ON_SQLITE
async def test_a_gap_is_a_gap(here: Keeper, time: Time) -> None:
    """A backfill without a running hub, which then starts after its first look back."""
    await run(here)
    time.forward(days=40)
    await pulled(here)

    found = await covered(here)

    assert (found.from_, found.is_complete) == (time() - timedelta(days=30), False)
    assert found.note == "nothing is known of 2026-11-22 to 2026-12-02"


@ON_SQLITE
async def test_a_pull_that_comes_back_after_the_vendor_forgot_begins_its_cover_anew(
    here: Keeper, time: Time, past: Past
) -> None:
    await pulled(here)
    time.forward(days=60)
    past.shown_from = time() - timedelta(days=10)
    async with here.database.write() as held:
        await held.execute(update(CursorRow).values(cursor="since:2026-11-22T12:00:00.000Z"))
    await pulled(here)

    found = await covered(here)

    assert (found.from_, found.until, found.is_complete) == (past.shown_from, time(), False)
    assert "Bookish forgets" in found.note
