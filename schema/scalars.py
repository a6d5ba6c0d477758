"""Scalars: exact on the way in, one form on the way out."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NewType

import msgspec
import orjson
import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from hub.domain.clock import parse_time, rfc3339
from hub.domain.money import NO_CURRENCY, decimals

Json = NewType("Json", bytes)  # JSON as it was told, byte for byte
Url = NewType("Url", str)
Day = NewType("Day", str)
CountryCode = NewType("CountryCode", str)
CurrencyCode = NewType("CurrencyCode", str)

_DECIMAL = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)


def _text(value: object, expected: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{expected} is expected")
    return value


def _parse_time(value: object) -> datetime:
    try:
        return parse_time(_text(value, "a time as text"))
    except (ValueError, OverflowError):
        raise ValueError("an RFC 3339 time with an offset is expected, such as 2026-11-22T17:45:11Z") from None


def _print_time(value: object) -> str:
    """A naive time is a fault of ours: nobody could say which moment it means."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError("a time without its zone")
    return rfc3339(value)


def _parse_decimal(value: object) -> Decimal:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**20:
        return Decimal(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    raise ValueError('a decimal number as text is expected, such as "19.90": floats are not exact')


def _print_decimal(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return _text(value, "a decimal")


def _parse_day(value: object) -> Day:
    try:
        return Day(date.fromisoformat(_text(value, "a day as text")).isoformat())
    except ValueError:
        raise ValueError("a day is expected, such as 2026-11-22") from None


def _parse_currency(value: object) -> CurrencyCode:
    code = _text(value, "a currency code")
    if code == NO_CURRENCY:
        raise ValueError(f"{code} is no currency")
    decimals(code)
    return CurrencyCode(code)


def _parse_country(value: object) -> CountryCode:
    if not isinstance(value, str) or not _COUNTRY.fullmatch(value):
        raise ValueError("an ISO 3166-1 alpha-2 code is expected, such as DE")
    return CountryCode(value)


def _parse_url(value: object) -> Url:
    text = _text(value, "a URL")
    if not text.startswith(("https://", "http://")):
        raise ValueError("an absolute http or https URL is expected")
    return Url(text)


def _print_json(value: object) -> object:
    """Checked, then passed on as it is: parsing would lose digits of large numbers, and order."""
    if isinstance(value, bytes):
        msgspec.json.decode(value)
        return orjson.Fragment(value)
    return value


def _no_json_in(_value: object) -> Any:
    raise ValueError("JSON is for output only")


def _for_clients(parse: Callable[[object], Any]) -> Callable[[object], Any]:
    """A `GraphQLError` is shown to the client; any other exception would be masked as a fault of ours."""

    def parse_value(value: object) -> Any:
        try:
            return parse(value)
        except ValueError as fault:
            raise GraphQLError(str(fault)) from None

    return parse_value


SCALARS: dict[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="RFC 3339, always UTC with `Z` and milliseconds on output; an offset is required on input.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
        serialize=_print_time,
        parse_value=_for_clients(_parse_time),
    ),
    Decimal: strawberry.scalar(
        name="Decimal",
        description="A decimal number as text. Floats, NaN and exponents are refused on input.",
        serialize=_print_decimal,
        parse_value=_for_clients(_parse_decimal),
    ),
    Day: strawberry.scalar(
        name="Date",
        description="A day, YYYY-MM-DD.",
        serialize=str,
        parse_value=_for_clients(_parse_day),
    ),
    CurrencyCode: strawberry.scalar(
        name="CurrencyCode",
        description="ISO 4217, three capital letters.",
        specified_by_url="https://www.iso.org/iso-4217-currency-codes.html",
        serialize=str,
        parse_value=_for_clients(_parse_currency),
    ),
    CountryCode: strawberry.scalar(
        name="CountryCode",
        description="ISO 3166-1 alpha-2, two capital letters.",
        specified_by_url="https://www.iso.org/iso-3166-country-codes.html",
        serialize=str,
        parse_value=_for_clients(_parse_country),
    ),
    Url: strawberry.scalar(
        name="URL",
        description="An http or https address.",
        serialize=str,
        parse_value=_for_clients(_parse_url),
    ),
    Json: strawberry.scalar(
        name="JSON",
        description="Any JSON value, exactly as it was told.",
        specified_by_url="https://www.rfc-editor.org/rfc/rfc8259",
        serialize=_print_json,
        parse_value=_for_clients(_no_json_in),
    ),
}
