"""Mappings: from a vendor's JSON to a record, field by field, as the settings say.

A mapping is compiled once. Which fields a record has, and of which types, is read off the record itself.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

from connectors.http_api.defaults import filled
from connectors.http_api.language import Claimed, Expression, Own, Unfit, number_of, text_of, time_of
from hub.connector import Reading
from hub.domain.money import Money
from hub.domain.records import RECORDS, Kind, Line, Record, Source

# Only people and programs, through the hub itself, say these.
KINDS: Mapping[Kind, type[Record]] = {
    kind: shape
    for kind, shape in RECORDS.items()
    if kind not in (Kind.CANCELLATION, Kind.REFUND_REQUEST, Kind.HOLD_RELEASE)
}
HEAD = ("id", "version", "claims", "created_at", "updated_at", "url", "deleted")
_PAIR = tuple[str, int]

Problem = tuple[tuple[str | int, ...], str]  # (where below the mapping, what is wrong)
Values = dict[str, Any]


class Wrong(ValueError):
    """A field that cannot be read: its path, and what was expected."""


@dataclass(slots=True)
class FieldMap:
    """A compiled table: what each field is made of. `each` picks the items of a list."""

    values: dict[str, Callable[[Any], Any]] = field(default_factory=dict)
    parts: dict[str, "FieldMap"] = field(default_factory=dict)
    each: Expression | None = None

    def evaluated(self, given: Any, maps: Mapping[str, Mapping[str, str]], root: Any) -> Values:
        """Each field's value, still of JSON's types. Raises `Wrong`."""
        found: Values = {}
        for name, value in self.values.items():
            try:
                found[name] = value(given)
            except Unfit as fault:
                raise Wrong(f"{name}: {fault}") from fault
            if name in maps and isinstance(found[name], str | int):
                found[name] = mapped(str(found[name]), maps[name])
        for name, part in self.parts.items():
            try:
                found[name] = part._part(given, root)
            except ValueError as fault:
                raise Wrong(f"{name}{'' if str(fault).startswith('[') else '.'}{fault}") from fault
        return found

    def _part(self, given: Any, root: Any) -> Any:
        if self.each is None:
            found = self.evaluated(given, {}, root)
            return found if any(value is not None for value in found.values()) else None
        items = self.each(given)
        if items is None:
            return None
        if not isinstance(items, list):
            raise Wrong(f"[]: `{self.each.text}` is no list")
        rows = []
        for place, item in enumerate(items):
            try:
                rows.append(self.evaluated(inside(item, root, given), {}, root))
            except ValueError as fault:
                raise Wrong(f"[{place}].{fault}") from fault
        return rows


def inside(item: Any, root: Any, parent: Any) -> Any:
    """An item of a list as its expressions see it: itself, with `_root` and `_parent` beside its fields."""
    own = item if isinstance(item, dict) else {"_item": item}
    return {**own, "_root": root, "_parent": parent}


def mapped(word: str, table: Mapping[str, str]) -> str:
    """By the table, whatever the case; `"*"` takes the rest. A word that it lacks stands for itself."""
    found = table.get(word, table.get(word.lower(), table.get("*")))
    return word if found is None else found


# ------------------------------------------------------------------------------------------ compiled from settings


def compiled(shape: Any, table: Mapping[str, Any], more: tuple[str, ...] = ()) -> tuple[FieldMap, list[Problem]]:
    """`shape` is the dataclass that is made; `more` are names beside its own fields."""
    known = {name: kind for name, kind in hints(shape).items() if name != "source"} | dict.fromkeys(more, Any)
    return _compiled(known, table)


def _compiled(known: Mapping[str, Any], table: Mapping[str, Any]) -> tuple[FieldMap, list[Problem]]:
    made = FieldMap()
    problems: list[Problem] = []
    for name, value in table.items():
        if name not in known:
            problems.append(((name,), f"no such field; there are: {', '.join(sorted(known))}"))
            continue
        inner = _nested(known[name])
        if isinstance(value, dict) and inner is not None:
            part, found = _part(inner, value, listed=get_origin(_bare(known[name])) is tuple)
            made.parts[name] = part
            problems += [((name, *place), message) for place, message in found]
            continue
        if inner is not None:
            problems.append(((name,), "a table of expressions is expected"))
            continue
        try:
            made.values[name] = _value(value)
        except ValueError as fault:
            problems.append(((name,), str(fault)))
    return made, problems


def _part(shape: Any, table: Mapping[str, Any], *, listed: bool) -> tuple[FieldMap, list[Problem]]:
    rest = {name: value for name, value in table.items() if name != "each"}
    known = {"id": str, "quantity": int} if shape == _PAIR else hints(shape)
    made, problems = _compiled(known, rest)
    if listed and isinstance(table.get("each"), str):
        try:
            made.each = Expression(table["each"])
        except ValueError as fault:
            problems.append((("each",), str(fault)))
    elif listed or "each" in table:
        what = "picks the items: an expression is expected" if listed else "only where a list is due"
        problems.append((("each",), what))
    return made, problems


def _value(value: Any) -> Callable[[Any], Any]:
    """A text is an expression, a list is one of expressions, all else stands for itself."""
    if isinstance(value, str):
        return Expression(value)
    if isinstance(value, list):
        several = [_value(each) for each in value]
        return lambda given: [each(given) for each in several]
    if isinstance(value, bool | int):
        return lambda _given: value
    raise ValueError("an expression is expected")


# ------------------------------------------------------------------------------------------------------ to our types


def hints(shape: Any) -> Mapping[str, Any]:
    """The fields of a dataclass with their types."""
    return _hints(shape)  # mypy takes no class of records for the hashable that a cached function wants


@cache
def _hints(shape: Any) -> Mapping[str, Any]:
    found = get_type_hints(shape)
    return {each.name: found[each.name] for each in fields(shape) if get_origin(found[each.name]) is not ClassVar}


def _bare(kind: Any) -> Any:
    """Without `None`."""
    if get_origin(kind) in (Union, types.UnionType):
        return next(each for each in get_args(kind) if each is not type(None))
    return kind


def _nested(kind: Any) -> Any:
    """The shape of which a table of expressions makes one, or a list of them; `None`: it takes an expression."""
    bare = _bare(kind)
    if get_origin(bare) is tuple and get_args(bare)[-1] is Ellipsis:
        bare = get_args(bare)[0]
    return bare if bare == _PAIR or (is_dataclass(bare) and bare not in (Money, Source)) else None


@dataclass(frozen=True, slots=True)
class Making:
    """What values need to become ours."""

    reading: Reading
    currency: str  # of amounts that do not say theirs; "": none is known

    def made(self, name: str, kind: Any, value: Any) -> Any:
        """Raises `Wrong`, with the name."""
        try:
            return self._made(_bare(kind), value)
        except ValueError as fault:
            raise Wrong(f"{name}: {fault}") from fault

    def _made(self, kind: Any, value: Any) -> Any:
        if kind is Money:
            return self._money(value)
        if kind is datetime:
            return time_of(value)
        if kind is str and isinstance(value, Claimed | Own):
            return self.key(value)
        if kind is str:
            return text_of(value)
        if kind is bool:
            return _truth(value)
        if kind is int:
            return _whole(value)
        if kind is Source:
            return self._source(value)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return _listed(kind, value)
        if get_origin(kind) is tuple:
            return self._tuple(get_args(kind), value)
        return made_of(kind, value, self)

    def key(self, value: Claimed | Own) -> str:
        return value.key if isinstance(value, Claimed) else self._source(value).key

    def _money(self, value: Any) -> Money:
        if isinstance(value, Money):
            return value
        if not self.currency:
            raise ValueError("no currency is known: map `currency`, or use money(amount, currency)")
        return Money.parse(value if isinstance(value, str) else number_of(value), self.currency)

    def _source(self, value: Any) -> Source:
        if isinstance(value, Own):
            return Source(self.reading.connection, value.kind, value.external_id)
        return Source(self.reading.connection, Kind.CUSTOMER, text_of(value))

    def _tuple(self, arguments: tuple[Any, ...], value: Any) -> tuple[Any, ...]:
        if arguments[-1] is not Ellipsis:  # (id, quantity)
            quantity = value.get("quantity")
            return (text_of(value.get("id")), 1 if quantity is None else _whole(quantity))
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list):
            raise ValueError("a list is expected")
        if arguments[0] is Line:  # an order's lines have ids: their places, where the vendor gives none
            values = [
                each | ({} if each.get("id") is not None else {"id": place}) for place, each in enumerate(values, 1)
            ]
        made = []
        for place, each in enumerate(values):
            try:
                made += [self._made(arguments[0], each)] if each not in (None, "") else []
            except ValueError as fault:
                raise Wrong(f"[{place}] {fault}") from fault
        return tuple(made)


def made_of(shape: Any, values: Any, making: Making) -> Any:
    """A dataclass of ours from evaluated values; what came out null takes the field's default. Raises `Wrong`."""
    known = hints(shape)
    given = {name: making.made(name, known[name], value) for name, value in values.items() if value is not None}
    return complete(shape, given)


def complete(shape: Any, given: dict[str, Any]) -> Any:
    """Raises `Wrong` for what the shape needs and nothing gives."""
    filled(shape, given)
    if missing := [name for name in required(shape) if name not in given]:
        raise Wrong(f"{missing[0]}: nothing is found there")
    return shape(**given)


@cache
def required(shape: Any) -> tuple[str, ...]:
    return tuple(
        each.name for each in fields(shape) if each.default is MISSING and each.default_factory is MISSING and each.init
    )


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"true or false is expected, not {str(value)[:80]!r}")
    return value


def _whole(value: Any) -> int:
    number = number_of(value)
    if not isinstance(number, int):
        raise ValueError(f"a whole number is expected, not {number}")
    return number


def _listed(kind: type[Enum], value: Any) -> Enum:
    word = text_of(value)
    try:
        return kind(word if word in kind._value2member_map_ else word.lower())
    except ValueError:
        known = ", ".join(str(each.value) for each in kind)
        raise ValueError(f"{word[:80]!r} is none of {known}: say in `maps` which one it means") from None
