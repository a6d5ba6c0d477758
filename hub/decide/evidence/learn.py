"""Weights fitted to one's own records without labels: expectation and maximisation over candidate pairs.

How often a level is met in two that are not one comes from pairs drawn at random; in one and the same, from candidates,
each counted by how likely it is to be a match. What is seldom seen stays near what ships, and nothing goes far from it.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from math import log2

from hub.decide.evidence.compare import Level, compare
from hub.decide.evidence.keys import STOP, keys
from hub.decide.evidence.party import Party
from hub.decide.evidence.rarity import rarities, values
from hub.decide.evidence.score import veto, weigh
from hub.decide.evidence.weights import SHIPPED, Table, Weights

FEWEST = 50  # parties
CANDIDATES = 60_000  # pairs at most
AT_RANDOM = 40_000
ROUNDS = 8
TRUSTED = 200.0  # so much matching evidence for a level weighs as much as what ships
FARTHEST = 2.0  # bits from what ships
_FIXED = ("prior", "order")  # a prior that is fitted on candidates is theirs, not that of the records to come


def learn(parties: Sequence[Party], weights: Weights = SHIPPED, seed: int = 1) -> Weights:
    """The same parties and seed give the same weights. Too few parties to learn from give the weights back."""
    if len(parties) < FEWEST:
        return weights
    parties = with_rarity(parties)
    apart = _random_pairs(parties, seed)
    together = _candidates(parties, seed)
    unlike = _shares((pair, 1.0) for pair in apart)
    for _ in range(ROUNDS):
        judged = [(pair, _likely(pair, weights)) for pair in together]
        weights = _fitted(weights, _shares(judged), unlike, judged)
    return weights


Pair = tuple[list[Level], Party, Party]


def with_rarity(parties: Sequence[Party]) -> list[Party]:
    """Each as if all the others had come before it."""
    counts: Counter[str] = Counter()
    for party in parties:
        counts.update(values(party))
    size = len(parties) - 1
    return [
        replace(each, rarity=rarities({value: counts[value] - 1 for value in values(each)}, size)) for each in parties
    ]


def _random_pairs(parties: Sequence[Party], seed: int) -> list[Pair]:
    draw = random.Random(seed)  # noqa: S311 - a sample, not a secret
    pairs = []
    for _ in range(min(AT_RANDOM, 20 * len(parties))):
        one, other = draw.sample(parties, 2)
        pairs.append((compare(one, other), one, other))
    return pairs


def _candidates(parties: Sequence[Party], seed: int) -> list[Pair]:
    holders: dict[str, list[int]] = defaultdict(list)
    for at, party in enumerate(parties):
        for key in keys(party):
            holders[key].append(at)
    found = sorted({pair for held in holders.values() if 1 < len(held) <= STOP for pair in combinations(held, 2)})
    if len(found) > CANDIDATES:
        found = random.Random(seed).sample(found, CANDIDATES)  # noqa: S311 - as above
    return [(compare(parties[one], parties[other]), parties[one], parties[other]) for one, other in found]


def _likely(pair: Pair, weights: Weights) -> float:
    levels, one, other = pair
    if veto(levels, one, other):
        return 0.0
    bits = sum(weigh(level, one, other, weights) for level in levels)
    return 1 / (1 + 2.0 ** -max(-40.0, min(40.0, bits)))


def _shares(pairs: Iterable[tuple[Pair, float]]) -> Mapping[str, Mapping[str, float]]:
    """Field -> level -> how much was seen."""
    seen: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (levels, _, _), much in pairs:
        for field, level, _ in levels:
            seen["plain" if field[0] == "=" else field][level] += much
    return seen


def _fitted(
    weights: Weights,
    alike: Mapping[str, Mapping[str, float]],
    unlike: Mapping[str, Mapping[str, float]],
    judged: Sequence[tuple[Pair, float]],
) -> Weights:
    rare = _mean_rarity(judged, weights)
    table: dict[str, dict[str, float]] = {}
    for field, levels in SHIPPED.bits.items():
        if field in _FIXED or field not in alike or field not in unlike:
            continue
        seen, others = sum(alike[field].values()), sum(unlike[field].values())
        table[field] = {}
        for level, shipped in levels.items():
            much = alike[field].get(level, 0.0)
            m = (much + 0.5) / (seen + 0.5 * len(levels))
            u = (unlike[field].get(level, 0.0) + 0.5) / (others + 0.5 * len(levels))
            told = log2(m / u) - rare.get((field, level), 0.0)
            trust = much / (much + TRUSTED) if level != "conflict" else seen / (seen + TRUSTED)
            table[field][level] = shipped + trust * max(-FARTHEST, min(FARTHEST, told - shipped))
    return weights.with_bits(_rounded(table), "learned")


def _rounded(table: Table) -> Table:
    return {field: {level: round(bits, 3) for level, bits in levels.items()} for field, levels in table.items()}


def _mean_rarity(judged: Sequence[tuple[Pair, float]], weights: Weights) -> Mapping[tuple[str, str], float]:
    """What rarity adds on the average to a level among matches: it is added at every comparison, so not learned."""
    total: dict[tuple[str, str], float] = defaultdict(float)
    much: dict[tuple[str, str], float] = defaultdict(float)
    for (levels, one, other), likely in judged:
        if likely < 0.01:
            continue
        for level in levels:
            field = "plain" if level[0][0] == "=" else level[0]
            total[field, level[1]] += likely * (weigh(level, one, other, weights) - weights.bits[field][level[1]])
            much[field, level[1]] += likely
    return {each: total[each] / much[each] for each in total}
