"""Truth: what the vendor was recorded to say is read, what it signed is believed, exchanges fit its own words."""

from collections import Counter
from pathlib import Path
from typing import Any

from hub.card import CONNECTION, Ability
from hub.conform.bench import Bench, settings_of
from hub.conform.checks import Check
from hub.conform.result import Failed, NotRun, expect
from hub.conform.story import told
from hub.connector import Connector, Event, Faulty, Hint, Ignored, Reading
from hub.domain.clock import parse_time
from hub.domain.errors import Forged, HubError, Malformed, Unreadable
from hub.domain.records import Record

_SHOWN = 3  # faults in a message


def read(connector: Connector, settings: Any, event: Event) -> Counter[str]:
    """What came of one event, counted. Raises what a reader must not raise."""
    reader = connector.read.get(event.kind)
    if reader is None:
        return Counter({"ignored": 1})
    counts: Counter[str] = Counter()
    try:
        for item in reader(Reading(connection=CONNECTION, settings=settings, at=event.at), event.body):
            match item:
                case Hint():
                    counts["hints"] += 1
                case Ignored():
                    counts["ignored"] += 1
                case Faulty(path=path):
                    expect(path.strip(), f"a fault in {event.kind} without a path")
                    counts["faults"] += 1
                case Record():
                    counts["records"] += 1
    except Unreadable as fault:
        expect(str(fault).strip(), f"{event.kind}: unreadable without a path")
        counts["faults"] += 1
    return counts


def _material(bench: Bench) -> Path:
    if bench.material is None:
        raise NotRun("no vendor material was given (--material)")
    return bench.material


async def recordings(bench: Bench) -> str:
    folder = _material(bench)
    bodies = bench.card.recordings(folder)
    if not bodies:
        raise NotRun("the vendor's material holds no recorded bodies")
    settings = settings_of(bench.connector, bench.card, bench.vendor()[0], {})
    counts: Counter[str] = Counter()
    broken: list[str] = []
    for name, body in bodies:
        try:
            for event in bench.connector.recognise(name, body):
                counts += read(bench.connector, settings, event)
        except HubError as fault:
            if not isinstance(fault, Unreadable | Malformed):
                broken.append(f"{name}: {type(fault).__name__}: {fault}")
            counts["faults"] += 1
        except Exception as bug:
            broken.append(f"{name}: {type(bug).__name__}: {bug}")
    expect(not broken, f"{len(broken)} bodies break the reader: {'; '.join(broken[:_SHOWN])}")
    expect(len(counts - Counter(faults=counts["faults"])), "nothing was understood of all recorded bodies")
    return f"{len(bodies)} bodies: " + ", ".join(f"{counts[key]} {key}" for key in _ENDS)


_ENDS = ("records", "hints", "ignored", "faults")


async def vectors(bench: Bench) -> str:
    found = bench.card.vectors(_material(bench))
    if not found:
        raise NotRun("the vendor's material holds no signature vectors")
    assert bench.connector.inbound is not None
    wrong = []
    for each in found:
        settings = settings_of(bench.connector, bench.card, bench.vendor()[0], each.settings)
        try:
            bench.connector.inbound.verify(each.incoming, each.secrets, settings, parse_time(each.at))
            genuine = True
        except (Forged, Malformed):
            genuine = False
        if genuine is not each.genuine:
            wrong.append(f"{each.name} is {'genuine' if each.genuine else 'forged'} and is said to be the other")
    expect(not wrong, f"{len(wrong)} of {len(found)} vectors: {'; '.join(wrong[:_SHOWN])}")
    return f"{len(found)} vectors, {sum(each.genuine for each in found)} of them genuine"


async def deliveries(bench: Bench) -> str:
    """What the sandbox sends is read, too: no fault among real deliveries."""
    story = await told(bench)
    async with bench.rig(story.sandbox, story.time) as rig:
        for each in story.deliveries:
            await rig.post(each)
        await rig.hear()
        parked = [row for row in await rig.events() if row.state == "parked"]
    expect(not parked, f"{len(parked)} of its own sandbox's deliveries park: {parked[0].reason if parked else ''}")
    return f"{len(story.deliveries)} deliveries"


async def described(bench: Bench) -> str:
    """Run last: all exchanges of all scenarios, those with planned faults left out."""
    folder = _material(bench)
    if bench.card.description is None:
        raise NotRun("the vendor publishes no description, or the card names none")
    judge = bench.card.description(folder)
    expect(bench.exchanges, "nothing was exchanged in any scenario")
    seen: set[tuple[str, str, bytes, int]] = set()
    faults: Counter[str] = Counter()
    for each in bench.exchanges:
        key = (each.method, f"{each.path}?{each.query}", each.request, each.status)
        if key not in seen:
            seen.add(key)
            faults.update(judge(each))
    if faults:
        raise Failed(f"{len(faults)} kinds of faults: " + "; ".join(list(faults)[:_SHOWN]))
    return f"{len(seen)} different exchanges"


CHECKS = (
    Check(name="recorded bodies are read", run=recordings),
    Check(name="signature vectors", run=vectors, needs=(Ability.WEBHOOKS, Ability.SIGNATURES)),
    Check(name="the sandbox's deliveries are read", run=deliveries, needs=(Ability.WEBHOOKS,)),
)
LAST = (Check(name="exchanges fit the description", run=described),)
