"""The part of Xero's filter language that its users need: comparisons joined by AND (the `where` parameter)."""

import re
from collections.abc import Callable, Iterable
from typing import Any

_CONDITION = re.compile(
    r'\s*([A-Za-z.]+?)(?:\.(StartsWith|Contains)\("([^"\\]*)"\)|\s*(==|!=)\s*("[^"\\]*"|guid\("[0-9a-fA-F-]{36}"\)|null))'
    r"\s*(AND\s|&&|$)"
)
_FIELDS = {"Type", "Status", "Reference", "InvoiceNumber", "PaymentType", "Invoice.InvoiceID", "Contact.ContactID"}


class BadFilter(Exception):
    """What the vendor answers with 400 and ErrorNumber 16 (QueryParseException)."""


def rows(objects: Iterable[dict[str, Any]], where: str) -> list[dict[str, Any]]:
    conditions = list(_conditions(where))
    return [each for each in objects if all(holds(each) for holds in conditions)]


def _conditions(where: str) -> Iterable[Callable[[dict[str, Any]], bool]]:
    rest = where
    while rest.strip():
        found = _CONDITION.match(rest)
        if found is None or found[1] not in _FIELDS:
            raise BadFilter(f"No property or field in {rest[:80]!r}")
        yield _condition(found[1], found[2] or found[4], found[3] if found[2] else found[5])
        rest = rest[found.end() :]


def _condition(field: str, operator: str, literal: str) -> Callable[[dict[str, Any]], bool]:
    quoted = re.search(r'"(.*)"', literal)
    wanted: str | None = literal if operator in ("StartsWith", "Contains") else quoted[1] if quoted else None

    def holds(each: dict[str, Any]) -> bool:
        value: Any = each
        for name in field.split("."):
            value = (value or {}).get(name)
        match operator:
            case "==":
                return bool(value == wanted)
            case "!=":
                return bool(value != wanted)
            case "StartsWith":
                return str(value or "").startswith(wanted or "")
            case _:
                return (wanted or "") in (value or "")

    return holds
