"""Stripe's integers are not always ISO 4217 minor units.

Sources: docs.stripe.com/currencies, "Zero-decimal currencies" and "Special cases". Ariary (MGA) has two decimals in
ISO 4217 and none at Stripe; króna (ISK) and Ugandan shilling (UGX) have none in ISO 4217 and are passed with two.
"""

from hub.domain.money import Money, decimals

_ZERO = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())  # noqa: SIM905
_TWO_FOR_COMPATIBILITY = frozenset(("ISK", "UGX"))
_THREE = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))


def _exponent(currency: str) -> int:
    if currency in _ZERO:
        return 0
    if currency in _THREE:
        return 3
    if currency in _TWO_FOR_COMPATIBILITY or decimals(currency) == 2:
        return 2
    raise ValueError(f"how Stripe counts {currency} is not known")


def from_stripe(amount: int, currency: str) -> Money:
    """Exact, or `ValueError`: an unknown currency, or a part of a minor unit."""
    currency = currency.upper()
    shift = decimals(currency) - _exponent(currency)
    if shift >= 0:
        return Money.of_minor(amount * 10**shift, currency)
    minor, rest = divmod(amount, 10**-shift)
    if rest:
        raise ValueError(f"{amount} is not a whole number of minor units of {currency}")
    return Money.of_minor(minor, currency)


def to_stripe(money: Money) -> int:
    """Exact, or `ValueError`. Three-decimal amounts must end in 0: card networks do not take the last digit."""
    shift = _exponent(money.currency) - decimals(money.currency)
    if shift >= 0:
        amount = money.minor * int(10**shift)
    else:
        amount, rest = divmod(money.minor, 10**-shift)
        if rest:
            raise ValueError(f"Stripe cannot express {money}")
    if money.currency in _THREE and amount % 10:
        raise ValueError(f"Stripe takes {money.currency} in steps of 0.010, not {money}")
    return amount
