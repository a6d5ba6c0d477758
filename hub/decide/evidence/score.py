"""The sum of the evidence for two parties being one, what forbids it, and each item of it for a person to read."""

from dataclasses import dataclass

from hub.decide.evidence.compare import Level, compare
from hub.decide.evidence.likeness import CONFLICT, EXACT, NEAR
from hub.decide.evidence.party import Party
from hub.decide.evidence.weights import Weights


@dataclass(frozen=True, slots=True)
class Score:
    bits: float  # log2 of the odds, the prior included; 0 is as likely as not
    parts: tuple[tuple[str, float], ...]  # (comparison, bits), the prior first
    veto: str = ""  # why they cannot be one, whatever the bits


@dataclass(frozen=True, slots=True)
class Item:
    """One comparison with its values."""

    field: str
    level: str
    left: str
    right: str
    bits: float


def score(left: Party, right: Party, weights: Weights) -> Score:
    levels = compare(left, right)
    parts = tuple([(level[0], weigh(level, left, right, weights)) for level in levels])
    return Score(sum([bits for _, bits in parts]), parts, veto(levels, left, right))


def weigh(level: Level, left: Party, right: Party, weights: Weights) -> float:
    field, name, agreed = level
    bits = weights.bits["plain" if field[0] == "=" else field][name]
    if field == "words" and name in (EXACT, "most"):
        return bits + _distinctive(left, right)
    if len(agreed) == 1:
        return bits + min(left.rarity.get(agreed[0], 0.0), right.rarity.get(agreed[0], 0.0))
    if agreed:
        one, other = left.rarity.get(agreed[0], 0.0), right.rarity.get(agreed[1], 0.0)
        # A typo is rare; two spellings that are both common are two names.
        bits += min(one, other) + min(0.0, max(one, other))
    return bits


def _distinctive(left: Party, right: Party) -> float:
    """A name of one common word says less than one of four rare ones."""
    shared = sorted(set(left.words) & set(right.words))
    told = sum(8.0 + left.rarity.get(f"w:{each}", 0.0) for each in shared)
    return max(-4.0, min(3.0, (told - 14.0) / 4))


def veto(levels: list[Level], left: Party, right: Party) -> str:
    by_field = {field: level for field, level, _ in levels}
    if by_field.get("tax_id") == CONFLICT:
        return "different tax ids"
    if left.generation and right.generation and left.generation != right.generation:
        return "different generations"
    if by_field.get("site") in (CONFLICT, "street") and by_field.get("words") != EXACT:
        return "another site"
    if by_field.get("given") == CONFLICT or by_field.get("family") == CONFLICT:
        if by_field.get("national_id") in (EXACT, NEAR) or by_field.get("born") in (EXACT, NEAR):
            return ""
        if by_field.get("email") in (EXACT, NEAR) and not (
            by_field.get("given") == CONFLICT and by_field.get("family") in (EXACT, NEAR)
        ):
            return ""
        return "names in conflict"
    return ""


def items(left: Party, right: Party, weights: Weights) -> list[Item]:
    """In the order compared, the prior first: they add up to the score."""
    said = {each.id: _said(each) for each in (left, right)}
    found = []
    for level in compare(left, right):
        field = level[0].removeprefix("=")
        values = [said[each.id].get(field, "") for each in (left, right)]
        found.append(Item(field, level[1], values[0], values[1], weigh(level, left, right, weights)))
    return found


def _said(party: Party) -> dict[str, str]:
    words = " ".join(party.words or party.given + party.family)
    return {
        "given": " ".join(party.given),
        "family": " ".join(party.family),
        "order": " ".join(party.given + party.family),
        "words": words,
        "company": " ".join(party.company),
        "email": party.email,
        "phone": party.phone,
        "door": " ".join(filter(None, (party.number, party.street, party.unit))),
        "site": " ".join(filter(None, (party.number, party.street, party.unit))),
        "place": " ".join(filter(None, (party.postcode, party.city))),
        "born": party.born,
        "tax_id": party.tax_id,
        "national_id": party.national_id,
        **dict(party.plain),
    }
