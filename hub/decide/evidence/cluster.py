"""Few records clustered from the bottom: the two groups that agree most are joined, until none agree enough."""

from collections.abc import Callable, Sequence

from hub.decide.evidence.score import Score

FORBIDDEN = float("-inf")
FIRM = 5.0  # bits beyond the threshold

Pairs = Callable[[str, str], Score]  # of two records; asked for the same two again and again


def agreement(scores: Sequence[Score]) -> float:
    """Bits between two groups: of each comparison the mean of the better half, where it can be made at all.

    So what one record of a group does not say another may, and half of them may be out of date. One forbidden pair of
    five is noise; over a third forbids it all.
    """
    if len(scores) == 1:
        return FORBIDDEN if scores[0].veto else scores[0].bits
    if sum([1 for each in scores if each.veto]) * 3 > len(scores):
        return FORBIDDEN
    said: dict[str, list[float]] = {}
    for each in scores:
        for field, bits in each.parts:
            try:
                said[field].append(bits)
            except KeyError:
                said[field] = [bits]
    total = 0.0
    for found in said.values():
        if len(found) > 1:
            found.sort(reverse=True)
            half = (len(found) + 1) // 2
            total += sum(found[:half]) / half
        else:
            total += found[0]
    return total


def cluster(ids: Sequence[str], pairs: Pairs, threshold: float) -> list[list[str]]:
    """Each in id order, and so are they. Whatever the order of `ids`, the same comes out."""
    groups = dict(enumerate(_firm(sorted(ids), pairs, threshold + FIRM)))
    between = {
        (one, other): _between(groups[one], groups[other], pairs) for one in groups for other in groups if one < other
    }
    while between:
        (one, other), bits = max(between.items(), key=lambda each: (each[1], -each[0][0], -each[0][1]))
        if bits < threshold:
            break
        groups[one] = groups[one] + groups.pop(other)
        between = {pair: value for pair, value in between.items() if other not in pair and one not in pair}
        for at, members in groups.items():
            if at != one:
                between[(one, at) if one < at else (at, one)] = _between(groups[one], members, pairs)
    return sorted(sorted(members) for members in groups.values())


def _firm(ids: Sequence[str], pairs: Pairs, needed: float) -> list[list[str]]:
    """Records each of which agrees that much with each other of its group: beyond doubt, and cheap to find."""
    scores = {(one, other): pairs(one, other) for at, one in enumerate(ids) for other in ids[at + 1 :]}
    firm = {pair for pair, each in scores.items() if each.bits >= needed and not each.veto}
    group = {each: [each] for each in ids}
    for one, other in sorted(firm, key=lambda pair: (-scores[pair].bits, pair)):
        mine, theirs = group[one], group[other]
        if mine is not theirs and all(((a, b) if a < b else (b, a)) in firm for a in mine for b in theirs):
            mine += theirs
            for each in theirs:
                group[each] = mine
    return [members for each, members in group.items() if members[0] == each]


def _between(one: Sequence[str], other: Sequence[str], pairs: Pairs) -> float:
    return agreement([pairs(a, b) for a in one for b in other])
