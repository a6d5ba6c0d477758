"""Bodies of WooCommerce's REST API (wc/v3), as far as they are read, and what its PHP makes of them.

Plug-ins break the published schema in real stores: numbers where strings belong, `null` for empty, fractions of a
piece, and lists that come as objects, because PHP encodes an array with gaps so. What is not read may be anything.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)


class Meta(msgspec.Struct):
    key: Any = None
    value: Any = None


class Address(msgspec.Struct):
    first_name: Any = None
    last_name: Any = None
    company: Any = None
    address_1: Any = None
    address_2: Any = None
    city: Any = None
    state: Any = None
    postcode: Any = None
    country: Any = None
    email: Any = None
    phone: Any = None


class LineItem(msgspec.Struct):
    id: int
    name: Any = None
    sku: Any = None
    quantity: Any = 0
    subtotal: Any = None  # before coupons, without tax
    total: Any = None  # after coupons, without tax
    total_tax: Any = None
    meta_data: Any = None


class FeeLine(msgspec.Struct):
    total: Any = None


class GiftCard(msgspec.Struct):
    amount: Any = None


class Refund(msgspec.Struct):
    """As an order lists it (`id`, `reason`, a negative `total`), or whole, as `/orders/{id}/refunds` tells it."""

    id: int
    reason: Any = None
    total: Any = None
    amount: Any = None
    date_created_gmt: Any = None
    line_items: Any = None
    meta_data: Any = None

    @property
    def whole(self) -> bool:
        return self.amount is not None


class Order(msgspec.Struct):
    id: int
    status: str
    currency: str
    total: Any
    line_items: Any
    number: Any = None
    created_via: Any = None
    date_created_gmt: Any = None
    date_modified_gmt: Any = None
    date_paid_gmt: Any = None
    date_completed_gmt: Any = None
    shipping_total: Any = None
    total_tax: Any = None
    needs_processing: Any = None
    customer_id: Any = None
    customer_note: Any = None
    billing: Any = None
    shipping: Any = None
    payment_method: Any = None
    transaction_id: Any = None
    fee_lines: Any = None
    gift_cards: Any = None  # of the plug-in Gift Cards
    refunds: Any = None
    meta_data: Any = None


class Customer(msgspec.Struct):
    id: int
    email: Any
    billing: Any
    date_created_gmt: Any = None
    date_modified_gmt: Any = None
    first_name: Any = None
    last_name: Any = None
    shipping: Any = None
    line_items: Any = None  # an order has some, a customer none


class Gone(msgspec.Struct):
    """All that the webhook of a deletion says."""

    id: int


def decode(body: bytes, shape: type[S]) -> S:
    """Raises `ValueError` with the path of the fault."""
    return msgspec.json.decode(body, type=shape, strict=False)


def items(said: Any, shape: type[S], path: str) -> list[S]:
    """A list of things; PHP's object instead of it is one, too, and anything else is empty."""
    found: Sequence[Any] = list(said.values()) if isinstance(said, dict) else said if isinstance(said, list) else ()
    taken = []
    for place, each in enumerate(found):
        try:
            taken.append(msgspec.convert(each, shape, strict=False))
        except msgspec.ValidationError as fault:
            raise ValueError(f"{fault} - in `$.{path}[{place}]`") from fault
    return taken


def one(said: Any, shape: type[S]) -> S:
    """A thing that PHP writes as an empty list when it is empty."""
    return msgspec.convert(said if isinstance(said, dict) else {}, shape, strict=False)


def text(said: Any) -> str:
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return ""
    return str(said).strip()


def amount(said: Any, path: str) -> Decimal:
    """An amount in major units. Nothing is none: `null`, "" and a missing field. Raises `ValueError`."""
    if said is None or said == "":
        return Decimal(0)
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        raise ValueError(f"an amount is expected - at `$.{path}`")
    try:
        found = Decimal(str(said))
    except ArithmeticError:
        raise ValueError(f"an amount is expected - at `$.{path}`") from None
    if not found.is_finite() or abs(found) >= 10**18 or int(found.as_tuple().exponent) < -30:
        raise ValueError(f"an amount is expected - at `$.{path}`")
    return found


def moment(said: Any, path: str) -> datetime | None:
    """A time of a field whose name ends in `_gmt`: UTC, though it does not say so. `None` where there is none."""
    told = text(said)
    if not told or told.startswith("0000"):  # MySQL's own way to say nothing
        return None
    try:
        at = datetime.fromisoformat(told)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"a time is expected - at `$.{path}`") from None


def metas(said: Any) -> dict[str, Any]:
    """Custom fields by name; of several with one name the last counts."""
    return {text(each.key): each.value for each in items(said, Meta, "meta_data")}
