"""The search of the sandbox: filters, one sort, pages of 200, and no row beyond the ten thousandth."""

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.hubspot.sandbox_portal import Declined, Json
from hub.domain.clock import parse_time

_MOST = 10_000
_PAGE = 200


def search(rows: Iterable[Json], wish: Mapping[str, Any]) -> Json:
    groups = wish.get("filterGroups", [])
    found = [row for row in rows if not groups or any(_all(row, group["filters"]) for group in groups)]
    for sort in wish.get("sorts", [])[:1]:  # one is all that the vendor takes
        found.sort(key=lambda row: _comparable(row["properties"].get(sort) or ""))
    start, limit = int(wish.get("after") or 0), int(wish.get("limit", 10))
    if not 0 < limit <= _PAGE:
        raise Declined(400, "VALIDATION_ERROR", f"limit: at most {_PAGE}")
    if start + limit > _MOST:
        raise Declined(400, "VALIDATION_ERROR", f"after: a search shows {_MOST} rows")
    page: Json = {"total": len(found), "results": found[start : start + limit]}
    if start + limit < len(found):
        page["paging"] = {"next": {"after": str(start + limit)}}
    return page


def _all(row: Json, filters: Iterable[Mapping[str, Any]]) -> bool:
    return all(_meets(row["properties"].get(each["propertyName"]), each) for each in filters)


def _meets(held: str | None, wanted: Mapping[str, Any]) -> bool:
    operator = wanted["operator"]
    if operator == "HAS_PROPERTY":
        return bool(held)
    if operator == "NOT_HAS_PROPERTY":
        return not held
    if not held:
        return False
    left, right = _comparable(held), _comparable(wanted["value"])
    match operator:
        case "EQ":
            return left == right
        case "NEQ":
            return left != right
        case "GT":
            return left > right
        case "GTE":
            return left >= right
        case "LT":
            return left < right
        case "LTE":
            return left <= right
        case _:
            raise Declined(400, "VALIDATION_ERROR", f"operator {operator} is not played here")


def _comparable(value: str) -> tuple[int, str]:
    """Times as milliseconds, numbers as numbers, the rest as text."""
    if value.isdecimal():
        return int(value), ""
    try:
        return int(parse_time(value).timestamp() * 1000), ""
    except ValueError:
        return -1, value
