from datetime import timedelta
from typing import Any

from hub.domain.ids import new_id
from hub.store.database import Database
from hub.store.tables import AttemptRow, ChangeRow, CounterRow, InboxRow, OutboxRow
from hub.store.way import Way, ways
from tests.conftest import Time
from tests.store.explained import much_done, overheard, plan_of, scans
from tests.store.rows import attempt_row, command_row, event_row, put


def change_row(cursor: int, order_id: str, seq: int, cause: str, at: Any) -> dict[str, Any]:
    return {
        "cursor": cursor,
        "order_id": order_id,
        "seq": seq,
        "at": at,
        "cause": cause,
        "actor": "shop",
        "summary": f"change {cursor}",
        "fields": b"[]",
    }


async def found(db: Database, id: str) -> list[Way]:
    async with db.read() as held:
        return await ways(held, id)


async def a_story(db: Database, time: Time) -> tuple[str, str, str]:
    """A webhook changed two orders; one of them asked for a command, whose reply changed it again. Others came between.

    Returns the ids of the event, its command and another event.
    """
    now = time()
    event = event_row("shop", now, state="applied", part=-1, order_id="ord_a")
    other = event_row("shop", now + timedelta(seconds=1), state="applied", part=-1, order_id="ord_a")
    command = command_row("books", now, order_id="ord_a", cause=event["id"], state="done", lane_due=False)
    beside = command_row("post", now, order_id="ord_a", cause=other["id"])
    first, second = attempt_row(command["id"], now, state="later"), attempt_row(command["id"], now, state="done")
    first["id"], second["id"] = sorted([first["id"], second["id"]])
    long_ago = now - timedelta(days=1)
    await put(db, InboxRow, event, other)
    await put(db, OutboxRow, command, beside)
    await put(db, AttemptRow, second, first)
    await put(
        db,
        ChangeRow,
        *(change_row(each, f"ord_{each}", 1, new_id("evt"), long_ago) for each in range(1, 30)),
        change_row(30, "ord_a", 1, event["id"], now),
        change_row(31, "ord_b", 1, event["id"], now),
        change_row(32, "ord_a", 2, other["id"], now),
        change_row(33, "ord_a", 3, command["id"], now),
    )
    await put(db, CounterRow, {"name": "changes", "value": 33})
    return event["id"], command["id"], other["id"]


async def test_an_id_that_nothing_has_leads_nowhere(db: Database, time: Time) -> None:
    await a_story(db, time)

    for unknown in (new_id("evt"), new_id("cmd"), "ord_unknown", "nonsense", ""):
        assert await found(db, unknown) == []


async def test_an_event_leads_to_all_that_it_changed_and_to_nothing_else(db: Database, time: Time) -> None:
    event, command, _ = await a_story(db, time)

    (way,) = await found(db, event)

    a, b = way.orders
    assert (way.root, way.event.id if way.event else "") == (event, event)
    assert (a.id, [each.cursor_of for each in map(Summary, a.changes)]) == ("ord_a", [30])
    assert (b.id, [each.cursor_of for each in map(Summary, b.changes)], b.commands) == ("ord_b", [31], [])
    (asked,) = a.commands
    assert asked.command.id == command
    assert [each.state for each in asked.attempts] == ["later", "done"]
    assert [each.cursor_of for each in map(Summary, asked.answers)] == [33]


class Summary:
    def __init__(self, change: Any) -> None:
        self.cursor_of = int(change.summary.removeprefix("change "))


async def test_a_command_is_shown_on_the_way_of_the_event_at_its_root(db: Database, time: Time) -> None:
    event, command, _ = await a_story(db, time)

    (way,) = await found(db, command)

    assert way.root == event
    assert [asked.command.id for order in way.orders for asked in order.commands] == [command]


async def test_an_order_has_the_way_of_each_event_that_changed_it(db: Database, time: Time) -> None:
    event, _, other = await a_story(db, time)

    assert [way.root for way in await found(db, "ord_a")] == [event, other]


async def test_a_command_without_a_cause_goes_alone(db: Database, time: Time) -> None:
    command = command_row("books", time())
    await put(db, OutboxRow, command)

    (way,) = await found(db, command["id"])

    assert [asked.command.id for order in way.orders for asked in order.commands] == [command["id"]]


async def test_no_way_is_found_by_reading_a_whole_table(db: Database, time: Time) -> None:
    await much_done(db, 20_000)
    now = time()
    event = event_row("shop", now, state="applied", part=-1)  # a thin one: it does not say which order it was about
    command = command_row("books", now, order_id="ord_a", cause=event["id"])
    await put(db, InboxRow, event)
    await put(db, OutboxRow, command)
    await put(db, AttemptRow, attempt_row(command["id"], now))
    await put(db, ChangeRow, change_row(20_001, "ord_a", 1, event["id"], now))
    async with db.write() as held:
        await held.exec_driver_sql("UPDATE counters SET value = 20001 WHERE name = 'changes'")

    with overheard(db) as heard:
        for each_id in (event["id"], command["id"], "ord_a"):
            (way,) = await found(db, each_id)
            assert [asked.command.id for order in way.orders for asked in order.commands] == [command["id"]]

    async with db.read() as held:
        for statement in {each for each, _ in heard if each.startswith("SELECT")}:
            parameters = next(given for each, given in heard if each == statement)
            plan = await plan_of(held, statement, parameters)
            assert scans(plan, ("inbox", "outbox", "changes", "attempts")) == [], (statement, plan)
