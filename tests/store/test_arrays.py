"""Statements over columns write what the same rows through SQLAlchemy would, on both databases."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import select

from hub.store import arrays
from hub.store.database import Database
from hub.store.tables import AuditRow, DueRow, InboxRow, RecordRow

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ODD = ["", "{}", '"', "\\", "a,b", "NULL", "ü\U0001f600", "it's\n"]
AUDIT = ("id", "at", "connection", "what", "detail")


async def rows(db: Database, table: Any) -> list[tuple[Any, ...]]:
    async with db.read() as held:
        return [tuple(row) for row in await held.execute(select(table.__table__).order_by(table.id))]


async def test_a_time_without_a_zone_is_refused_and_nothing_is_written(db: Database) -> None:
    put = arrays.insert(AuditRow, AUDIT)

    with pytest.raises(ValueError, match="no time zone"):
        async with db.write() as held:
            await put(held, [["1"], [NOW.replace(tzinfo=None)], ["c"], ["w"], ["d"]])

    assert await rows(db, AuditRow) == []


async def test_what_came_in_vain_is_not_among_what_comes_back(db: Database) -> None:
    put = arrays.insert(AuditRow, AUDIT, conflict="ON CONFLICT DO NOTHING", returning=["id"])
    async with db.write() as held:
        first = await put(held, [["1"], [NOW], ["c"], ["w"], ["first"]])
        second = await put(held, [["1", "2"], [NOW, NOW], ["c", "c"], ["w", "w"], ["second", "second"]])

    assert (first, second) == ([("1",)], [("2",)])
    assert [row[-1] for row in await rows(db, AuditRow)] == ["first", "second"]


async def test_each_value_comes_back_as_it_was_given(db: Database) -> None:
    east = NOW.astimezone(timezone(timedelta(hours=3))) + timedelta(microseconds=7)
    bodies = [each.encode() for each in ODD[:-1]] + [bytes(range(256))]
    names = ("id", "connection", "key", "kind", "body", "at", "received_at", "part", "state", "reason", "order_id",
             "deliveries", "due_at", "done_at", "tries", "pruned_at")  # fmt: skip
    many = len(ODD)
    given: list[list[Any]] = [
        [str(number) for number in range(many)], ["c"] * many, ODD, ODD, bodies, [None, east] * (many // 2),
        [east] * many, [-1, 2**31 - 1] * (many // 2), ["parked"] * many, ODD,
        [""] * many, [1] * many, [NOW] * many, [None] * many,
        [0] * many, [None] * many,
    ]  # fmt: skip

    async with db.write() as held:
        await arrays.insert(InboxRow, names)(held, given)

    assert await rows(db, InboxRow) == list(zip(*given, strict=True))


async def test_truth_and_large_numbers_keep_their_types(db: Database) -> None:
    async with db.write() as held:
        await arrays.insert(DueRow, ["id", "order_id", "background", "cause"])(
            held, [["1", "2"], ["o", "o"], [True, False], ["", ""]]
        )
        names = (
            "connection",
            "kind",
            "external_id",
            "version",
            "digest",
            "data",
            "cluster",
            "golden",
            "event_id",
            "seen_at",
        )
        await arrays.insert(RecordRow, names)(
            held, [["c"], ["k"], ["x"], [2**62], ["d"], [b"{}"], ["c"], ["g"], ["e"], [NOW]]
        )

    assert [row[2] for row in await rows(db, DueRow)] == [True, False]
    async with db.read() as held:
        assert await held.scalar(select(RecordRow.version)) == 2**62


async def test_more_rows_than_sqlite_takes_parameters_are_written_all_the_same(db: Database) -> None:
    many = 8000  # of five columns
    put = arrays.insert(AuditRow, AUDIT, returning=["id"])
    ids = [f"{number:05}" for number in range(many)]

    async with db.write() as held:
        back = await put(held, [ids, [NOW] * many, ["c"] * many, ["w"] * many, ["d"] * many])

    assert sorted(back) == [(each,) for each in ids]


async def test_an_update_touches_the_rows_that_it_names_and_no_other(db: Database) -> None:
    async with db.write() as held:
        await arrays.insert(AuditRow, AUDIT)(held, [["1", "2", "3"], [NOW] * 3, ["c"] * 3, ["w"] * 3, ["d"] * 3])
        later = NOW + timedelta(seconds=1)
        change = arrays.update(AuditRow, ["at", "what"], by=["id"], also="detail = 'all'")
        await change(held, [[later, NOW], ["first", "third"], ["1", "3"]])

    assert await rows(db, AuditRow) == [
        ("1", later, "c", "first", "all"),
        ("2", NOW, "c", "w", "d"),
        ("3", NOW, "c", "third", "all"),
    ]


async def test_no_rows_are_no_statement(db: Database) -> None:
    async with db.write() as held:
        assert await arrays.insert(AuditRow, AUDIT, returning=["id"])(held, [[], [], [], [], []]) == []


async def test_what_is_rolled_back_was_never_there(db: Database) -> None:
    with pytest.raises(RuntimeError):
        async with db.write() as held:
            await arrays.insert(AuditRow, AUDIT)(held, [["1"], [NOW], ["c"], ["w"], ["d"]])
            raise RuntimeError

    assert await rows(db, AuditRow) == []
