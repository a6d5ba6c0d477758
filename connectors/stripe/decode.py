"""Stripe's amounts, times and references, with the path of a fault."""

from datetime import datetime

import msgspec

from connectors.processors.decode import at, decode
from connectors.stripe.amounts import from_stripe
from connectors.stripe.shapes import Head
from hub.domain.clock import from_unix
from hub.domain.errors import Unreadable
from hub.domain.money import Money


def money(amount: int, currency: str, path: str, field: str = "amount") -> Money:
    """Names the currency or the amount, whichever is at fault."""
    try:
        from_stripe(0, currency)
    except ValueError as fault:
        raise Unreadable(f"{at(path, 'currency')}: {fault}") from fault
    try:
        return from_stripe(amount, currency)
    except ValueError as fault:
        raise Unreadable(f"{at(path, field)}: {fault}") from fault


def moment(seconds: int, path: str, field: str = "created") -> datetime:
    try:
        return from_unix(seconds)
    except (ValueError, OverflowError, OSError) as fault:
        raise Unreadable(f"{at(path, field)}: {seconds} is not a time") from fault


_head = msgspec.json.Decoder(Head).decode
_text = msgspec.json.Decoder(str).decode


def is_object(raw: msgspec.Raw) -> bool:
    return bytes(raw)[:1] == b"{"


def id_of(raw: msgspec.Raw, path: str) -> str:
    """Of a reference, expanded or not; "" where there is none."""
    if bytes(raw) in (b"", b"null"):
        return ""
    if is_object(raw):
        return decode(_head, raw, path).id or ""
    return decode(_text, raw, path)
