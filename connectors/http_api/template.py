"""What is sent: paths with `{expression}` in them, bodies whose texts that begin with `=` are expressions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from connectors.http_api.fields import Problem
from connectors.http_api.kinds import PLACEHOLDER
from connectors.http_api.language import Expression, Unfit, sendable, text_of

Render = Callable[[Any], Any]
_MARK = "="


@dataclass(frozen=True, slots=True)
class Path:
    """A path whose places are filled, each with one percent-encoded segment or value."""

    text: str
    places: Mapping[str, Expression]

    def __call__(self, given: Any) -> str:
        """Raises `Unfit` where a place stays empty: a path without its id would name something else."""
        return PLACEHOLDER.sub(lambda match: self._filled(match[1], given), self.text)

    def _filled(self, name: str, given: Any) -> str:
        value = self.places[name](given)
        try:
            text = "" if value is None else text_of(value)
        except ValueError as fault:
            raise Unfit(f"{{{name}}}: {fault}") from fault
        if text in ("", ".", ".."):
            raise Unfit(f"{{{name}}} of {self.text} gives nothing")
        return quote(text, safe="")


def path(text: str) -> Path:
    """Raises `ValueError`."""
    if not text.startswith("/"):
        raise ValueError("a path that begins with / is expected, below base_url")
    places: dict[str, Expression] = {}
    for name in PLACEHOLDER.findall(text):
        places[name] = Expression(name)
    return Path(text, places)


def body(table: Any) -> tuple[Render, list[Problem]]:
    """Raises nothing: the problems have their places."""
    if isinstance(table, dict):
        made = {name: body(value) for name, value in table.items()}
        problems = [((name, *where), why) for name, (_, found) in made.items() for where, why in found]
        parts = {name: render for name, (render, _) in made.items()}
        return _each(parts) if "each" in parts else _whole(parts), problems
    if isinstance(table, list):
        several = [body(value) for value in table]
        problems = [((place, *where), why) for place, (_, found) in enumerate(several) for where, why in found]
        renders = [render for render, _ in several]
        return lambda given: [render(given) for render in renders], problems
    if isinstance(table, str) and table.startswith(_MARK):
        try:
            return _sent(Expression(table.removeprefix(_MARK))), []
        except ValueError as fault:
            return lambda _given: None, [((), str(fault))]
    return lambda _given: table, []


def _sent(expression: Expression) -> Render:
    def rendered(given: Any) -> Any:
        try:
            return sendable(expression(given))
        except Unfit:
            raise
        except ValueError as fault:
            raise Unfit(f"{expression.text}: {fault}") from fault

    return rendered


def _whole(parts: Mapping[str, Render]) -> Render:
    return lambda given: {name: render(given) for name, render in parts.items()}


def _each(parts: Mapping[str, Render]) -> Render:
    """`{each = "=order.lines", sku = "=sku"}`: a list, one object for each item."""
    rest = {name: render for name, render in parts.items() if name != "each"}

    def rendered(given: Any) -> Any:
        items = parts["each"](given)
        if not isinstance(items, list):
            raise Unfit("each: no list")
        return [
            {
                name: render({**(item if isinstance(item, dict) else {"_item": item}), "_root": given})
                for name, render in rest.items()
            }
            for item in items
        ]

    return rendered
