"""The checker: what may never be, whatever happened to the hub. It sees only what the observers wrote down."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tests.history.seen import Answer, Event, Seen, Sent

_ENDS = ("applied", "stale", "ignored", "parked")
_COMMAND_ENDS = ("done", "superseded")


class Kind(StrEnum):
    LOST = "lost"  # acknowledged, and not there
    UNENDED = "unended"  # acknowledged, and in no state that is an end
    PARKED = "parked"  # put aside, and nothing was wrong with it
    DOUBLED = "doubled"  # done twice at the vendor
    UNDONE = "undone"  # told to be done, and the vendor knows of nothing
    UNASKED = "unasked"  # done at the vendor, and the hub knows of no such command
    OVERWRITTEN = "overwritten"  # two workers ended the same command
    DIFFERS = "differs"  # an order that is not what its records, or its store, say
    GAP = "gap"  # in a sequence, or a number that came twice
    BACKWARDS = "backwards"  # an older state was applied over a newer one
    UNSETTLED = "unsettled"  # something is left to do when all had time to end


@dataclass(frozen=True, slots=True)
class Violation:
    kind: Kind
    what: str


def check(seen: Seen) -> list[Violation]:
    return [
        *_events(seen),
        *_effects(seen),
        *_commands(seen),
        *_orders(seen),
        *_sequences(seen),
        *_course(seen),
        *_settled(seen),
    ]


def _acknowledged(seen: Seen) -> dict[str, Sent]:
    return {each.key: each for each in seen.sent if each.answer is Answer.ACKNOWLEDGED}


def _events(seen: Seen) -> Iterator[Violation]:
    events: dict[str, Event] = {}
    for event in seen.events:
        if event.key in events:
            yield Violation(Kind.DOUBLED, f"event {event.key} is kept twice")
        events[event.key] = event
    deadly = {each.key for each in seen.sent if each.deadly}
    for key in _acknowledged(seen):
        if key not in events:
            yield Violation(Kind.LOST, f"event {key} was acknowledged")
        elif events[key].state not in _ENDS:
            yield Violation(Kind.UNENDED, f"event {key} is {events[key].state}")
    for key, event in events.items():
        if (event.state == "parked") != (key in deadly):
            yield Violation(Kind.PARKED, f"event {key} ended {event.state}")


def _effects(seen: Seen) -> Iterator[Violation]:
    effects = Counter(_effect(each.action, each.order, each.total) for each in seen.ledger if each.effect)
    for effect, count in effects.items():
        if count > 1:
            yield Violation(Kind.DOUBLED, f"{effect}: {count} times")


def _effect(action: str, order: str, total: int) -> str:
    return f"{action} {order} {total}"


def _commands(seen: Seen) -> Iterator[Violation]:
    effects = {each.key for each in seen.ledger if each.effect}
    known = {each.id for each in seen.commands}
    for command in seen.commands:
        if command.state == "done" and command.id not in effects:
            yield Violation(Kind.UNDONE, f"{command.action} {command.id} of {command.order}")
        if command.done > 1:
            yield Violation(Kind.OVERWRITTEN, f"{command.action} {command.id}: {command.done} attempts ended it")
    for key in sorted(effects - known):
        yield Violation(Kind.UNASKED, f"the books did {key}")


def _orders(seen: Seen) -> Iterator[Violation]:
    least, sent = _totals(seen)
    orders = {each.number: each for each in seen.orders}
    for order in seen.orders:
        if order.document != order.rebuilt:
            yield Violation(Kind.DIFFERS, f"order {order.number} is not what a rebuild makes of it")
    for sale, total in least.items():
        if sale not in orders:
            yield Violation(Kind.DIFFERS, f"sale {sale} is no order")
        elif (found := orders[sale].total) < total or found not in sent[sale]:
            yield Violation(Kind.DIFFERS, f"order {sale} has a total of {found}, and its store said {total}")
    for sale in orders.keys() - sent.keys():
        yield Violation(Kind.DIFFERS, f"order {sale} was never sold")
    yield from _books(seen)


def _totals(seen: Seen) -> tuple[dict[str, int], dict[str, set[int]]]:
    """By sale: the newest total that was acknowledged, and all that were sent."""
    least: dict[str, int] = {}
    sent: dict[str, set[int]] = defaultdict(set)
    for each in seen.sent:
        if each.deadly:
            continue
        sent[each.sale].add(each.total)
        if each.answer is Answer.ACKNOWLEDGED:
            least[each.sale] = max(least.get(each.sale, 0), each.total)
    return least, sent


def _books(seen: Seen) -> Iterator[Violation]:
    """The last word of the books on each order is the order's; and each was told of once by letter."""
    entered: dict[str, int] = {}
    letters = set()
    for asked in seen.ledger:
        if asked.effect and asked.action == "enter":
            entered[asked.order] = asked.total
        if asked.effect and asked.action == "send_letter":
            letters.add(asked.order)
    for order in seen.orders:
        if entered.get(order.id) != order.total:
            yield Violation(Kind.DIFFERS, f"order {order.number}: {order.total}, the books: {entered.get(order.id)}")
        if order.id not in letters:
            yield Violation(Kind.DIFFERS, f"order {order.number}: no letter was sent")


def _sequences(seen: Seen) -> Iterator[Violation]:
    cursors = sorted(each.cursor for each in seen.changes)
    if cursors != list(range(1, len(cursors) + 1)):
        yield Violation(Kind.GAP, f"{len(cursors)} changes, cursors from {cursors[0]} to {cursors[-1]}")
    by_order: dict[str, list[int]] = defaultdict(list)
    for each in sorted(seen.changes, key=lambda change: change.cursor):
        by_order[each.order].append(each.seq)
    for order, seqs in by_order.items():
        if seqs != list(range(1, len(seqs) + 1)):
            yield Violation(Kind.GAP, f"the changes of {order} are {seqs}")
    for order in {each.id for each in seen.orders} - by_order.keys():
        yield Violation(Kind.GAP, f"{order} has no change at all")


def _course(seen: Seen) -> Iterator[Violation]:
    """Each change of a total goes on from the one before, and upwards, as the store's revisions do."""
    last: dict[str, int] = {}
    for each in sorted(seen.changes, key=lambda change: (change.order, change.seq)):
        if each.total is None:
            continue
        before, after = each.total
        if after < before or before != last.get(each.order, before):
            was = last.get(each.order, before)
            yield Violation(Kind.BACKWARDS, f"{each.order}, change {each.seq}: {before} to {after}, after {was}")
        last[each.order] = after


def _settled(seen: Seen) -> Iterator[Violation]:
    for event in seen.events:
        if event.waits:
            yield Violation(Kind.UNSETTLED, f"event {event.key} waits")
    for command in seen.commands:
        if command.state not in _COMMAND_ENDS:
            yield Violation(Kind.UNSETTLED, f"{command.action} {command.id} is {command.state}")
    if seen.due:
        yield Violation(Kind.UNSETTLED, f"{seen.due} orders or things wait")
