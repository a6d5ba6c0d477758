"""What the sandbox's store holds, and the sums of an order. Amounts are whole minor units inside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from hub.domain.clock import Clock
from hub.domain.money import Money

HOME = {
    "first_name": "Ada",
    "last_name": "Example",
    "company": "",
    "address_1": "417 Montgomery Street",
    "address_2": "",
    "city": "San Francisco",
    "state": "CA",
    "postcode": "94104",
    "country": "US",
}


@dataclass(slots=True)
class Line:
    id: int
    title: str
    sku: str
    quantity: int
    subtotal: int  # before coupons, without tax
    discount: int = 0
    tax: int = 0

    @property
    def total(self) -> int:
        return self.subtotal - self.discount


@dataclass(slots=True)
class Refund:
    id: int
    order: int
    at: datetime
    amount: int
    reason: str
    lines: list[tuple[Line, int]]
    fields: dict[str, tuple[int, Any]] = field(default_factory=dict)
    by_gateway: bool = False


@dataclass(slots=True)
class Customer:
    id: int
    created_at: datetime
    modified_at: datetime
    email: str
    billing: dict[str, str]


@dataclass(slots=True)
class Webhook:
    id: int
    name: str
    topic: str
    delivery_url: str
    secret: str  # "": the sandbox's own
    at: datetime
    status: str = "active"
    failures: int = 0


@dataclass(slots=True)
class Order:
    id: int
    created_at: datetime
    modified_at: datetime
    status: str
    currency: str
    lines: list[Line]
    shipping: int
    fee: int
    billing: dict[str, str]
    delivery: dict[str, str]
    customer: int
    payment_method: str
    transaction_id: str
    coupon: str = ""
    prices_include_tax: bool = False
    needs_processing: bool = True
    note: str = ""
    paid_at: datetime | None = None
    completed_at: datetime | None = None
    fields: dict[str, tuple[int, Any]] = field(default_factory=dict)  # name: (its id, value)
    refunds: list[Refund] = field(default_factory=list)
    before_trash: str = ""
    history: list[str] = field(default_factory=list)  # each status that it has had

    @property
    def tax(self) -> int:
        return sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines) + self.tax + self.shipping + self.fee

    @property
    def refundable(self) -> int:
        return self.total - sum(each.amount for each in self.refunds)


class Invalid(Exception):
    """What the API answers with an error: (status, code, message)."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass(eq=False)
class Store:
    now: Clock
    orders_table: bool = True  # False: orders are kept as posts, whose custom fields do not date them
    orders: dict[int, Order] = field(default_factory=dict)
    customers: dict[int, Customer] = field(default_factory=dict)
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    _last_id: int = 100

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def second(self) -> datetime:
        return self.now().astimezone(UTC).replace(microsecond=0)

    def later(self, than: datetime) -> datetime:
        """Times have whole seconds. Two acts within one are dated apart, so that no play depends on its pace."""
        return max(self.second(), than + timedelta(seconds=1))

    def order(self, id: int | str, *, status: int = 404) -> Order:
        found = self.orders.get(int(id))
        if found is None:
            raise Invalid(status, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.")
        return found

    def set_status(self, order: Order, status: str) -> None:
        """Paid statuses date the payment, completion dates itself: `WC_Order::set_status`."""
        if order.status == status:
            return
        order.modified_at = self.later(order.modified_at)
        order.status = status
        order.history.append(status)
        if status in ("processing", "completed") and order.paid_at is None:
            order.paid_at = order.modified_at
        if status == "completed":
            order.completed_at = order.modified_at

    def set_fields(self, holder: Order | Refund, said: Mapping[str, Any]) -> bool:
        """True when anything changed. `None` takes a field away."""
        before = dict(holder.fields)
        for name, value in said.items():
            if value is None:
                holder.fields.pop(name, None)
            else:
                known = holder.fields.get(name)
                holder.fields[name] = (known[0] if known else self.new_id(), value)
        return holder.fields != before

    def give_back(
        self, order: Order, amount: int, reason: str, lines: list[tuple[Line, int]], *, by_gateway: bool
    ) -> Refund:
        """A refund leaves its order's time as it is, unless nothing remains: then the order's status changes."""
        if not 0 < amount <= order.refundable:
            raise Invalid(500, "woocommerce_rest_cannot_create_order_refund", "Invalid refund amount.")
        newest = max((each.at for each in order.refunds), default=order.created_at)
        refund = Refund(self.new_id(), order.id, self.later(newest), amount, reason, lines, by_gateway=by_gateway)
        order.refunds.append(refund)
        if not order.refundable:
            self.set_status(order, "refunded")
        return refund


def minor_of(amount: str | int | float | Decimal, currency: str) -> int:
    return Money.parse(Decimal(str(amount)), currency).minor


def spread(amount: int, lines: list[Line], part: str) -> None:
    """Over lines by their subtotals, the odd units to the last one."""
    whole, left = sum(line.subtotal for line in lines), amount
    for place, line in enumerate(lines):
        share = left if place == len(lines) - 1 else amount * line.subtotal // (whole or 1)
        setattr(line, part, share)
        left -= share
