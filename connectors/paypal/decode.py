"""PayPal's amounts and times, with the path of a fault: `resource.amount.value`."""

from datetime import datetime

from connectors.paypal.shapes import Amount
from connectors.processors.decode import at
from hub.domain.clock import parse_time
from hub.domain.errors import Unreadable
from hub.domain.money import Money

# developer.paypal.com/api/rest/reference/currency-codes: "This currency does not support decimals."
_WHOLE = ("HUF", "JPY", "TWD")


def money(amount: Amount, path: str, field: str = "amount") -> Money:
    """Without its sign: v1 writes what was given back as a negative total."""
    currency = amount.currency_code or amount.currency
    value = amount.value if amount.value is not None else amount.total
    if currency is None or value is None:
        raise Unreadable(f"{at(path, field)}: neither currency_code and value nor currency and total")
    try:
        found = Money.parse(value, currency)
    except ValueError as fault:
        raise Unreadable(f"{at(path, field)}: {fault}") from fault
    return -found if found.minor < 0 else found


def to_paypal(amount: Money) -> str:
    """The decimal string that PayPal takes, or `ValueError` for an amount that it cannot express."""
    if amount.currency in _WHOLE:
        whole, dot, rest = amount.major.partition(".")
        if dot and rest.strip("0"):
            raise ValueError(f"PayPal takes no decimals in {amount.currency}: {amount}")
        return whole
    return amount.major


def moment(text: str, path: str, field: str) -> datetime:
    try:
        return parse_time(text)
    except (ValueError, OverflowError) as fault:
        raise Unreadable(f"{at(path, field)}: {fault}") from fault
