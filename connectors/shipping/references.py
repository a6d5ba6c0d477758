"""What an order's shipments are called over there: `ord_…`, then `ord_…-2`, `ord_…-3`."""

import re

from hub.domain.records import Record

_OURS = re.compile(r"(ord_[0-9a-z]{26})(?:-[0-9]{1,3})?", re.ASCII)


def reference(order: str, number: int) -> str:
    """Of the order's shipment of that number, from 1 on."""
    return order if number == 1 else f"{order}-{number}"


def order_in(reference: str | None) -> str:
    """Our order's id in a shipment's reference, or ""."""
    found = _OURS.fullmatch(reference or "")
    return found[1] if found else ""


def is_ours(label: Record) -> bool:
    """Bought by the hub: what people made has no reference of ours."""
    return any(claim.startswith("ord_") for claim in label.claims)
