"""The part of QuickBooks' query language that its users need: one entity, conditions joined by AND, order, pages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hub.domain.clock import parse_time

_QUERY = re.compile(
    r"\s*SELECT\s+(?P<what>\*|COUNT\(\*\))\s+FROM\s+(?P<entity>\w+)"
    r"(?:\s+WHERE\s+(?P<where>.+?))?"
    r"(?:\s+ORDER\s?BY\s+(?P<order>[\w.]+)(?:\s+(?P<direction>ASC|DESC))?)?"
    r"(?:\s+STARTPOSITION\s+(?P<start>\d+))?(?:\s+MAXRESULTS\s+(?P<most>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"\s*([\w.]+)\s*(=|<=|>=|<|>)\s*('(?:[^'\\]|\\.)*'|true|false)\s*(AND\s|$)", re.IGNORECASE)
# A memo is not among them, nor is any other free text.
_FIELDS = {
    *("Id", "DisplayName", "PrimaryEmailAddr", "Active", "CustomerRef", "TxnDate", "DocNumber"),
    *("MetaData.CreateTime", "MetaData.LastUpdatedTime"),
}
_MOST = 1000


class BadQuery(Exception):
    """(code, detail), as the vendor would say it."""


@dataclass(frozen=True, slots=True)
class Query:
    entity: str
    count: bool
    conditions: tuple[tuple[str, str, str], ...]
    order: str
    descending: bool
    start: int
    most: int

    def rows(self, objects: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        found = [each for each in objects if self._holds(each)]
        found.sort(key=lambda each: _value(each, self.order or "Id"), reverse=self.descending)
        return found if self.count else found[self.start - 1 : self.start - 1 + self.most]

    def _holds(self, each: dict[str, Any]) -> bool:
        asked = {field for field, _, _ in self.conditions}
        if "Active" not in asked and each.get("Active") is False:
            return False
        return all(_compare(_value(each, field), op, _literal(field, text)) for field, op, text in self.conditions)


def parse(text: str, entities: Iterable[str]) -> Query:
    match = _QUERY.fullmatch(text)
    if match is None:
        raise BadQuery("4000", f"QueryParserError: {text[:80]}")
    entity = match["entity"]
    if entity not in entities:
        raise BadQuery("4001", f"QueryValidationError: invalid context declaration: {entity}")
    conditions, rest = [], match["where"] or ""
    while rest:
        found = _CONDITION.match(rest)
        if found is None:
            raise BadQuery("4000", f"QueryParserError: {rest[:80]}")
        conditions.append((found[1], found[2], re.sub(r"\\(.)", r"\1", found[3].strip("'"))))
        rest = rest[found.end() :]
    for field in [field for field, _, _ in conditions] + ([match["order"]] if match["order"] else []):
        if field not in _FIELDS:
            raise BadQuery("4001", f"QueryValidationError: property '{field}' is not queryable")
    most = int(match["most"] or 100)
    if most > _MOST:
        raise BadQuery("4000", f"QueryValidationError: value {most} for max results exceeds {_MOST}")
    return Query(
        entity=entity,
        count=match["what"] != "*",
        conditions=tuple(conditions),
        order=match["order"] or "",
        descending=(match["direction"] or "").upper() == "DESC",
        start=max(int(match["start"] or 1), 1),
        most=most,
    )


def _value(each: dict[str, Any], field: str) -> Any:
    value: Any = each
    for part in field.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    if isinstance(value, dict):  # a reference, an e-mail
        value = value.get("value", value.get("Address", ""))
    return _literal(field, str(value))


def _literal(field: str, text: str) -> Any:
    if field == "Id":
        return int(text) if text.isdecimal() else -1
    if field.startswith("MetaData."):
        return parse_time(text)
    return text.casefold() if field in ("DisplayName", "Active", "PrimaryEmailAddr") else text


def _compare(left: Any, op: str, right: Any) -> bool:
    return bool(
        {"=": left == right, "<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[op]
    )
