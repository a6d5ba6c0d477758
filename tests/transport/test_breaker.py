from datetime import timedelta

import pytest

from hub.domain.errors import TryLater
from hub.transport.breaker import Breaker


def fail(breaker: Breaker, at: float, times: int = 1) -> None:
    for _ in range(times):
        breaker.settle(breaker.admit(at), at, healthy=False)


def test_it_opens_after_faults_in_a_row_and_says_for_how_long() -> None:
    breaker = Breaker("eu", faults=3)
    fail(breaker, 0, 2)
    breaker.check(0)

    fail(breaker, 0)

    with pytest.raises(TryLater, match="eu: left alone after 3 faults") as refused:
        breaker.admit(1)
    assert refused.value.after == timedelta(seconds=4)


def test_a_good_answer_between_faults_keeps_it_closed() -> None:
    breaker = Breaker("eu", faults=3)

    for at in range(10):
        fail(breaker, at, 2)
        breaker.settle(breaker.admit(at), at, healthy=True)

    breaker.check(10)


def test_after_the_pause_one_call_tries_and_the_others_wait_for_it() -> None:
    breaker = Breaker("eu", faults=1)
    fail(breaker, 0)

    probe = breaker.admit(5)

    with pytest.raises(TryLater):
        breaker.admit(5)
    breaker.settle(probe, 5, healthy=True)
    breaker.check(5)


def test_the_pause_doubles_up_to_its_most() -> None:
    breaker = Breaker("eu", faults=1, first=timedelta(seconds=1), most=timedelta(seconds=5))
    at, pauses = 0.0, []

    for _ in range(5):
        fail(breaker, at)
        with pytest.raises(TryLater) as refused:
            breaker.check(at)
        pauses.append(refused.value.after.total_seconds())
        at += pauses[-1]

    assert pauses == [1, 2, 4, 5, 5]


def test_a_cancelled_try_lets_the_next_one_try() -> None:
    breaker = Breaker("eu", faults=1)
    fail(breaker, 0)

    breaker.settle(breaker.admit(5), 5, healthy=None)

    breaker.admit(5)


def test_late_faults_of_calls_under_way_do_not_make_the_pause_grow() -> None:
    breaker = Breaker("eu", faults=1)
    calls = [breaker.admit(0) for _ in range(4)]

    for at, call in enumerate(calls):
        breaker.settle(call, at, healthy=False)

    with pytest.raises(TryLater) as refused:
        breaker.check(4)
    assert refused.value.after == timedelta(seconds=1)
