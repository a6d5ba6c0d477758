from datetime import UTC, datetime, timedelta

import pytest

from hub.domain.ids import bits, derived_id, first_id, made_at, new_id

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
