"""The checker can fail: each kind of violation, planted into what the observers saw of a hub that did all well."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.history.check import Kind, check
from tests.history.seen import Answer, Change, Event, Order, Seen, Sent, Told
from tests.history.sink import Asked


def good() -> Seen:
    """Two orders, one of them with a second revision."""
    return Seen(
        sent=[
            Sent(key="s1/1", sale="s1", total=1_001, answer=Answer.UNKNOWN),
            Sent(key="s1/1", sale="s1", total=1_001, answer=Answer.ACKNOWLEDGED),
            Sent(key="s1/2", sale="s1", total=1_002, answer=Answer.ACKNOWLEDGED),
            Sent(key="s2/1", sale="s2", total=2_001, answer=Answer.ACKNOWLEDGED),
            Sent(key="d3/1", sale="d3", total=3_001, answer=Answer.ACKNOWLEDGED, deadly=True),
        ],
        events=[
            Event(id="evt_1", key="s1/1", state="applied", waits=False),
            Event(id="evt_2", key="s1/2", state="applied", waits=False),
            Event(id="evt_3", key="s2/1", state="applied", waits=False),
            Event(id="evt_4", key="d3/1", state="parked", waits=False),
        ],
        orders=[
            Order(id="ord_1", number="s1", total=1_002, document=b"{1}", rebuilt=b"{1}"),
            Order(id="ord_2", number="s2", total=2_001, document=b"{2}", rebuilt=b"{2}"),
        ],
        changes=[
            Change(cursor=1, order="ord_1", seq=1, total=None),
            Change(cursor=2, order="ord_2", seq=1, total=None),
            Change(cursor=3, order="ord_1", seq=2, total=(1_001, 1_002)),
        ],
        commands=[
            Told(id="cmd_1", action="enter", order="ord_1", state="superseded", done=0),
            Told(id="cmd_2", action="enter", order="ord_1", state="done", done=1),
            Told(id="cmd_3", action="enter", order="ord_2", state="done", done=1),
            Told(id="cmd_4", action="send_letter", order="ord_1", state="done", done=1),
            Told(id="cmd_5", action="send_letter", order="ord_2", state="done", done=1),
        ],
        ledger=[
            Asked(action="enter", order="ord_1", total=1_002, key="cmd_2", effect=True),
            Asked(action="enter", order="ord_1", total=1_002, key="cmd_2", effect=False),
            Asked(action="enter", order="ord_2", total=2_001, key="cmd_3", effect=True),
            Asked(action="send_letter", order="ord_1", total=0, key="cmd_4", effect=True),
            Asked(action="send_letter", order="ord_2", total=0, key="cmd_5", effect=True),
        ],
    )


def test_a_history_in_which_all_went_well_has_no_violation() -> None:
    assert check(good()) == []


def _an_acknowledged_event_is_gone(seen: Seen) -> None:
    del seen.events[0]


def _an_event_has_no_end(seen: Seen) -> None:
    seen.events[0] = replace(seen.events[0], state="received")


def _an_event_is_kept_twice(seen: Seen) -> None:
    seen.events.append(replace(seen.events[0], id="evt_5"))


def _a_sound_event_is_parked(seen: Seen) -> None:
    seen.events[0] = replace(seen.events[0], state="parked")


def _a_deadly_event_is_not_parked(seen: Seen) -> None:
    seen.events[3] = replace(seen.events[3], state="applied")


def _an_entry_is_made_twice(seen: Seen) -> None:
    seen.ledger.append(replace(seen.ledger[0]))


def _a_letter_is_sent_twice_by_two_commands(seen: Seen) -> None:
    seen.commands.append(replace(seen.commands[3], id="cmd_6"))
    seen.ledger.append(replace(seen.ledger[3], key="cmd_6"))


def _a_command_is_done_and_the_books_know_nothing(seen: Seen) -> None:
    seen.commands.append(Told(id="cmd_6", action="enter", order="ord_1", state="done", done=1))


def _the_books_did_what_nobody_asked_for(seen: Seen) -> None:
    del seen.commands[3]


def _a_sleeper_ended_a_command_again(seen: Seen) -> None:
    seen.commands[1] = replace(seen.commands[1], done=2)


def _a_rebuild_gives_other_bytes(seen: Seen) -> None:
    seen.orders[0] = replace(seen.orders[0], rebuilt=b"{0}")


def _an_order_is_older_than_what_was_acknowledged(seen: Seen) -> None:
    seen.orders[0] = replace(seen.orders[0], total=1_001)
    seen.ledger[0] = replace(seen.ledger[0], total=1_001)


def _an_order_has_a_total_that_nobody_said(seen: Seen) -> None:
    seen.orders[0] = replace(seen.orders[0], total=1_009)
    seen.ledger[0] = replace(seen.ledger[0], total=1_009)


def _a_sale_is_no_order(seen: Seen) -> None:
    del seen.orders[1]


def _an_order_was_never_sold(seen: Seen) -> None:
    seen.sent = [each for each in seen.sent if each.sale != "s2"]


def _the_books_hold_an_older_total(seen: Seen) -> None:
    seen.ledger[0] = replace(seen.ledger[0], total=1_001)


def _a_letter_was_never_sent(seen: Seen) -> None:
    del seen.ledger[3]
    del seen.commands[3]


def _a_cursor_is_missing(seen: Seen) -> None:
    seen.changes[2] = replace(seen.changes[2], cursor=4)


def _a_cursor_came_twice(seen: Seen) -> None:
    seen.changes[2] = replace(seen.changes[2], cursor=2)


def _a_sequence_has_a_gap(seen: Seen) -> None:
    seen.changes[2] = replace(seen.changes[2], seq=3)


def _a_sequence_repeats(seen: Seen) -> None:
    seen.changes[2] = replace(seen.changes[2], seq=1)


def _an_order_has_no_change(seen: Seen) -> None:
    del seen.changes[1]
    seen.changes[1] = replace(seen.changes[1], cursor=2)


def _an_older_revision_was_applied_over_a_newer_one(seen: Seen) -> None:
    seen.changes[2] = replace(seen.changes[2], total=(1_002, 1_001))


def _a_change_does_not_go_on_from_the_one_before(seen: Seen) -> None:
    seen.changes.append(Change(cursor=4, order="ord_1", seq=3, total=(1_001, 1_002)))


def _an_event_waits(seen: Seen) -> None:
    seen.events[0] = replace(seen.events[0], waits=True)


def _a_command_waits(seen: Seen) -> None:
    seen.commands[0] = replace(seen.commands[0], state="unknown")


def _an_order_waits_for_a_plan(seen: Seen) -> None:
    seen.due = 1


_PLANTED: dict[Kind, list[Callable[[Seen], None]]] = {
    Kind.LOST: [_an_acknowledged_event_is_gone],
    Kind.UNENDED: [_an_event_has_no_end],
    Kind.PARKED: [_a_sound_event_is_parked, _a_deadly_event_is_not_parked],
    Kind.DOUBLED: [_an_event_is_kept_twice, _an_entry_is_made_twice, _a_letter_is_sent_twice_by_two_commands],
    Kind.UNDONE: [_a_command_is_done_and_the_books_know_nothing],
    Kind.UNASKED: [_the_books_did_what_nobody_asked_for],
    Kind.OVERWRITTEN: [_a_sleeper_ended_a_command_again],
    Kind.DIFFERS: [
        _a_rebuild_gives_other_bytes,
        _an_order_is_older_than_what_was_acknowledged,
        _an_order_has_a_total_that_nobody_said,
        _a_sale_is_no_order,
        _an_order_was_never_sold,
        _the_books_hold_an_older_total,
        _a_letter_was_never_sent,
    ],
    Kind.GAP: [
        _a_cursor_is_missing,
        _a_cursor_came_twice,
        _a_sequence_has_a_gap,
        _a_sequence_repeats,
        _an_order_has_no_change,
    ],
    Kind.BACKWARDS: [_an_older_revision_was_applied_over_a_newer_one, _a_change_does_not_go_on_from_the_one_before],
    Kind.UNSETTLED: [_an_event_waits, _a_command_waits, _an_order_waits_for_a_plan],
}


@pytest.mark.parametrize(
    ("kind", "plant"),
    [(kind, plant) for kind, plants in _PLANTED.items() for plant in plants],
    ids=lambda each: each.__name__.strip("_") if callable(each) else str(each),
)
def test_a_planted_violation_is_found(kind: Kind, plant: Callable[[Seen], None]) -> None:
    seen = good()

    plant(seen)

    assert {each.kind for each in check(seen)} == {kind}


def test_every_kind_of_violation_is_planted() -> None:
    assert _PLANTED.keys() == set(Kind)
