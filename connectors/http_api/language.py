"""JMESPath (jmespath.org) with functions of ours: the one language of mappings, conditions and bodies.

It has no loops and no recursion: an expression ends after a walk over what it is given.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import jmespath
import msgspec
from jmespath.functions import Functions

from connectors.http_api.view import plain
from hub.domain.clock import parse_time
from hub.domain.money import Money
from hub.domain.records import Kind, vendor_key

LONGEST = 2_000  # characters of one expression
_PLAIN_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*", re.ASCII)
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)
_MILLISECONDS = 10**11  # numbers from here on are milliseconds since 1970: as seconds, they would lie after 5138
_EXCERPT = 200
_MOST = 2**63

F = TypeVar("F", bound=Callable[..., Any])

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode


def decode(body: bytes) -> Any:
    """JSON with exact decimals. Raises `ValueError`."""
    try:
        return _decode(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def encode(value: Any) -> bytes:
    """What `decode` gives, as JSON again, to the digit."""
    return _encode(value)


class Unfit(ValueError):
    """An expression and what it was given do not go together. Names the expression."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """An identity key that an expression made on purpose, not a text that came from outside."""

    key: str


@dataclass(frozen=True, slots=True)
class Own:
    """A thing of the same connection, named by an expression."""

    kind: Kind
    external_id: str


def text_of(value: Any) -> str:
    """Ids come as numbers or texts. Raises `ValueError` for anything else."""
    if isinstance(value, str):
        return value.replace("\x00", "")  # no database keeps it
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"a text is expected, not {_shown(value)}")


def time_of(value: Any) -> datetime:
    """RFC 3339 with an offset, or seconds or milliseconds since 1970."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return parse_time(value)
    number = number_of(value)
    seconds = Decimal(number) / (1000 if number >= _MILLISECONDS else 1)
    if not 0 <= seconds < 253_402_300_800:
        raise ValueError(f"{_shown(value)} is no time")
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(seconds * 1_000_000))


def number_of(value: Any) -> int | Decimal:
    """A whole number where it is one."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        raise ValueError(f"a number is expected, not {_shown(value)}")
    if isinstance(value, int):
        return value
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise ValueError(f"a number is expected, not {_shown(value)}")
    exact = Decimal(value)
    if not exact.is_finite() or abs(exact) >= _MOST:
        raise ValueError(f"{exact} is no number that we take")
    return int(exact) if exact == int(exact) else exact


def sendable(value: Any) -> Any:
    """What an expression gave, as plain JSON that a command keeps. Raises `ValueError`."""
    match value:
        case Decimal():
            near = float(value)  # a JSON number; its shortest form is the same decimal, or it is not sent
            if Decimal(repr(near)) != value:
                raise ValueError(f"{value} has more digits than a JSON number keeps: send it as a text")
            return near
        case Money() | datetime():
            return plain(value)
        case dict():
            return {name: sendable(inner) for name, inner in value.items()}
        case list():
            return [sendable(inner) for inner in value]
        case None | bool() | int() | float() | str():
            return value
    raise ValueError("claims are for reading")


def _shown(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _EXCERPT else shown[: _EXCERPT - 1] + "…"


def _takes(*arguments: tuple[str, ...] | None, more: bool = False) -> Callable[[F], F]:
    """The types of a function's arguments, in JMESPath's words; `None`: any. `more`: the last one repeats."""

    def mark(function: F) -> F:
        described: list[dict[str, Any]] = [{"types": list(each or ())} for each in arguments]
        if more:
            described[-1]["variadic"] = True
        function.signature = described  # type: ignore[attr-defined]  # where jmespath looks for it
        return function

    return mark


class _Ours(Functions):  # type: ignore[misc]  # jmespath has no types
    """Each gives null for null, so that `||` and defaults work."""

    def _get_allowed_pytypes(self, types: Any) -> Any:
        allowed, inner = super()._get_allowed_pytypes(types)
        exact = ["Decimal"] if "number" in types else []
        return [*allowed, *exact], [(*each, "Decimal") if "int" in each else each for each in inner]

    @_takes(None, ("string", "null"))
    def _func_money(self, amount: Any, currency: str | None) -> Any:
        if amount is None or currency is None:
            return None
        if isinstance(amount, bool) or not isinstance(amount, str | int | Decimal):
            raise ValueError(f"{_shown(amount)} is no amount")
        return Money.parse(amount, currency)

    @_takes(None, ("string", "null"))
    def _func_minor(self, amount: Any, currency: str | None) -> Any:
        if amount is None or currency is None:
            return None
        number = number_of(amount)
        if not isinstance(number, int):
            raise ValueError(f"{_shown(amount)} is no whole number of minor units")
        return Money.of_minor(number, currency)

    @_takes(None)
    def _func_time(self, value: Any) -> Any:
        return None if value is None else time_of(value)

    @_takes(("string", "null"), ("string",))
    def _func_local_time(self, value: str | None, zone: str) -> Any:
        """A day or a time without offset, by the clocks of a zone (`Europe/Berlin`)."""
        if value is None:
            return None
        at = datetime.fromisoformat(value)
        return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)

    @_takes(("string",), ("string", "number", "null"))
    def _func_vendor(self, vendor: str, external_id: Any) -> Any:
        return Claimed(vendor_key(vendor, text_of(external_id))) if external_id not in (None, "") else None

    @_takes(("string",), ("string", "number", "null"))
    def _func_source(self, kind: str, external_id: Any) -> Any:
        return Own(Kind(kind), text_of(external_id)) if external_id not in (None, "") else None

    @_takes(("string", "null"))
    def _func_lower(self, text: str | None) -> Any:
        return None if text is None else text.lower()

    @_takes(("string", "null"))
    def _func_upper(self, text: str | None) -> Any:
        return None if text is None else text.upper()

    @_takes(("string", "null"))
    def _func_trim(self, text: str | None) -> Any:
        return None if text is None else text.strip()

    @_takes(("string", "number", "null"), more=True)
    def _func_concat(self, *parts: Any) -> Any:
        return "".join(text_of(part) for part in parts if part is not None)

    @_takes(None, None)
    def _func_default(self, value: Any, otherwise: Any) -> Any:
        """Unlike `||`, keeps `false`, `0` and an empty text."""
        return otherwise if value is None else value

    @_takes(("string", "number", "null"))
    def _func_number(self, value: Any) -> Any:
        return None if value is None else number_of(value)

    @_takes(("string", "null"))
    def _func_country(self, code: str | None) -> Any:
        """ISO 3166-1 alpha-2 in upper case; null for what is not of that form."""
        code = (code or "").strip().upper()
        return code if len(code) == 2 and code.isascii() and code.isalpha() else None

    @_takes(("string", "null"), ("string",))
    def _func_split(self, text: str | None, by: str) -> Any:
        return [] if not text else text.split(by or " ")

    @_takes(None)
    def _func_to_string(self, value: Any) -> Any:
        return value if isinstance(value, str) else encode(value).decode()


_OPTIONS = jmespath.Options(custom_functions=_Ours())
_KNOWN: Mapping[str, Any] = _Ours.FUNCTION_TABLE


class Expression:
    """One that was understood when the settings were read."""

    __slots__ = ("_parsed", "_plain", "text")

    def __init__(self, text: str) -> None:
        """Raises `ValueError`: what is wrong with it, in words for `hub.toml`."""
        if len(text) > LONGEST:
            raise ValueError(f"an expression has up to {LONGEST} characters")
        try:
            self._parsed = jmespath.compile(text)
        except ValueError as fault:
            raise ValueError(f"not JMESPath: {' '.join(str(fault).split())[:_EXCERPT]}") from None
        except RecursionError:
            raise ValueError("not JMESPath: nested too deeply") from None
        for node in _nodes(self._parsed.parsed):
            if node.get("type") == "function_expression":
                _known(node["value"], len(node["children"]))
            elif node.get("type") in ("subexpression", "index_expression") and _is_not(node["children"][0]):
                raise ValueError("`!a.b` is read as `(!a).b` (the operator binds tighter): write `!(a.b)`")
        self.text = text
        self._plain = tuple(text.split(".")) if _PLAIN_PATH.fullmatch(text) else ()

    def __call__(self, given: Any) -> Any:
        """Raises `Unfit`."""
        if self._plain:  # most are a mere path: the same outcome without the interpreter
            for name in self._plain:
                given = given.get(name) if isinstance(given, dict) else None
            return given
        try:
            return self._parsed.search(given, _OPTIONS)
        except Exception as fault:  # jmespath lets errors of several kinds through: all say that the two do not fit
            raise Unfit(f"{self.text}: {' '.join(str(fault).split())[:_EXCERPT]}") from fault


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for child in node.get("children", ()):
            yield from _nodes(child)


def _is_not(node: Any) -> bool:
    return isinstance(node, dict) and node.get("type") == "not_expression"


def _known(name: str, given: int) -> None:
    if name not in _KNOWN:
        close = difflib.get_close_matches(name, list(_KNOWN), n=1)
        raise ValueError(f"unknown function {name}(){f', did you mean {close[0]}()?' if close else ''}")
    signature = _KNOWN[name]["signature"]
    wanted, more = len(signature), bool(signature and signature[-1].get("variadic"))
    if given < wanted or (given > wanted and not more):
        raise ValueError(f"{name}() takes {'at least ' if more else ''}{wanted} arguments, not {given}")
