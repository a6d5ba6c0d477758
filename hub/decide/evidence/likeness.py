"""How alike two words of a name are, and two texts of digits."""

from collections import Counter
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from hub.decide.evidence.fold import sound
from hub.decide.evidence.nicknames import perhaps_same_person_name, same_person_name

EXACT, ALIAS, NEAR, INITIAL, LIKE, CONFLICT = "exact", "alias", "near", "initial", "like", "conflict"
RANK = {EXACT: 5, ALIAS: 4, NEAR: 4, "part": 3, "middle": 3, INITIAL: 2, LIKE: 1, CONFLICT: 0, "": 0}


@lru_cache(maxsize=262_144)
def alike(left: str, right: str) -> str:
    """`alias` is a nickname or a short form, `like` a heavy typo or a coincidence."""
    if left == right:
        return EXACT
    short, long = sorted((left, right), key=len)
    if len(short) == 1:
        return INITIAL if long.startswith(short) else CONFLICT
    if same_person_name(left, right):
        return ALIAS
    if _without_umlauts(left) == _without_umlauts(right):
        return NEAR
    edits, size = OSA.distance(left, right), len(long)
    if (edits == 1 and size >= 5) or (edits == 2 and size >= 8 and left[0] == right[0]):
        return NEAR
    if len(short) >= 3 and long.startswith(short):
        return ALIAS
    jaro = JaroWinkler.similarity(left, right)
    if jaro >= 0.93 or (edits <= 2 and size >= 5 and sound(left) == sound(right)):
        return NEAR
    if jaro >= 0.85 or edits * 3 <= size or _same_letters(left, right) or perhaps_same_person_name(left, right):
        return LIKE
    return CONFLICT


def _without_umlauts(word: str) -> str:
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u").replace("ph", "f").replace("y", "i")


def _same_letters(left: str, right: str) -> bool:
    """Four in five letters are shared: somebody's fingers were faster than the thought."""
    shared = sum((Counter(left) & Counter(right)).values())
    return min(len(left), len(right)) >= 4 and shared * 10 >= 8 * max(len(left), len(right))


@lru_cache(maxsize=65_536)
def edits(left: str, right: str) -> int:
    """Insertions, deletions, changes and swaps of neighbours."""
    return OSA.distance(left, right)
