"""Two parties compared, field by field, each by a level. Where a side says nothing there is no comparison."""

from functools import lru_cache

from hub.decide.evidence.dates import YEAR_ONLY
from hub.decide.evidence.likeness import ALIAS, CONFLICT, EXACT, LIKE, NEAR, alike, edits
from hub.decide.evidence.naming import compare_names
from hub.decide.evidence.party import Party
from hub.decide.evidence.phones import SHORTEST
from hub.decide.evidence.rarity import door_value

_WEEKS = 33  # days

Level = tuple[str, str, tuple[str, ...]]  # the comparison, its level, the values whose rarity counts


def compare(left: Party, right: Party) -> list[Level]:
    """The first is always the prior: which kind of two parties this is."""
    found: list[Level] = []
    if left.is_person and right.is_person:
        found.append(("prior", "persons", ()))
        _names(left, right, found)
    elif left.is_person or right.is_person:
        found.append(("prior", "persons", ()))
        _mixed(left, right, found)
    else:
        found.append(("prior", "others", ()))
        if left.words and right.words:
            found.append(("words", _words(left.words, right.words, left, right), ()))
    if left.company and right.company and not (left.words and right.words):
        found.append(("company", _words(left.company, right.company, left, right), ()))
    if left.email and right.email:
        found.append(_email(left, right))
    if left.phone and right.phone:
        level = _phone(left.phone, right.phone)
        found.append(("phone", level, (f"p:{left.phone}",) if level == EXACT else ()))
    _address(left, right, found)
    if left.born and right.born:
        level = _born(left.born, right.born)
        found.append(("born", level, (f"b:{left.born}",) if level == EXACT else ()))
    if left.tax_id and right.tax_id:
        found.append(("tax_id", _number(left.tax_id, right.tax_id), ()))
    if left.national_id and right.national_id:
        found.append(("national_id", _number(left.national_id, right.national_id), ()))
    if left.plain and right.plain:
        _plain(left, right, found)
    return found


def _names(left: Party, right: Party, found: list[Level]) -> None:
    given, family, turned = compare_names(left, right)
    if given:
        found.append(("given", given, _spelt("g", given, left.given[:1], right.given[:1], turned)))
    if family:
        found.append(("family", family, _spelt("f", family, left.family[-1:], right.family[-1:], turned)))
    if turned:
        found.append(("order", "turned", ()))


def _mixed(left: Party, right: Party, found: list[Level]) -> None:
    """A person, and a firm or somebody who may be either: where the person works, or else the person's name."""
    person, other = (left, right) if left.is_person else (right, left)
    if other.words and person.company and not other.company:
        found.append(("company", _words(person.company, other.words, person, other), ()))
    elif other.words:
        found.append(("words", _words(person.given + person.family, other.words, person, other), ()))


def _spelt(kind: str, level: str, one: tuple[str, ...], other: tuple[str, ...], turned: bool) -> tuple[str, ...]:
    if turned or level not in (EXACT, ALIAS, NEAR, LIKE):
        return ()
    if one == other or not other:
        return (f"{kind}:{one[0]}",) if one else ()
    return (f"{kind}:{one[0]}", f"{kind}:{other[0]}") if one else (f"{kind}:{other[0]}",)


def _words(one: tuple[str, ...], other: tuple[str, ...], left: Party, right: Party) -> str:
    """By the share of what the words say, rare words saying more."""
    if "".join(one) == "".join(other):
        return EXACT
    mine, theirs = _worth(one, left), _worth(other, right)
    shared, rest = 0.0, dict(theirs)
    for word, worth in mine.items():
        best = word if word in rest else next((each for each in rest if _is_same_word(word, each)), "")
        if best:
            shared += min(worth, rest.pop(best))
    if not shared:
        return CONFLICT
    total, less = sum(mine.values()) + sum(theirs.values()), min(sum(mine.values()), sum(theirs.values()))
    dice, within = 2 * shared / total, shared / less
    if dice >= 0.85:
        return EXACT if dice >= 0.999 else "most"
    if dice >= 0.65 or (within >= 0.9 and less >= 14.0):
        return "most"
    if dice >= 0.35 or within >= 0.6:
        return "some"
    return "little" if dice >= 0.15 else CONFLICT


def _worth(words: tuple[str, ...], party: Party) -> dict[str, float]:
    """Bits that a word tells: eight for a middling one."""
    return {each: max(1.0, 8.0 + party.rarity.get(f"w:{each}", 0.0)) for each in words}


@lru_cache(maxsize=65_536)
def _is_same_word(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return (len(short) >= 4 and long.startswith(short)) or (len(short) >= 4 and alike(one, other) == NEAR)


def _email(left: Party, right: Party) -> Level:
    if left.email == right.email:
        return "email", "shared" if left.is_shared else EXACT, (f"e:{left.email}",)
    if left.mailbox and left.mailbox == right.mailbox:
        return "email", "mailbox", (f"m:{left.mailbox}",)
    if not left.is_shared and not right.is_shared and _near_email(left.email, right.email):
        return "email", NEAR, ()
    return "email", CONFLICT, ()


@lru_cache(maxsize=65_536)
def _near_email(left: str, right: str) -> bool:
    """Typos; but ann1@ and ann2@ are two people."""
    apart = edits(left, right)
    if apart > 2 + (len(left) > 20):
        return False
    one, other = ("".join(filter(str.isdigit, each)) for each in (left, right))
    return one == other or (apart == 1 and len(one) != len(other))


def _phone(left: str, right: str) -> str:
    short, long = sorted((left, right), key=len)
    if long.endswith(short):
        return EXACT
    return NEAR if edits(short, long if len(short) > SHORTEST else long[-SHORTEST:]) == 1 else CONFLICT


def _address(left: Party, right: Party, found: list[Level]) -> None:
    door = ""
    if left.street and right.street:
        door = _door(left, right)
        place_of = "door" if left.is_person or right.is_person else "site"
        found.append((place_of, door, (door_value(left),) if door in (EXACT, NEAR, "unit") else ()))
    place, value = _place(left, right)
    if place and door in (EXACT, NEAR, "unit") and place != CONFLICT:
        place, value = "beside", ()
    elif place == EXACT and door == CONFLICT:
        place, value = "around", ()
    if place:
        found.append(("place", place, value))


def _door(left: Party, right: Party) -> str:
    same_street = _street(left.street, right.street)
    if left.number and right.number:
        if left.number == right.number:
            if not same_street:
                return "number" if _street_like(left.street, right.street) else CONFLICT
            if left.unit and right.unit and left.unit != right.unit:
                return "unit"
            return same_street
        if same_street:
            return (
                NEAR
                if same_street == EXACT
                and edits(left.number, right.number) == 1
                and max(len(left.number), len(right.number)) >= 3
                else "street"
            )
        return CONFLICT
    return "street" if same_street else CONFLICT


@lru_cache(maxsize=65_536)
def _street(left: str, right: str) -> str:
    if left == right:
        return EXACT
    one, other = left.replace(" ", ""), right.replace(" ", "")
    if one == other:
        return EXACT
    short, long = sorted((one, other), key=len)
    if len(short) >= 4 and (long.startswith(short) or edits(one, other) * 5 <= len(long)):
        return NEAR
    return ""


@lru_cache(maxsize=65_536)
def _street_like(left: str, right: str) -> bool:
    return edits(left, right) * 2 <= max(len(left), len(right)) or not set(left.split()).isdisjoint(right.split())


def _place(left: Party, right: Party) -> tuple[str, tuple[str, ...]]:
    cities = ""
    if left.city and right.city:
        cities = alike(left.city, right.city)
        cities = EXACT if cities in (EXACT, ALIAS, NEAR) else cities
    if left.postcode and right.postcode:
        if left.postcode == right.postcode:
            return EXACT, (f"z:{left.postcode}",)
        if edits(left.postcode, right.postcode) == 1 or _outward(left.postcode, right.postcode):
            return NEAR, ()
        if cities == EXACT:
            return "city", (f"c:{left.city}",)
        return CONFLICT, ()
    if cities == EXACT:
        return "city", (f"c:{left.city}",)
    if cities == LIKE:
        return "city", ()
    if cities:
        return CONFLICT, ()
    if left.state and right.state:
        return ("state" if left.state == right.state else CONFLICT), ()
    return "", ()


def _outward(left: str, right: str) -> bool:
    """The first half of a British postcode."""
    return left[:1].isalpha() and len(left) >= 5 and left[:-3] == right[:-3]


def _born(left: str, right: str) -> str:
    if left == right:
        return EXACT if not left.endswith(YEAR_ONLY) else NEAR
    apart = edits(left, right)
    if left.endswith(YEAR_ONLY) or right.endswith(YEAR_ONLY):
        if left[:4] == right[:4]:
            return NEAR if apart == 1 else "year"
        return "unsure" if edits(left[:4], right[:4]) == 1 else CONFLICT
    if apart == 1 or (left[:4] == right[:4] and left[4:6] == right[6:] and left[6:] == right[4:6]):
        return NEAR
    return "apart" if apart == 2 or _shifted(left, right) else CONFLICT


def _shifted(left: str, right: str) -> bool:
    """Some weeks apart, or so in another year that differs by one, or by ten."""
    one, other = (int(each[:4]) * 365 + int(each[4:6]) * 30 + int(each[6:]) for each in (left, right))
    apart = abs(one - other)
    return any(abs(apart - years * 365) <= _WEEKS for years in (0, 1, 10))


def _number(left: str, right: str) -> str:
    if left == right:
        return EXACT
    return NEAR if edits(left, right) == 1 else CONFLICT


def _plain(left: Party, right: Party, found: list[Level]) -> None:
    other = dict(right.plain)
    for column, said in left.plain:
        if told := other.get(column):
            if said == told:
                found.append((f"={column}", EXACT, (f"={column}:{said}",)))
            else:
                found.append((f"={column}", _texts(said, told), ()))


@lru_cache(maxsize=65_536)
def _texts(left: str, right: str) -> str:
    if alike(left, right) in (NEAR, ALIAS):
        return NEAR
    return "some" if not set(left.split()).isdisjoint(right.split()) else CONFLICT
