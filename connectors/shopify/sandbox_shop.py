"""The sandbox's shop: orders with their money and goods, as Shopify keeps them. Amounts are whole minor units.

Two of the vendor's rules shape it. Units that were refunded or edited out stay in a line's `quantity` and in
`total_price` ("before returns"); a refund without a transaction says that they are gone. And nothing of an object is
changed without its update time moving on, by a second at least.
"""

import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.domain.clock import Clock


@dataclass(slots=True, eq=False)
class Customer:
    id: int
    created_at: datetime
    updated_at: datetime
    first_name: str = ""
    last_name: str = ""
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    address: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Line:
    id: int
    title: str
    sku: str
    quantity: int
    price: int
    requires_shipping: bool
    discount: int = 0
    tax: int = 0
    returned: int = 0
    fulfilled: int = 0

    @property
    def left(self) -> int:
        """Still to be sent."""
        return max(self.quantity - self.returned - self.fulfilled, 0)

    def share(self, amount: int, units: int) -> int:
        """Of `amount`, which is the whole line's, the part of the next `units` to be returned; all parts add up."""
        return amount * (self.returned + units) // self.quantity - amount * self.returned // self.quantity


@dataclass(slots=True, eq=False)
class Transaction:
    id: int
    kind: str
    gateway: str
    amount: int
    status: str
    at: datetime
    parent: int | None = None
    payment_id: str | None = None
    receipt: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class RefundLine:
    id: int
    line: Line
    quantity: int
    subtotal: int
    tax: int


@dataclass(slots=True, eq=False)
class Refund:
    id: int
    at: datetime
    note: str
    lines: list[RefundLine]
    transactions: list[Transaction]
    restock: bool


@dataclass(slots=True, eq=False)
class Fulfilment:
    id: int
    number: int
    created_at: datetime
    updated_at: datetime
    lines: list[tuple[Line, int]]
    company: str | None
    tracking: str | None
    url: str | None
    shipment_status: str | None = None


@dataclass(slots=True, eq=False)
class Order:
    id: int
    number: int
    currency: str
    created_at: datetime
    updated_at: datetime
    lines: list[Line]
    shipping: int = 0
    shipping_discount: int = 0
    tip: int = 0
    taxes_included: bool = False
    email: str | None = None
    phone: str | None = None
    customer: Customer | None = None
    address: dict[str, str] = field(default_factory=dict)
    note: str | None = None
    note_attributes: list[dict[str, str]] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    test: bool = False
    cancelled_at: datetime | None = None
    cancel_reason: str | None = None
    transactions: list[Transaction] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)

    @property
    def discounts(self) -> int:
        return sum(line.discount for line in self.lines) + self.shipping_discount

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def lines_price(self) -> int:
        return sum(line.quantity * line.price for line in self.lines)

    @property
    def subtotal(self) -> int:
        return self.lines_price - sum(line.discount for line in self.lines)

    @property
    def total(self) -> int:
        """Before returns."""
        tax = 0 if self.taxes_included else self.tax
        return self.subtotal + self.shipping - self.shipping_discount + tax + self.tip

    def returned(self, part: str) -> int:
        """`subtotal` or `tax` of all units that went back."""
        return sum(getattr(line, part) for refund in self.refunds for line in refund.lines)

    @property
    def current_total(self) -> int:
        """After returns."""
        return self.total - self.returned("subtotal") - (0 if self.taxes_included else self.returned("tax"))

    def moved(self, *kinds: str) -> int:
        return sum(each.amount for each in self.transactions if each.kind in kinds and each.status == "success")

    @property
    def paid(self) -> int:
        return self.moved("sale", "capture")

    @property
    def refunded(self) -> int:
        return self.moved("refund")

    @property
    def outstanding(self) -> int:
        return max(self.current_total - (self.paid - self.refunded), 0)

    @property
    def financial_status(self) -> str:
        if self.refunded:
            return "refunded" if self.refunded >= self.paid else "partially_refunded"
        if self.paid:
            return "partially_paid" if self.outstanding else "paid"
        if self.moved("void") or self.cancelled_at:
            return "voided"
        if self.total <= 0:
            return "paid"
        return "authorized" if self.moved("authorization") else "pending"

    @property
    def fulfilment_status(self) -> str | None:
        sent = sum(line.fulfilled for line in self.lines)
        if not sent:
            return None
        return "partial" if any(line.left for line in self.lines if line.requires_shipping) else "fulfilled"


@dataclass(slots=True, eq=False)
class Shop:
    domain: str
    currency: str
    now: Clock
    orders: dict[int, Order] = field(default_factory=dict)
    customers: dict[int, Customer] = field(default_factory=dict)
    _ids: int = 0

    def new_id(self) -> int:
        """Ids of Shopify are its own in all shops, so each shop counts in a range of its own."""
        self._ids += 1
        return (1000 + zlib.crc32(self.domain.encode()) % 8000) * 10**9 + self._ids

    def today(self) -> datetime:
        return self.now().astimezone(UTC).replace(microsecond=0)

    def later(self, last: datetime) -> datetime:
        return max(self.today(), last + timedelta(seconds=1))

    def order(self, order_id: int | str) -> Order:
        try:
            return self.orders[int(order_id)]
        except (KeyError, ValueError):
            raise ValueError(f"no order {order_id}") from None


def split(amount: int, weights: list[int]) -> list[int]:
    """In parts as the weights are, that add up; what is left over goes to the first ones."""
    whole = sum(weights)
    if whole == 0:
        return [amount, *[0] * (len(weights) - 1)] if weights else []
    parts = [amount * weight // whole for weight in weights]
    for index in range(amount - sum(parts)):
        parts[index % len(parts)] += 1
    return parts
