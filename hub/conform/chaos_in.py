"""Chaos in: real deliveries, spoilt. What is not genuine is refused; whatever else comes, the golden documents are
those of the plain run."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hub.card import Ability
from hub.conform import mutate
from hub.conform.bench import Bench, settings_of
from hub.conform.checks import Check
from hub.conform.result import Failed, NotRun, expect
from hub.conform.rig import Rig, incoming
from hub.conform.story import Story, made_one, named, same, timeless, told
from hub.conform.truth import read
from hub.connector import Event
from hub.domain.errors import Forged, Malformed
from hub.pipeline.receive import Received
from hub.sandbox import Delivery

_REFUSED = (Forged, Malformed)
_ORDERS = 4  # of arrival: backwards, and shuffled
Answers = Sequence[Received | BaseException]


async def _played(
    bench: Bench,
    what: str,
    play: Callable[[Story, Rig], Awaitable[str]],
    *,
    compare: Callable[[dict[str, bytes]], dict[str, bytes]] | None = dict,
) -> str:
    """A fresh hub, the spoilt deliveries, and then all that was meant to come: it ends as the plain run did."""
    story = await told(bench)
    async with bench.rig(story.sandbox, story.time) as rig:
        counted = await play(story, rig)
        if compare is not None:
            await rig.hear()
            same(compare(story.golden), compare(await rig.golden()), what)
        return counted


def _taken(answers: Answers) -> int:
    """How many events were new. Raises `Failed` where a delivery was refused."""
    for each in answers:
        if isinstance(each, BaseException):
            raise Failed(f"a genuine delivery is refused: {named(each)}")
    return sum(each.new for each in answers if isinstance(each, Received))


def _refused(answers: Answers, what: str) -> None:
    for each in answers:
        if not isinstance(each, BaseException):
            raise Failed(f"{what} is taken")
        if not isinstance(each, _REFUSED):
            raise Failed(f"{what} is neither forged nor malformed to it: {named(each)}")


async def duplicates(bench: Bench) -> str:
    async def play(story: Story, rig: Rig) -> str:
        new = _taken(await rig.post(*story.deliveries, *story.deliveries))
        await rig.hear()
        again = _taken(await rig.post(*story.deliveries))
        expect(new == story.events, f"{new} events of deliveries that hold {story.events}")
        expect(again == 0, f"{again} of the same deliveries are new when they come again")
        return f"{len(story.deliveries)} deliveries three times each"

    return await _played(bench, "duplicates", play)


async def reordered(bench: Bench) -> str:
    for seed in range(_ORDERS):

        async def play(story: Story, rig: Rig, seed: int = seed) -> str:
            order = list(reversed(story.deliveries))
            if seed:
                random.Random(seed).shuffle(order)  # noqa: S311 - the same orders in every run
            for each in order:
                _taken(await rig.post(each))
                await rig.hear()
            return ""

        await _played(bench, "another order of arrival", play)
    return f"{_ORDERS} orders of arrival"


async def delayed(bench: Bench) -> str:
    """Vendors sign anew when they try again."""

    async def play(story: Story, rig: Rig) -> str:
        half = len(story.deliveries) // 2
        _taken(await rig.post(*story.deliveries[half:]))
        await rig.hear()
        story.time.forward(days=3)
        late = [bench.sign(story.sandbox, each, each.body, story.time) or each for each in story.deliveries[:half]]
        _taken(await rig.post(*late))
        return f"{half} deliveries three days late"

    return await _played(bench, "a delay of days", play, compare=timeless)


async def changed_headers(bench: Bench) -> str:
    """Headers that the signature does not cover may say anything: no order differs by them."""

    async def play(story: Story, rig: Rig) -> str:
        _taken(await rig.post(*story.deliveries))
        await rig.hear()
        tried = taken = 0
        for each in story.deliveries:
            for name, value in each.headers.items():
                tried += 1
                (answer,) = await rig.post(replace(each, headers={**each.headers, name: f"{value}x"}))
                if isinstance(answer, BaseException) and not isinstance(answer, _REFUSED):
                    raise Failed(f"a changed {name} breaks the door: {named(answer)}")
                taken += isinstance(answer, Received)
        return f"{tried} changed headers, {taken} of them unsigned"

    return await _played(bench, "a replay with a changed unsigned header", play)


async def truncated(bench: Bench) -> str:
    async def play(story: Story, rig: Rig) -> str:
        halves = [replace(each, body=each.body[: len(each.body) // 2]) for each in story.deliveries]
        if Ability.SIGNATURES not in bench.card.lacks:
            _refused(await rig.post(*halves), "half a body under the whole one's signature")
        signed = [bench.sign(story.sandbox, each, each.body, story.time) for each in halves]
        for answer in await rig.post(*[each for each in signed if each is not None]):
            if isinstance(answer, BaseException) and not isinstance(answer, _REFUSED):
                raise Failed(f"half a body that is signed breaks the door: {named(answer)}")
        await rig.hear()
        _taken(await rig.post(*story.deliveries))
        return f"{len(halves)} halves"

    return await _played(bench, "truncated bodies", play)


async def forged(bench: Bench) -> str:
    async def play(story: Story, rig: Rig) -> str:
        for each in story.deliveries:
            bare = {name: value for name, value in each.headers.items() if name.lower() == "content-type"}
            spoilt = [replace(each, body=each.body + b" "), replace(each, headers=bare)]
            _refused(await rig.post(spoilt[0]), f"a body with one byte more ({each.kind})")
            _refused(await rig.post(spoilt[1]), f"a delivery without any signature ({each.kind})")
        expect(not await rig.events(), "something of a forged delivery is kept")
        return f"{2 * len(story.deliveries)} forgeries"

    return await _played(bench, "forgeries", play, compare=None)


async def wrong_tenant(bench: Bench) -> str:
    async def play(story: Story, rig: Rig) -> str:
        card = bench.card
        other = (card.stranger or card.sandbox)(story.time)
        if card.stranger is None:
            other.secret = "of another account"  # noqa: S105
        await made_one(bench, other)
        expect(other.deliveries, "the other account delivers nothing")
        answers = await rig.post(*other.deliveries)
        if card.stranger is None:
            _refused(answers, "a delivery of another account (or give the card a `stranger`)")
        await rig.hear()
        expect(not await rig.golden(), "another account's sale is in the books of this one")
        return f"{len(other.deliveries)} deliveries of another account"

    return await _played(bench, "another account", play, compare=None)


async def future(bench: Bench) -> str:
    """Whoever bounds a signed time in the past bounds it in the future, too. The other way round may be meant: a vendor
    that tries again for days without signing anew."""

    async def play(story: Story, rig: Rig) -> str:
        rig.ahead = timedelta(days=3)
        past = await rig.post(story.deliveries[0])
        rig.ahead = timedelta(days=-3)
        ahead = await rig.post(story.deliveries[0])
        old, new = (isinstance(each[0], BaseException) for each in (past, ahead))
        expect(new or not old, "days late is refused, and days early is taken")
        return "refused" if new else "the time is not signed"

    return await _played(bench, "a delivery from the future", play, compare=None)


async def forged_in_batch(bench: Bench) -> str:
    async def play(story: Story, rig: Rig) -> str:
        count = 0
        for each in story.deliveries:
            pair = mutate.batch(each.body)
            if pair is None:
                continue
            two, spoilt = pair
            signed = bench.sign(story.sandbox, each, two, story.time)
            if signed is None:
                signed = each  # nobody here can sign: the one item's signature has to fail for both
            _refused(await rig.post(replace(signed, body=spoilt)), "a batch whose second item was changed")
            count += 1
        return f"{count} batches" if count else "one event in each delivery"

    return await _played(bench, "a forged second item", play, compare=None)


async def unknown_type(bench: Bench) -> str:
    async def play(story: Story, rig: Rig) -> str:
        count = 0
        for each in story.deliveries:
            body = mutate.of_unknown_type(each.body, each.kind)
            headers = {
                name: value + ".orderhub_unknown" if value == each.kind else value
                for name, value in each.headers.items()
            }
            if body is None and headers == each.headers:
                continue
            signed: Delivery | None = replace(each, headers=headers)
            if body is not None:
                signed = bench.sign(story.sandbox, replace(each, headers=headers), body, story.time)
            if signed is None:
                continue
            count += 1
            _taken(await rig.post(signed))
        await rig.hear()
        stuck = [row for row in await rig.events() if row.state not in ("ignored", "applied", "stale", "duplicate")]
        expect(not stuck, f"an unknown type is {stuck[0].state}: {stuck[0].reason}" if stuck else "")
        return f"{count} deliveries of an unknown type" if count else "no delivery names its type by that word"

    return await _played(bench, "an unknown type", play, compare=None)


async def _events(bench: Bench) -> tuple[Any, list[Event]]:
    """Every different event of the story, as the connector cuts the deliveries."""
    story = await told(bench)
    settings = settings_of(bench.connector, bench.card, story.sandbox, {})
    assert bench.connector.inbound is not None
    return settings, [
        event for each in story.deliveries for event in bench.connector.inbound.events(incoming(each), settings)
    ]


async def new_values(bench: Bench) -> str:
    """Only a state may park what has a new one: whether money moved is not for us to guess. All else is read."""
    settings, events = await _events(bench)
    tried = parked = 0
    for event in events:
        for where, body in mutate.new_values(event.body):
            tried += 1
            found = _survived(bench, settings, replace(event, body=body), f"{mutate.NEW_VALUE!r} in {where}")
            if found["faults"]:
                state = where.rpartition(".")[2].lower().endswith(("status", "state"))
                expect(state, f"{event.kind}: a new word in {where} makes it unreadable")
                parked += 1
    return f"{tried} fields, {parked} states that park"


async def nulls(bench: Bench) -> str:
    settings, events = await _events(bench)
    tried = faults = 0
    for event in events:
        for where, body in mutate.nulls(event.body):
            tried += 1
            faults += bool(_survived(bench, settings, replace(event, body=body), f"null in {where}")["faults"])
    if not tried:
        raise NotRun("its deliveries are not JSON")
    return f"{tried} fields, {faults} of them needed"


def _survived(bench: Bench, settings: Any, event: Event, what: str) -> Counter[str]:
    try:
        return read(bench.connector, settings, event)
    except Failed:
        raise
    except Exception as bug:
        raise Failed(f"{event.kind}: {what} breaks the reader: {named(bug)}") from bug


async def burst(bench: Bench) -> str:
    async def play(story: Story, rig: Rig) -> str:
        times = -(-bench.burst // len(story.deliveries))
        many = [each for _ in range(times) for each in story.deliveries][: bench.burst]
        random.Random(1).shuffle(many)  # noqa: S311 - the same burst in every run
        new = 0
        for start in range(0, len(many), 2_000):
            new += _taken(await rig.post(*many[start : start + 2_000]))
        missing = story.events - new if bench.burst >= len(story.deliveries) else 0
        expect(missing == 0, f"{new} events are new, {story.events} were told")
        _taken(await rig.post(*story.deliveries))
        return f"{len(many)} deliveries"

    return await _played(bench, "a burst", play)


_SIGNED = (Ability.WEBHOOKS, Ability.SIGNATURES)
CHECKS = (
    Check(name="duplicates", run=duplicates, needs=(Ability.WEBHOOKS,)),
    Check(name="another order", run=reordered, needs=(Ability.WEBHOOKS,)),
    Check(name="changed unsigned headers", run=changed_headers, needs=(Ability.WEBHOOKS,)),
    Check(name="truncated", run=truncated, needs=(Ability.WEBHOOKS,)),
    Check(name="forged", run=forged, needs=_SIGNED),
    Check(name="of another account", run=wrong_tenant, needs=_SIGNED),
    Check(name="from the future", run=future, needs=_SIGNED),
    Check(name="second item forged", run=forged_in_batch, needs=_SIGNED),
    Check(name="unknown type", run=unknown_type, needs=(Ability.WEBHOOKS,)),
    Check(name="new words in lists", run=new_values, needs=(Ability.WEBHOOKS,)),
    Check(name="null where none was", run=nulls, needs=(Ability.WEBHOOKS,)),
    Check(name="a burst", run=burst, needs=(Ability.WEBHOOKS,)),
    # Last: the vendor's clock goes forward only.
    Check(name="days late", run=delayed, needs=(Ability.WEBHOOKS,)),
)
