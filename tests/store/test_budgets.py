"""What all processes together may ask of a vendor: never more in any window, and the urgent before the rest."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from hub.domain.allowance import Grant, Pace
from hub.domain.clock import Clock
from hub.domain.errors import TryLater
from hub.store.budgets import Budgets
from hub.store.database import Database
from hub.store.tables import BudgetRow
from hub.transport.share import Share, background
from tests.conftest import Time

TEN = Pace(requests=10, per=timedelta(seconds=1))


class OneRow:
    """The store's arithmetic without its database, for many histories."""

    def __init__(self) -> None:
        self.next_at: datetime | None = None

    async def grant(
        self, connection: str, pace: Pace, turns: int, now: Clock, *, background: bool, within: timedelta
    ) -> Grant:
        at = max(self.next_at or now() - pace.slack, now() - pace.slack)
        self.next_at = at + turns * pace.step
        return Grant(first=at, turns=turns)

    async def pause(self, connection: str, until: datetime) -> None:
        raise AssertionError


@given(
    requests=st.integers(1, 40),
    per=st.sampled_from([0.01, 1.0, 60.0]),  # the first is a generous pace for most
    calls=st.lists(st.tuples(st.integers(0, 3), st.floats(0, 3)), min_size=1, max_size=120),
)
async def test_no_window_has_more_calls_of_all_processes_than_allowed(
    requests: int, per: float, calls: list[tuple[int, float]]
) -> None:
    time, row = Time(), OneRow()
    pace = Pace(requests=requests, per=timedelta(seconds=per))
    processes = [Share("shop", pace, row, time) for _ in range(4)]
    starts = []

    for process, gap in calls:
        time.forward(seconds=gap * per / requests)
        starts.append(time() + timedelta(seconds=await processes[process].turn(1e9)))

    starts.sort()
    window = timedelta(seconds=per * 0.999999)
    assert all(later - earlier >= window for earlier, later in zip(starts, starts[requests:], strict=False))


@pytest.mark.parametrize(("requests", "per", "day"), [(0, 1, None), (1, 0, None), (1, 1, 0)])
def test_a_pace_of_nothing_is_refused(requests: int, per: int, day: int | None) -> None:
    with pytest.raises(ValueError, match="is no pace"):
        Pace(requests=requests, per=timedelta(seconds=per), per_day=day)


async def test_two_processes_share_what_one_vendor_allows(db: Database, time: Time) -> None:
    shares = [Share("shop", TEN, Budgets(db), time) for _ in range(2)]

    waits = [await share.turn(60) for _ in range(15) for share in shares]

    assert max(waits) >= 2.9  # thirty calls at ten a second, though each process made only fifteen


async def test_what_the_vendor_said_to_one_holds_for_all_and_a_shorter_word_lifts_nothing(
    db: Database, time: Time
) -> None:
    here, there = (Share("shop", TEN, Budgets(db), time) for _ in range(2))
    await here.turn(1)

    await here.pause(90)
    await there.pause(5)

    with pytest.raises(TryLater, match="asked to be left alone") as later:
        await there.turn(10)
    assert later.value.after == timedelta(seconds=90)
    time.forward(seconds=91)
    assert await there.turn(1) == 0


async def test_a_day_has_so_many_calls_and_the_last_fifth_is_not_for_backfills(db: Database, time: Time) -> None:
    pace = Pace(requests=100, per=timedelta(seconds=1), per_day=10)
    share = Share("books", pace, Budgets(db), time)

    for _ in range(8):
        time.forward(seconds=1)
        with background():
            await share.turn(10)
    time.forward(seconds=1)
    with background(), pytest.raises(TryLater, match="8 calls of 10 a day are spent"):
        await share.turn(10)
    for _ in range(2):
        time.forward(seconds=1)
        await share.turn(10)
    time.forward(seconds=1)
    with pytest.raises(TryLater, match="10 calls of 10 a day are spent") as later:
        await share.turn(10)

    assert later.value.after is not None
    time.forward(seconds=later.value.after.total_seconds())
    assert await share.turn(10) == 0


async def test_a_backfill_lets_those_go_first_who_have_a_turn_ahead(db: Database, time: Time) -> None:
    budgets = Budgets(db)
    busy = await budgets.grant("shop", TEN, 5, time, background=False)

    behind = await budgets.grant("shop", TEN, 1, time, background=True)
    assert (behind.turns, behind.first) == (0, busy.first + 5 * TEN.step)

    time.at = behind.first
    assert (await budgets.grant("shop", TEN, 1, time, background=True)).turns == 1


async def test_a_turn_that_nobody_used_in_its_time_is_lost(db: Database, time: Time) -> None:
    share = Share("shop", TEN, Budgets(db), time)
    for _ in range(6):
        await share.turn(60)  # a busy time: blocks of turns were taken

    time.forward(seconds=30)
    waits = [await share.turn(60) for _ in range(3)]

    assert waits[0] == 0  # not one of those of half a minute ago …
    assert waits == sorted(waits)


async def test_a_store_that_fails_means_that_nothing_was_sent(time: Time) -> None:
    class Broken(OneRow):
        async def grant(
            self, connection: str, pace: Pace, turns: int, now: Clock, *, background: bool, within: timedelta
        ) -> Grant:
            raise OSError("disk full")

    with pytest.raises(TryLater, match="nothing was sent"):
        await Share("shop", TEN, Broken(), time).turn(1)


async def test_who_cannot_wait_for_a_turn_takes_none_from_those_who_come_later(db: Database, time: Time) -> None:
    shares = [Share("shop", TEN, Budgets(db), time) for _ in range(2)]
    for _ in range(100):
        for share in shares:
            with contextlib.suppress(TryLater):
                await share.turn(2)

    time.forward(seconds=3)

    assert await shares[0].turn(2) <= 2


async def test_processes_that_waited_for_the_store_together_do_not_call_together(db: Database, time: Time) -> None:
    budgets = Budgets(db)
    await budgets.grant("shop", TEN, 1, time, background=False)
    shares = [Share("shop", TEN, budgets, time) for _ in range(14)]

    async with db.write() as held:
        await held.execute(update(BudgetRow).values(spent=0))  # whoever wants a turn waits for this
        asking = [asyncio.create_task(share.turn(60)) for share in shares]
        for _ in range(20):
            await asyncio.sleep(0)
        time.forward(seconds=5)
    waits = await asyncio.gather(*asking)

    assert len([wait for wait in waits if wait < 1]) <= TEN.requests


async def test_a_clock_that_lags_at_midnight_does_not_begin_the_day_before_anew(db: Database, time: Time) -> None:
    pace, budgets = Pace(requests=100, per=timedelta(seconds=1), per_day=10), Budgets(db)
    await budgets.grant("books", pace, 1, time, background=False)
    time.at = datetime(2026, 11, 23, tzinfo=UTC)
    lagging = Time(at=time() - timedelta(milliseconds=200))

    for _ in range(10):
        for clock in (time, lagging):
            with contextlib.suppress(TryLater):
                await Share("books", pace, budgets, clock).turn(10)

    grant = await budgets.grant("books", pace, 1, time, background=False)
    assert (grant.turns, grant.why) == (0, "10 calls of 10 a day are spent")


@pytest.mark.parametrize("gap", [0.0, 0.0012, 0.01], ids=["at once", "800 a second", "100 a second"])
async def test_a_limit_that_nobody_reaches_costs_a_few_writes_a_second(time: Time, gap: float) -> None:
    asked: list[int] = []

    class Watched(OneRow):
        async def grant(
            self, connection: str, pace: Pace, turns: int, now: Clock, *, within: timedelta, background: bool
        ) -> Grant:
            asked.append(turns)
            return await super().grant(connection, pace, turns, now, within=within, background=background)

    share = Share("shop", Pace(requests=1_000_000, per=timedelta(minutes=1)), Watched(), time)
    waits = []
    for _ in range(2_000):
        time.forward(seconds=gap)
        waits.append(await share.turn(60))

    assert waits == [0.0] * 2_000
    assert len(asked) <= 12 + 2_000 * gap * 8  # the first ones are small


async def test_turns_are_not_kept_in_store_where_a_day_has_so_many() -> None:
    many = Pace(requests=1_000_000, per=timedelta(minutes=1))

    assert many.generous
    assert not Pace(requests=many.requests, per=many.per, per_day=5_000).generous
