"""Our ids in what we create.

Xero's documents have no field for another system's id that buyers do not see, but for `Url` on invoices. `Reference` is
kept by invoices, credit notes and payments, can be searched, and is printed: it carries the order's id first, then what
a reader knows the order by. `ContactNumber` is made for this: only the API can change it (Xero-OpenAPI, Contact).
"""

import re

_ORDER = re.compile(r"(?<![0-9A-Za-z_])ord_[0-9a-z]{1,40}(?![0-9A-Za-z_])")
_CUSTOMER = re.compile(r"cus_[0-9a-z]{1,40}")
# What may stand in a filter's literal without any escape: Xero publishes none.
_UNFIT = re.compile(r"[^0-9A-Za-z#./_-]+")


def invoice_reference(order: str, number: str) -> str:
    """`ord_… #1001`"""
    return f"{order} {_UNFIT.sub('', number)[:60]}".strip()


def credit_reference(order: str, refund: str) -> str:
    """`ord_… ord_…`: the order, then the golden refund."""
    return f"{order} {refund}"


def order_of(*texts: str | None) -> tuple[str, ...]:
    """The order that the first text with an id names: an invoice's `Reference`, else its `Url`."""
    for text in texts:
        if found := _ORDER.search(text or ""):
            return (found[0],)
    return ()


def refund_of(reference: str | None) -> str:
    found = _ORDER.findall(reference or "")
    return found[1] if len(found) > 1 else ""


def customer_of(number: str | None) -> tuple[str, ...]:
    return (number,) if number and _CUSTOMER.fullmatch(number) else ()
