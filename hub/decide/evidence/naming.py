"""Two names of persons, part by part, in the order written or turned round."""

from functools import lru_cache

from hub.decide.evidence.likeness import ALIAS, CONFLICT, EXACT, INITIAL, LIKE, NEAR, RANK, alike
from hub.decide.evidence.party import Party

Parts = tuple[str, ...]
Named = tuple[str, str, bool]  # level of the given name, of the family name, whether turned round; "" is not said


def compare_names(left: Party, right: Party) -> Named:
    return _compared(left.given, left.family, right.given, right.family)


@lru_cache(maxsize=131_072)
def _compared(one: Parts, other: Parts, same: Parts, counter: Parts) -> Named:
    straight = (_given(one, same), _family(other, counter))
    if RANK[straight[0]] >= 4 and RANK[straight[1]] >= 3:
        return *straight, False
    if other and counter:
        turned = (_family(one, counter), _family(other, same))
        if _sum(turned) >= 5 and _sum(turned) >= _sum(straight) + 3:
            better, worse = sorted(turned, key=lambda level: (-RANK[level], level))  # from either side the same
            return better, worse, True
        return *straight, False
    # A lone word may be either name.
    if one and counter and not other:
        return _lone(straight, _family(one, counter))
    if other and same and not one:
        return _lone(straight, _family(other, same))
    if other and same and not counter:
        return _lone(straight, _family(same, other))
    if one and counter and not same:
        return _lone(straight, _family(one, counter))
    return *straight, False


def _lone(straight: tuple[str, str], as_family: str) -> Named:
    if RANK[as_family] > max(RANK[straight[0]], RANK[straight[1]]) or not any(straight):
        return "", as_family, False
    return *straight, False


def _sum(levels: tuple[str, str]) -> int:
    return RANK[levels[0]] + RANK[levels[1]]


def _given(left: Parts, right: Parts) -> str:
    if not left or not right:
        return ""
    first = alike(left[0], right[0])
    if first in (EXACT, ALIAS, NEAR) or (len(left) == 1 and len(right) == 1):
        return first
    if "".join(left) == "".join(right):
        return EXACT
    if any(alike(one, other) in (EXACT, ALIAS, NEAR) and len(one) > 1 for one in left for other in right):
        return "middle"
    return first if first in (INITIAL, LIKE) else CONFLICT


def _family(left: Parts, right: Parts) -> str:
    if not left or not right:
        return ""
    if len(left) == 1 == len(right):
        return alike(left[0], right[0])
    if left == right or "".join(left) == "".join(right):
        return EXACT
    best = max((alike(one, other) for one in left for other in right), key=lambda level: RANK[level])
    return "part" if best in (EXACT, ALIAS, NEAR) else best
