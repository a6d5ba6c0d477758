"""One record at a time: whom it belongs to, what moves because of it, and what a person should look at.

A record joins a group by its agreement with the group, never by one link. Then the groups that it may belong to are
clustered again from the bottom, so that what came first does not decide (`cluster`).
"""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from math import log2

from hub.decide.evidence.cluster import FORBIDDEN, agreement, cluster
from hub.decide.evidence.keys import keys
from hub.decide.evidence.memory import Memory
from hub.decide.evidence.party import Party
from hub.decide.evidence.rarity import rarities, values
from hub.decide.evidence.score import Score, score
from hub.decide.evidence.weights import SHIPPED, Weights

LOOKED_AT = 16  # groups, by what keys they share; then
WEIGHED = 10  # members of each
NEIGHBOURS = 3  # groups that are clustered again
CROWD = 36  # records in them at most
ALMOST = 4.0  # bits below the threshold, and still worth another look
PROBED = 2  # records of a group that share most keys, before the rest of it is weighed;
HOPELESS = 10.0  # bits below the threshold of the best of them end it
CROWDING = 0.4  # bits for each doubling of the records, from a thousand on
PAIRS = 200_000  # scores that are kept, some hundred megabytes

Near = tuple[str, float, Sequence[str]]  # a group, its agreement with the record, its members


class Zone(StrEnum):
    LINK = "link"
    REVIEW = "review"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Zones:
    """Bits from which on a record is linked, or shown to a person."""

    link: float = 0.0
    review: float = -4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`bits`: agreement with the group, or the best that was not taken, less `crowding`; `None`: nobody is like it."""

    record: str
    group: str
    zone: Zone
    bits: float | None
    rival: str = ""  # the next best group
    like: str = ""  # the record of the group (or of the rival) that speaks most for it
    moved: tuple[tuple[str, str, str], ...] = ()  # (record, from, to), in record order


def crowding(size: int) -> float:
    """Bits that are wanted beyond the threshold because so many are known: namesakes come with numbers."""
    return CROWDING * log2(max(1.0, size / 1000))


class Resolver:
    """Not for two threads: who is resolved must be seen by the next."""

    def __init__(self, memory: Memory, weights: Weights = SHIPPED, zones: Zones | None = None) -> None:
        self._memory = memory
        self._weights = weights
        self._zones = zones or Zones()
        self._scores: dict[tuple[str, str], Score] = {}

    def resolve(self, party: Party) -> Decision:
        """A record that was not seen before."""
        memory = self._memory
        said = list(values(party))
        party = replace(party, rarity=rarities(memory.counts(said), memory.size()))
        held = keys(party)
        near = memory.holders(held)
        memory.remember(party, held, said)
        return self._decided(party, near, home="")

    def look_again(self, ids: Sequence[str]) -> Iterator[Decision]:
        """Records weighed anew by what is known now: they may move, as may their neighbours."""
        memory = self._memory
        for party in list(memory.parties(ids).values()):
            counts = {value: count - 1 for value, count in memory.counts(values(party)).items()}
            memory.renew(replace(party, rarity=rarities(counts, memory.size() - 1)))
        self._scores.clear()
        for record in ids:
            party = memory.parties([record])[record]
            near = [each for each in memory.holders(keys(party)) if each != record]
            yield self._decided(party, near, home=memory.groups([record])[record])

    def standing(self, record: str) -> Decision:
        """Where a record is, and how well it agrees with those it is with. Changes nothing."""
        memory = self._memory
        group = memory.groups([record])[record]
        fellows = _some([each for each in memory.members(group) if each != record])
        if not fellows:
            return Decision(record=record, group=group, zone=Zone.DISTINCT, bits=None)
        parties = memory.parties([record, *fellows])
        scores = {each: self._score(parties[record], parties[each]) for each in fellows}
        allowed = [each for each in scores.values() if not each.veto] or list(scores.values())
        bits = agreement(allowed) - crowding(memory.size())
        like = max(fellows, key=lambda each: (not scores[each].veto, scores[each].bits, each))
        return Decision(record=record, group=group, zone=Zone.LINK, bits=bits, like=like)

    def _decided(self, party: Party, near: Sequence[str], home: str) -> Decision:
        memory = self._memory
        sharing: dict[str, list[str]] = {home: []} if home else {}
        for record, group in memory.groups(near).items():
            sharing.setdefault(group, []).append(record)
        crowd_bits = crowding(memory.size())
        ranked = self._ranked(party, sharing, home, crowd_bits)
        close = [each for each in ranked if each[0] == home or each[1] >= self._zones.link - ALMOST]
        if len(close) == 1 and self._agrees_with_all(party, close[0], self._zones.link + crowd_bits):
            return self._joined(party, close[0])  # nothing to cluster again
        # Too many to cluster: the sample decides.
        if any(len(members) >= CROWD for _, _, members in close[:NEIGHBOURS]):
            joins = close[0][1] >= self._zones.link
            return self._joined(party, close[0]) if joins else self._apart(party, ranked)
        taken: list[tuple[str, Sequence[str]]] = []
        crowd = 1
        for group, _, members in sorted(close, key=lambda each: each[0] != home)[:NEIGHBOURS]:
            if crowd + len(members) <= CROWD or not taken:
                taken.append((group, members))
                crowd += len(members)
        if not taken:
            return self._apart(party, ranked)
        return self._settled(party, taken, ranked, crowd_bits, home)

    def _ranked(self, party: Party, sharing: Mapping[str, Sequence[str]], home: str, crowd_bits: float) -> list[Near]:
        """The best first. A group none of whose records with a shared key comes near is not weighed."""
        found = []
        for group, ids in islice(sharing.items(), LOOKED_AT):
            first = self._memory.parties(ids[:PROBED])
            best = max((self._score(party, each).bits for each in first.values()), default=0.0)
            if group != home and best < self._zones.link - HOPELESS:
                continue
            members = [record for record in self._memory.members(group) if record != party.id]
            if not members:
                continue
            some = _some(members)
            others = self._memory.parties(some)
            bits = agreement([self._score(party, others[record]) for record in some]) - crowd_bits
            found.append((group, bits, members))
        return sorted(found, key=lambda each: (-each[1], each[0]))

    def _agrees_with_all(self, party: Party, near: Near, needed: float) -> bool:
        others = self._memory.parties(_some(near[2])).values()
        scores = [self._score(party, each) for each in others]
        return all(not each.veto and each.bits >= needed for each in scores)

    def _joined(self, party: Party, near: Near) -> Decision:
        group, bits, members = near
        home = self._memory.groups([party.id]).get(party.id, group)
        self._memory.place([party.id], group)
        moved = ((party.id, home, group),) if home != group else ()
        return Decision(record=party.id, group=group, zone=Zone.LINK, bits=bits, like=members[-1], moved=moved)

    def _settled(
        self,
        party: Party,
        taken: Sequence[tuple[str, Sequence[str]]],
        ranked: Sequence[Near],
        crowd_bits: float,
        home: str,
    ) -> Decision:
        before = {record: group for group, members in taken for record in members} | ({party.id: home} if home else {})
        parties = {**self._memory.parties(before), party.id: party}

        def pairs(one: str, other: str) -> Score:
            return self._score(parties[one], parties[other])

        clusters = cluster(sorted({*before, party.id}), pairs, self._zones.link + crowd_bits)
        named = _names(clusters, before, self._memory)
        moved = []
        for name, members in named.items():
            changing = [record for record in members if before.get(record) != name]
            self._memory.place(changing, name)
            moved += [(record, before[record], name) for record in changing if record in before]
        group = next(name for name, members in named.items() if party.id in members)
        fellows = [record for record in named[group] if record != party.id]
        rivals = [each for each in ranked if each[0] != group and not set(each[2]) & set(fellows)]
        if not fellows:
            return replace(self._alone(party, group, ranked), moved=tuple(sorted(moved)))
        bits = agreement([pairs(party.id, record) for record in fellows]) - crowd_bits
        return Decision(
            record=party.id,
            group=group,
            zone=Zone.LINK,
            bits=bits,
            rival=rivals[0][0] if rivals and rivals[0][1] >= self._zones.review else "",
            like=max(fellows, key=lambda record: (pairs(party.id, record).bits, record)),
            moved=tuple(sorted(moved)),
        )

    def _apart(self, party: Party, ranked: Sequence[Near]) -> Decision:
        home = self._memory.groups([party.id]).get(party.id, "")
        group = home if self._memory.members(home) == [party.id] else _fresh(party.id, frozenset(), self._memory)
        self._memory.place([party.id], group)
        moved = ((party.id, home, group),) if home and home != group else ()
        return replace(self._alone(party, group, ranked), moved=moved)

    def _alone(self, party: Party, group: str, ranked: Sequence[Near]) -> Decision:
        if not ranked:
            return Decision(record=party.id, group=group, zone=Zone.DISTINCT, bits=None)
        best, bits, members = ranked[0]
        zone = Zone.REVIEW if bits >= self._zones.review else Zone.DISTINCT
        return Decision(
            record=party.id,
            group=group,
            zone=zone,
            bits=bits if bits > FORBIDDEN else None,
            rival=best if zone is Zone.REVIEW else "",
            like=members[0] if zone is Zone.REVIEW else "",
        )

    def _score(self, one: Party, other: Party) -> Score:
        pair = (one.id, other.id) if one.id < other.id else (other.id, one.id)
        if (known := self._scores.get(pair)) is None:
            if len(self._scores) > PAIRS:
                self._scores.clear()
            first, second = (one, other) if one.id < other.id else (other, one)
            known = self._scores[pair] = score(first, second, self._weights)
        return known


def _some(members: Sequence[str]) -> Sequence[str]:
    """All of a few; of many, such as are spread over all ages."""
    return members if len(members) <= WEIGHED else members[:: len(members) // WEIGHED][:WEIGHED]


def _names(clusters: Sequence[Sequence[str]], before: Mapping[str, str], memory: Memory) -> dict[str, list[str]]:
    """Each cluster under the id that most of its members had: it goes to the larger claim, then the smaller id wins."""
    claims = []
    for at, members in enumerate(clusters):
        counts: dict[str, int] = {}
        for record in members:
            if record in before:
                counts[before[record]] = counts.get(before[record], 0) + 1
        claims += [(-count, group, at) for group, count in counts.items()]
    names: dict[int, str] = {}
    for _, group, at in sorted(claims):
        if at not in names and group not in names.values():
            names[at] = group
    for at, members in enumerate(clusters):
        if at not in names:
            names[at] = _fresh(min(members), {*names.values(), *before.values()}, memory)
    return {names[at]: list(members) for at, members in enumerate(clusters)}


def _fresh(record: str, taken: Set[str], memory: Memory) -> str:
    """The record's own id, unless others kept that name when it left them."""
    name, at = record, 1
    while name in taken or memory.members(name):
        at += 1
        name = f"{record}~{at}"
    return name
