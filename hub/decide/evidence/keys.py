"""Where to look for a record's like: keys that two records of one party are likely to share.

A key that many records hold says little and costs much: such a *stop key* serves its newest records only.
"""

from collections.abc import Iterator
from math import log2

from hub.decide.evidence.fold import sound
from hub.decide.evidence.party import Party

STOP = 60  # a key held by more records than this
NEWEST = 15  # serves only so many of them


def telling(held: int) -> float:
    """How much a shared key tells that so many records hold: the fewer, the more."""
    return 8.0 - log2(min(held, STOP))


def keys(party: Party) -> tuple[str, ...]:
    """Without repeats, the most telling first."""
    return tuple(dict.fromkeys(_keys(party)))


def _keys(party: Party) -> Iterator[str]:
    if party.national_id:
        yield f"n:{party.national_id}"
    if party.email:
        yield f"e:{party.email}"
    if len(party.mailbox) >= 4:
        yield f"m:{party.mailbox}"
    if party.phone:
        yield f"p:{party.phone[-7:]}"
    if party.tax_id:
        yield f"t:{party.tax_id}"
    if party.street and party.number:
        yield f"d:{party.number} {party.street.replace(' ', '')[:5]}"
    if party.is_person:
        yield from _of_person(party)
    yield from _of_organisation(party)
    if party.number and party.postcode:
        yield f"h:{party.number} {party.postcode}"
    if party.street and party.postcode:
        yield f"s:{party.street.replace(' ', '')[:6]} {party.postcode}"


def _of_person(party: Party) -> Iterator[str]:
    first, last = party.given[:1], party.family[-1:]
    if first and last:
        yield "a:" + " ".join(sorted((first[0], last[0])))
        for one, other in ((first[0], last[0]), (last[0], first[0])):
            yield f"x:{one} {other[:2]}"
            yield f"j:{one} {other[:1]} {party.city[:2]}"
    parts = first + last
    if party.born:
        yield f"b:{party.born}"
        for part in parts:
            yield f"y:{sound(part)} {party.born[:4]}"
            yield f"z:{sound(part)} {party.born[4:]}"
    for part in parts:
        if party.postcode:
            yield f"l:{sound(part)} {party.postcode}"
        if party.company:
            yield f"c:{part} {party.company[0]}"
        if party.city:
            yield f"r:{part} {party.city}"
        for column, said in party.plain:
            yield f"={column}:{part} {said}"


def _of_organisation(party: Party) -> Iterator[str]:
    words = party.words
    if not words:
        return
    yield "o:" + "".join(words)[:24]
    yield "q:" + " ".join(sorted(words)[:3])
    yield "u:" + " ".join(words[:2])
    for word in words[:4]:
        if party.street:
            yield f"v:{sound(word)} {party.street.replace(' ', '')[:4]}"
        if party.number:
            yield f"k:{word[:4]} {party.number}"
        if party.phone:
            yield f"i:{word[:4]} {party.phone[-4:]}"
