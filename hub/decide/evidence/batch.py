"""Many records at once: each as if it had just come, then each once more by what is known of all."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hub.decide.evidence.memory import InMemory
from hub.decide.evidence.party import Party
from hub.decide.evidence.resolve import Resolver, Zone, Zones
from hub.decide.evidence.score import items
from hub.decide.evidence.weights import SHIPPED, Weights

TOLD = 4  # comparisons in a reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    record: str
    cluster: str
    bits: float | None  # agreement with the rest of the cluster; of one that is alone, with whom it is most like
    reason: str


def match(
    parties: Iterable[Party],
    weights: Weights = SHIPPED,
    zones: Zones | None = None,
    step: Callable[[], object] = lambda: None,
) -> list[Matched]:
    """In the order given. `step` is called twice for each record. A cluster's id is that of a record in it."""
    memory = InMemory()
    resolver = Resolver(memory, weights, zones)
    ids = []
    for party in parties:
        ids.append(party.id)
        resolver.resolve(party)
        step()
    last = {}
    for decision in resolver.look_again(sorted(ids)):
        last[decision.record] = decision
        step()
    clusters = _named(memory, ids)
    found = []
    for record in ids:
        stands = resolver.standing(record)
        if stands.zone is Zone.LINK:
            bits, reason = stands.bits, reason_of(memory, record, stands.like, weights)
            if beside := [each for each in memory.members(last[record].rival) if clusters[each] != clusters[record]]:
                reason += f"; review: may be with {clusters[beside[0]]}"
        elif last[record].zone is Zone.REVIEW and last[record].like:
            bits, reason = last[record].bits, f"review: {reason_of(memory, record, last[record].like, weights)}"
        else:
            bits, reason = None, "nobody like it"
        found.append(Matched(record=record, cluster=clusters[record], bits=bits, reason=reason))
    return found


def _named(memory: InMemory, ids: Sequence[str]) -> dict[str, str]:
    """Each cluster under its smallest record's id."""
    groups = memory.groups(ids)
    names: dict[str, str] = {}
    for record in sorted(ids):
        names.setdefault(groups[record], record)
    return {record: names[group] for record, group in groups.items()}


def reason_of(memory: InMemory, record: str, like: str, weights: Weights) -> str:
    """What speaks most for and against, and which record says so."""
    parties = memory.parties([record, like])
    told = [each for each in items(parties[record], parties[like], weights) if each.field != "prior"]
    told = sorted(told, key=lambda each: -abs(each.bits))[:TOLD]
    return f"{like}: " + ", ".join(f"{each.field} {each.level} {each.bits:+.1f}" for each in told)
