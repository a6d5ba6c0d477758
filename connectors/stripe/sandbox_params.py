"""Stripe's form parameters: `metadata[order_id]=7`, `expand[]=a`, `created[gte]=1`."""

import re
from dataclasses import dataclass, field
from typing import Any, Self

from connectors.stripe.sandbox_ledger import invalid

_NAME = re.compile(r"([a-z_]+)((?:\[[^\[\]]*\])*)")
_COMPARE = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}
_FILTERS = ("payment_intent", "charge", "customer", "type")
_PAGING = ("limit", "starting_after", "ending_before", "expand", "created")


@dataclass(slots=True)
class Params:
    given: list[tuple[str, tuple[str, ...], str]] = field(default_factory=list)  # (name, path inside, value)

    @classmethod
    def of(cls, pairs: list[tuple[str, str]]) -> Self:
        found = []
        for name, text in pairs:
            matched = _NAME.fullmatch(name)
            if matched is None:
                raise invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
            found.append((matched[1], tuple(re.findall(r"\[([^\[\]]*)\]", matched[2])), text))
        return cls(found)

    def check(self, allowed: frozenset[str]) -> None:
        for name, _, _ in self.given:
            if name not in allowed:
                raise invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)

    def done(self) -> None:
        """For reads, whose parameters are the same everywhere."""
        self.check(frozenset((*_PAGING, *_FILTERS)))

    def text(self, name: str) -> str | None:
        return next((text for given, path, text in self.given if given == name and not path), None) or None

    def required(self, name: str) -> str:
        found = self.text(name)
        if found is None:
            raise invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)
        return found

    def integer(self, name: str, default: int | None = None) -> int:
        found = str(default) if default is not None and self.text(name) is None else self.required(name)
        if not re.fullmatch(r"-?[0-9]{1,18}", found, re.ASCII):
            raise invalid(f"Invalid integer: {found}", code="parameter_invalid_integer", param=name)
        return int(found)

    def whole(self, name: str) -> int | None:
        return None if self.text(name) is None else self.integer(name)

    def many(self, name: str) -> list[str]:
        return [text for given, path, text in self.given if given == name and path]

    def pairs(self, name: str) -> dict[str, str]:
        found = {path[0]: text for given, path, text in self.given if given == name and len(path) == 1}
        for key, text in found.items():
            if len(key) > 40 or len(text) > 500:
                raise invalid(f"Metadata keys have up to 40 characters, values up to 500: {key}", param=name)
        if len(found) > 50:
            raise invalid("Metadata can have up to 50 keys.", param=name)
        return found

    def selects(self, thing: dict[str, Any]) -> bool:
        for name in _FILTERS:
            wanted = self.text(name)
            if wanted is not None and thing.get(name) != wanted:
                return False
        return all(
            _COMPARE[path[0]](thing["created"], int(text))
            for given, path, text in self.given
            if given == "created" and path and path[0] in _COMPARE
        )

    def lines(self) -> list[tuple[int, int, str]]:
        """(unit amount, quantity, currency) of each of `line_items`, as `price_data` gives them."""
        found: dict[str, dict[str, str]] = {}
        for given, path, text in self.given:
            if given == "line_items" and path:
                found.setdefault(path[0], {})[path[-1]] = text
        try:
            lines = [
                (int(line["unit_amount"]), int(line.get("quantity", "1")), line["currency"]) for line in found.values()
            ]
        except (KeyError, ValueError):
            raise invalid("Line items need price_data.", code="parameter_missing", param="line_items") from None
        if not lines:
            raise invalid("Missing required param: line_items.", code="parameter_missing", param="line_items")
        return lines
