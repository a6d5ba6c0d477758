from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.transport.budget import Budget


@pytest.mark.parametrize(("requests", "per"), [(0, 1), (-1, 1), (1, 0)])
def test_a_budget_of_nothing_is_refused(requests: int, per: int) -> None:
    with pytest.raises(ValueError, match="is no budget"):
        Budget(requests, timedelta(seconds=per))


@given(
    requests=st.integers(1, 60),
    per=st.sampled_from([0.5, 1.0, 60.0]),
    arrivals=st.lists(st.floats(0, 3), min_size=1, max_size=300),
)
def test_no_window_has_more_calls_than_allowed(requests: int, per: float, arrivals: list[float]) -> None:
    budget = Budget(requests, timedelta(seconds=per))
    at, starts = 0.0, []

    for gap in arrivals:
        at += gap * per / requests
        starts.append(at + budget.take(at))

    # Each call and the one `requests` places on: a whole window apart, but for rounding.
    assert all(later - earlier >= per * 0.999999 for earlier, later in zip(starts, starts[requests:], strict=False))
    assert all(earlier <= later for earlier, later in pairwise(starts))


@pytest.mark.parametrize(("requests", "at_least"), [(1, 1.0), (10, 0.9), (100, 0.9), (1000, 0.9)])
def test_a_steady_stream_gets_nine_tenths_of_what_is_allowed(requests: int, at_least: float) -> None:
    budget = Budget(requests, timedelta(seconds=1))
    ends = [budget.take(0.0) for _ in range(requests * 10 + 1)]

    assert requests * 10 / ends[-1] >= at_least * requests * 0.999


def test_a_quiet_time_is_followed_by_a_small_burst_without_waiting() -> None:
    budget = Budget(100, timedelta(seconds=1))

    waits = [budget.take(50.0) for _ in range(12)]

    assert waits[:11] == pytest.approx([0.0] * 11, abs=1e-9)
    assert waits[11] == pytest.approx(1 / 90)


def test_looking_takes_nothing() -> None:
    budget = Budget(1, timedelta(seconds=10))

    assert [budget.wait(0.0) for _ in range(3)] == [0.0] * 3
    budget.take(0.0)
    assert budget.wait(0.0) == pytest.approx(10)


def test_a_pause_holds_everyone_and_a_shorter_one_does_not_lift_it() -> None:
    budget = Budget(1000, timedelta(seconds=1))

    budget.pause(100.0, 30)
    budget.pause(101.0, 1)

    assert budget.wait(110.0) == pytest.approx(20)
    assert budget.take(110.0) == pytest.approx(20)
    assert budget.paused(110.0) == pytest.approx(20)
    assert budget.paused(131.0) == 0
