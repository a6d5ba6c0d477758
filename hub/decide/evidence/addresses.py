"""Where somebody lives or works: the door (number, street, unit) and the place (postcode, city, state).

Rules of our own, some ten microseconds an address. A parser such as libpostal would need 1.8 GB of memory.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from hub.decide.evidence.fold import folded, listed, words

_TYPES = {
    "street": "st",
    "str": "st",
    "strasse": "st",
    "avenue": "ave",
    "av": "ave",
    "boulevard": "blvd",
    "blv": "blvd",
    "road": "rd",
    "drive": "dr",
    "lane": "ln",
    "court": "ct",
    "crt": "ct",
    "place": "pl",
    "square": "sq",
    "terrace": "ter",
    "tce": "ter",
    "highway": "hwy",
    "parkway": "pkwy",
    "circuit": "cct",
    "crescent": "cres",
    "circle": "cir",
    "close": "cl",
    "way": "way",
    "trail": "trl",
    "platz": "pl",
    "grove": "gr",
    "parade": "pde",
    "expressway": "expy",
    "freeway": "fwy",
    "turnpike": "tpke",
    "alley": "aly",
    "plaza": "plz",
}
_TYPE_NAMES = frozenset(_TYPES.values())
_DIRECTIONS = {
    "north": "n",
    "south": "s",
    "east": "e",
    "west": "w",
    "northeast": "ne",
    "northwest": "nw",
    "southeast": "se",
    "southwest": "sw",
}
_DIRECTION_NAMES = frozenset(_DIRECTIONS.values())
_TO_TWELVE = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_ORDINALS = {name: str(at) for at, name in enumerate(_TO_TWELVE.split(), 1)}
_UNITS = listed("apt apartment unit suite ste room rm flat floor fl no app appt wohnung bldg building box po villa")
_NUMBERED = re.compile(r"(\d+)(?:st|nd|rd|th)")
_FIRST = re.compile(r"(?!\d+(?:st|nd|rd|th)$)\d\w*")  # 52e4 is a mistyped 5204; 5th is a street
_HOUSE = re.compile(r"\d+[a-z]?")
_ASIDE = re.compile(r"\b(?:between|at the corner|off|near|behind|across|c/o)\b.*")
_SIGN = re.compile(r"#\s*(\w+)")
_TAIL = re.compile(r"(?:\b([a-z]{2})\s+)?(\d{5}(?:-\d{4})?)$")
_GERMAN = re.compile(r"(\w{3,})(?:strasse|str)\b\.?")
_RANGE = re.compile(r"^(\d+)\s*[-/]\s*\d+\b")


@dataclass(frozen=True, slots=True)
class Door:
    number: str = ""
    street: str = ""  # without its type and direction, which are left out or mistaken most often
    unit: str = ""
    postcode: str = ""  # where the line holds it
    named: str = ""  # a house, farm or quarter that has a name


@lru_cache(maxsize=16_384)
def read_door(line: str, more: str = "", number: str = "") -> Door:
    if more and not _is_street(line) and _is_street(more):
        line, more = more, line
    text = folded(line).replace(",", " ")
    text = _ASIDE.sub("", text).strip()
    postcode = ""
    if (found := _TAIL.search(text)) and found.start():
        postcode, text = found.group(2)[:5], text[: found.start()].strip()
    sign = _SIGN.search(text)
    text = _RANGE.sub(r"\1", _GERMAN.sub(r"\1 st", _SIGN.sub("", text)))
    house, parts, unit = "".join(words(number)), list(words(text)), sign.group(1) if sign else ""
    street: list[str] = []
    while parts:
        part = parts.pop(0)
        if part in _UNITS and (street or house) and parts:
            unit = unit or parts.pop(0)
        elif not house and ((not street and _FIRST.fullmatch(part)) or (not parts and _HOUSE.fullmatch(part))):
            house = part
        else:
            street.append(part)
    if not unit and more:
        unit = _unit(words(more))
    return Door(house, _street(street), unit, postcode, _named(more))


def _street(parts: list[str]) -> str:
    if "ave" in parts or "avenue" in parts or "st" in parts:
        parts = ["saint" if each == "st" and at == 0 and len(parts) > 1 else each for at, each in enumerate(parts)]
    named = [_ORDINALS.get(each, each) for each in (_TYPES.get(each, each) for each in parts)]
    named = [found.group(1) if (found := _NUMBERED.fullmatch(each)) else each for each in named]
    plain = [_DIRECTIONS.get(each, each) for each in named]
    end = next((at for at, each in enumerate(plain) if each in _TYPE_NAMES and at), len(plain))
    kept = [each for each in plain[:end] if each not in _DIRECTION_NAMES]
    return " ".join(kept or plain[:2])


def _named(more: str) -> str:
    parts = words(more)
    return "" if any(each in _UNITS or each[0].isdigit() for each in parts) else " ".join(parts)


def _is_street(line: str) -> bool:
    return any(each in _TYPES or each in _TYPE_NAMES for each in words(line)[1:])


def _unit(parts: tuple[str, ...]) -> str:
    kept = [each for each in parts if each not in _UNITS]
    return kept[0] if kept and any(letter.isdigit() for letter in kept[0]) else ""


@lru_cache(maxsize=16_384)
def read_postcode(text: str) -> str:
    """Without blanks and without the four digits that the United States add."""
    text = folded(text)
    if re.fullmatch(r"\d{5}-\d{0,4}", text):
        text = text[:5]
    return re.sub(r"[^a-z0-9]", "", text)


@lru_cache(maxsize=16_384)
def read_city(text: str) -> str:
    parts = list(words(text))
    written = {"st": "saint", "ste": "sainte", "mt": "mount", "ft": "fort"}
    if len(parts) > 1 and parts[-1] == "city":
        parts.pop()
    return " ".join(written.get(each, each) for each in parts)
