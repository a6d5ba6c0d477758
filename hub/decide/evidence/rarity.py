"""How much more, or less, an agreement weighs because few, or many, say the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import log2

from hub.decide.evidence.party import Party

_AS_KNOWN = 300  # so many records must be seen before what is seen counts as much as what is usual


@dataclass(frozen=True, slots=True)
class Usual:
    share: float  # of records that agree on a middling value; the shipped weights are for that
    adopt: float  # how much of the difference counts
    most: float = 3.0  # bits, upwards
    least: float = -5.0


_USUAL = {
    "g": Usual(1 / 200, 0.7),
    "f": Usual(1 / 800, 0.7),
    "w": Usual(1 / 300, 1.0, 6.0, -6.0),
    "z": Usual(1 / 300, 0.5),
    "c": Usual(1 / 30, 0.6, 4.0),
    "b": Usual(1 / 3000, 0.5, 1.0),
}
_PLAIN = Usual(1 / 8, 0.6, 3.0, -3.0)
# Held by more than so many records, an agreement is that of an office or a household.
_OWN = {"e": 12, "m": 12, "p": 8, "d": 8, "t": 12, "n": 12}


def values(party: Party) -> Iterator[str]:
    """What is counted of a record."""
    yield from (f"g:{each}" for each in party.given)
    yield from (f"f:{each}" for each in party.family)
    yield from (f"w:{each}" for each in sorted({*party.words, *party.company}))
    for kind, said in (
        ("z", party.postcode),
        ("c", party.city),
        ("b", party.born),
        ("e", party.email),
        ("m", party.mailbox),
        ("p", party.phone),
        ("t", party.tax_id),
        ("n", party.national_id),
    ):
        if said:
            yield f"{kind}:{said}"
    if party.street:
        yield door_value(party)
    yield from (f"={column}:{said}" for column, said in party.plain)


def door_value(party: Party) -> str:
    return f"d:{party.number} {party.street}"


def rarities(counts: Mapping[str, int], size: int) -> dict[str, float]:
    """`counts`: value -> how many of `size` records said it before."""
    return {value: _bits(value, count, size) for value, count in counts.items()}


def _bits(value: str, count: int, size: int) -> float:
    kind = value.partition(":")[0]
    if own := _OWN.get(kind):
        return -min(6.0, 0.8 * log2(max(1.0, count / own)))
    usual = _USUAL.get(kind, _PLAIN)
    share = (count + _AS_KNOWN * usual.share) / (size + _AS_KNOWN)
    return min(usual.most, max(usual.least, usual.adopt * log2(usual.share / share)))
