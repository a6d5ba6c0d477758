"""Ids that sort in the order in which they were made, whatever the clock does."""

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from hub.domain import ids
from hub.domain.ids import bits, derived_id, first_id, made_at, new_id


class Nanoseconds:
    """The time of day, in hand."""

    def __init__(self) -> None:
        self.at = time.time_ns() + 10**15  # far ahead, where no other test has been

    def __call__(self) -> int:
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Nanoseconds:
    clock = Nanoseconds()
    monkeypatch.setattr(ids, "_rising", ids._Rising())
    monkeypatch.setattr(time, "time_ns", clock)
    return clock


def test_ids_of_one_millisecond_rise(clock: Nanoseconds) -> None:
    made = [new_id("evt") for _ in range(1000)]

    assert made == sorted(set(made))


def test_ids_rise_when_the_clock_goes_back_by_an_hour(clock: Nanoseconds) -> None:
    before = [new_id("evt") for _ in range(3)]
    clock.at -= 3600 * 10**9
    after = [new_id("evt") for _ in range(3)]
    clock.at += 2 * 3600 * 10**9

    made = [*before, *after, new_id("evt")]
    assert made == sorted(set(made))


def test_a_later_millisecond_is_drawn_anew(clock: Nanoseconds) -> None:
    first = new_id("evt")
    clock.at += 10**6
    second = new_id("evt")

    assert second > first
    assert second[-16:] != first[-16:]


def test_the_time_stands_in_front(clock: Nanoseconds) -> None:
    head = new_id("evt")[4:14]
    clock.at += 10**6

    assert int(new_id("evt")[4:14].translate(_HEX), 32) == int(head.translate(_HEX), 32) + 1


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = [each for some in pool.map(lambda _: [new_id("evt") for _ in range(500)], range(8)) for each in some]

    assert len(set(made)) == len(made)


_FORKS = """
import os, time
from hub.domain.ids import bits, derived_id, first_id, made_at, new_id
now = time.time_ns()
time.time_ns = lambda: now
new_id("evt")
child = os.fork()
os.write(1, f"{new_id('evt')} ".encode())  # in one piece, also where Python does not buffer
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing forks here")
def test_a_forked_process_does_not_count_on_from_its_parent() -> None:
    said = subprocess.run([sys.executable, "-c", _FORKS], capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stderr

    one, other = said.stdout.split()
    assert one != other


_HEX = str.maketrans("0123456789abcdefghjkmnpqrstvwxyz", "0123456789abcdefghijklmnopqrstuv")

AT = datetime(2026, 11, 22, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.mark.parametrize(
    "id",
    [
        "",
        "pull:orders",
        "evt_test",
        "evt_8" + "0" * 25,  # 129 bits
        "evt_" + "0" * 25,
        "evt_" + "u" * 26,  # no digit of ours
        "evt_" + "0" * 25 + "A",
        "evt_" + "0" * 24 + "_0",
        "evt_" + "0" * 25 + "٠",
        "0" * 26,
    ],
)
def test_what_is_no_id_has_no_bits(id: str) -> None:
    assert bits(id) == 0


def test_the_bits_of_an_id_are_all_that_is_in_it() -> None:
    one, other = derived_id("ord", "shop", "1"), derived_id("cus", "shop", "1")

    assert bits(one) == bits(other) < 1 << 128
    assert bits("evt_" + "0" * 25 + "z") == 31
    assert bits("evt_7" + "z" * 25) == (1 << 128) - 1


def test_an_id_knows_when_it_was_made() -> None:
    before = datetime.now(UTC)

    assert abs(made_at(new_id("evt")) - before) < timedelta(minutes=1)
    assert made_at(first_id("att", AT)) == AT


def test_nothing_made_at_a_time_or_later_sorts_before_its_first_id() -> None:
    first = first_id("att", AT)

    assert first_id("att", AT - timedelta(milliseconds=1)) < first < first_id("att", AT + timedelta(milliseconds=1))
    assert first <= first_id("att", datetime.now(UTC)) <= new_id("att")
