"""What differs between two states of an order, as the timeline tells it."""

from dataclasses import dataclass
from typing import Any

import msgspec

# Told by the summary or by nobody: they differ with every event.
_QUIET = {"updated_at", "sources"}
_BY_ID = {
    *("lines", "payments", "refunds", "refund_requests", "invoices", "credit_notes", "shipments"),
    *("deals", "messages", "holds"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    path: str  # `total`, `payments[ord_…].captured`
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    summary: str
    fields: tuple[Difference, ...]


class _First(msgspec.Struct, frozen=True):
    """What the first line of a timeline tells of a document."""

    number: str
    channel: str


_first = msgspec.json.Decoder(_First).decode


def difference(before: bytes | None, after: bytes) -> Told | None:
    """Of two order documents. `None`: nothing that anybody would want to know."""
    if before is None:
        first = _first(after)
        what = f"order {first.number}" if first.number else "something that no sale claims yet"
        return Told(summary=f"{first.channel} told of {what}", fields=())
    new: dict[str, Any] = msgspec.json.decode(after)
    old: dict[str, Any] = msgspec.json.decode(before)
    found: list[Difference] = []
    for name, value in new.items():
        if name in _QUIET or old.get(name) == value:
            continue
        if name in _BY_ID:
            found += _items(name, old.get(name) or [], value or [])
        else:
            found.append(Difference(path=name, before=old.get(name), after=value))
    if not found:
        return None
    return Told(summary=_summary(old, new, found), fields=tuple(found))


def _items(name: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> list[Difference]:
    before, after = {item["id"]: item for item in old}, {item["id"]: item for item in new}
    found: list[Difference] = []
    for key in sorted(before.keys() | after.keys()):
        was, is_now = before.get(key), after.get(key)
        if was is None or is_now is None:
            found.append(Difference(path=f"{name}[{key}]", before=was, after=is_now))
            continue
        found += [
            Difference(path=f"{name}[{key}].{field}", before=was.get(field), after=value)
            for field, value in is_now.items()
            if was.get(field) != value
        ]
    return found


_COURSE = ("pending", "in_transit", "delivered")


def _backwards(told: Difference) -> bool:
    if told.before not in _COURSE or told.after not in _COURSE:
        return False
    return _COURSE.index(told.after) < _COURSE.index(told.before)


def _summary(old: dict[str, Any], new: dict[str, Any], found: list[Difference]) -> str:
    for each in found:
        if each.path.startswith("shipments[") and each.path.endswith(".status") and _backwards(each):
            return f"the carrier corrected {each.before} to {each.after}"
    if old["stage"] != new["stage"]:
        return f"{old['stage']} → {new['stage']}"
    paths = sorted({difference.path.split("[")[0].split(".")[0] for difference in found})
    return ", ".join(path.replace("_", " ") for path in paths) + " changed"
