"""Exact money: whole minor units and an ISO 4217 currency."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from hub.domain.currencies import DECIMALS

# A signed 64-bit column holds it, and no order is near it: a larger amount is a fault in the input.
_MOST = 2**62
NO_CURRENCY = "XXX"  # ISO 4217's own code for "no currency is involved": a parcel that no sale claims yet
# What vendors write: no exponent, no underscore, no blank, no digits of other scripts.
_PLAIN = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,20})?", re.ASCII)


def decimals(currency: str) -> int:
    """How many decimals a currency has. Raises `ValueError` for a code that ISO 4217 does not price in."""
    if currency == NO_CURRENCY:
        return 0
    try:
        return DECIMALS[currency]
    except KeyError:
        raise ValueError(f"{currency!r} is not an ISO 4217 currency") from None


@dataclass(frozen=True, slots=True)
class Money:
    """`Money(1990, "EUR")` is exactly 19.90 EUR. May be negative."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, major: str | int | Decimal, currency: str) -> Self:
        """From a decimal such as `"19.90"`. Refuses rather than rounds; raises `ValueError`."""
        currency = currency.upper()
        places = decimals(currency)
        if isinstance(major, str) and not _PLAIN.fullmatch(major):
            raise ValueError(f"{major!r} is not a decimal number")
        try:
            minor = Decimal(major).scaleb(places)
        except ArithmeticError:
            raise ValueError(f"{major!r} is not a decimal number") from None
        if not minor.is_finite() or abs(minor) > _MOST or minor != int(minor):
            raise ValueError(f"{major!r} is not a whole number of minor units of {currency}")
        return cls(int(minor), currency)

    @classmethod
    def of_minor(cls, minor: int, currency: str) -> Self:
        """From a vendor's integer in ISO 4217 minor units; the code may be in lower case."""
        currency = currency.upper()
        decimals(currency)
        if abs(minor) > _MOST:
            raise ValueError(f"{minor} minor units are more than any order has")
        return cls(minor, currency)

    @classmethod
    def zero(cls, currency: str) -> Self:
        return cls(0, currency)

    @property
    def major(self) -> str:
        """A decimal with exactly the currency's digits: `"19.90"`, `"500"` for JPY."""
        return f"{Decimal(self.minor).scaleb(-decimals(self.currency)):f}"

    def __add__(self, other: Self) -> Self:
        return type(self)(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Self:
        return type(self)(-self.minor, self.currency)

    def __lt__(self, other: Self) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Self) -> bool:
        return self.minor <= self._same(other)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{self.major} {self.currency}"

    def _same(self, other: Self) -> int:
        if other.currency != self.currency:
            raise ValueError(f"{other} and {self} are different currencies")
        return other.minor
