"""A person's name out of columns and texts: which parts are given names, which the family's."""

import re
from dataclasses import dataclass
from functools import lru_cache

from hub.decide.evidence.fold import listed, words

_TITLES = listed(
    "mr mrs ms miss mx dr prof professor sir dame lord lady rev reverend fr hon herr frau mme mlle sr sra don dona "
    "rt monsieur madame master mister saint bt bart baronet esq esquire phd md mba obe cbe mbe kc qc capt "
    "captain col colonel gen general lt lieutenant maj major sgt earl count countess duke duchess baron baroness "
    "viscount viscountess marquess"
)
_ALSO_NAMES = listed("major earl duke baron marquess duchess countess general saint master col don hon")
_GENERATIONS = {
    "jr": "2",
    "junior": "2",
    "jnr": "2",
    "sr": "1",
    "senior": "1",
    "snr": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
}
_ORDINAL = re.compile(r"\d+(st|nd|rd|th)")
_PARTICLES = listed("of the de da do dos del della di du la le van von der den ter ten zu al el bin ibn")
_MARKS = listed("dup duplicate copy inactive deleted closed")  # what people write behind a second entry
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|\b(?:c/o|attn|attention)\b[:.]?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Name:
    given: tuple[str, ...] = ()
    family: tuple[str, ...] = ()
    generation: str = ""


@lru_cache(maxsize=16_384)
def read_full(text: str) -> Name:
    """ "Ada M. King", "King, Ada M.", "Dr. Ada King (2)". A lone word is a given name until it is compared."""
    text = _ASIDE.sub(" ", text)
    before, comma, after = text.partition(",")
    if comma and words(after) and not _generation_only(after):
        if words(after)[0] not in _TITLES:
            return _named(words(after), words(before))
        name = read_full(before)  # "Ada King, Countess of Lovelace"
        return Name(name.given, name.family + _plain(words(after)), name.generation)
    parts = words(text)
    generation = _generation(parts)
    parts = _plain(parts)
    if len(parts) <= 1:
        return Name(parts, (), generation)
    return Name(parts[:-1], parts[-1:], generation)


@lru_cache(maxsize=16_384)
def read_parts(first: str, middle: str, last: str) -> Name:
    """From columns of their own."""
    return _named(words(_ASIDE.sub(" ", first)) + words(middle), words(_ASIDE.sub(" ", last)))


def _named(given: tuple[str, ...], family: tuple[str, ...]) -> Name:
    return Name(_plain(given), _plain(family), _generation(family) or _generation(given))


def _plain(parts: tuple[str, ...]) -> tuple[str, ...]:
    """Without titles and particles, unless nothing else is there: a person may be called Major, or Le."""
    said = tuple(
        each
        for at, each in enumerate(parts)
        if each not in _TITLES
        and not (at and each in _MARKS)
        and not (at and at == len(parts) - 1 and each in _GENERATIONS)
        and not _ORDINAL.fullmatch(each)
        and not each.isdigit()
    )
    return tuple(each for each in said if each not in _PARTICLES) or said or _name_like(parts)


def _name_like(titles: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for each in titles if each in _ALSO_NAMES)[:1]


def _generation(parts: tuple[str, ...]) -> str:
    return _GENERATIONS.get(parts[-1], "") if len(parts) > 1 else ""


def _generation_only(text: str) -> bool:
    return all(each in _GENERATIONS or each in _TITLES for each in words(text))
