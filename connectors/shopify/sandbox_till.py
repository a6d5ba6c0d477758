"""What all acts in the sandbox's shop are made of: lines, customers, transactions, units that go back."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.shopify import sandbox_rest as rest
from connectors.shopify.sandbox_shop import Customer, Line, Order, RefundLine, Shop, Transaction, split
from hub.domain.money import Money

HOME = {
    "first_name": "Ada",
    "last_name": "Example",
    "address1": "1 Example Street",
    "city": "Berlin",
    "zip": "10115",
    "province": "Berlin",
    "province_code": "BE",
    "country_code": "DE",
}


class Till:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def touch(self, order: Order) -> datetime:
        order.updated_at = self._shop.later(order.updated_at)
        return order.updated_at

    def line(self, said: dict[str, Any], currency: str) -> Line:
        return Line(
            id=self._shop.new_id(),
            title=said.get("title", said.get("sku", "Thing")),
            sku=said.get("sku", ""),
            quantity=int(said.get("quantity", 1)),
            price=minor_of(said["price"], currency),
            requires_shipping=bool(said.get("requires_shipping", True)),
            tax=minor_of(said.get("tax", 0), currency),
        )

    def customer(
        self, said: dict[str, Any], email: str | None, phone: str | None, at: datetime
    ) -> tuple[Customer, bool]:
        """An e-mail that the shop knows is the same customer."""
        email, phone = said.get("email", email), said.get("phone", phone)
        for known in self._shop.customers.values():
            if email and known.email == email:
                return known, False
        first, last = said.get("first_name", "Ada"), said.get("last_name", "Example")
        home = HOME | {"first_name": first, "last_name": last} | said.get("address", {})
        made = Customer(self._shop.new_id(), at, at, first, last, email, phone, said.get("note"), home)
        self._shop.customers[made.id] = made
        return made, True

    def transaction(
        self,
        order: Order,
        at: datetime,
        *,
        kind: str = "sale",
        gateway: str = "shopify_payments",
        amount: str | int | None = None,
        payment_id: str | None = None,
        status: str = "success",
        parent: int | str | None = None,
    ) -> Transaction:
        holds = [each for each in order.transactions if each.kind == "authorization" and each.status == "success"]
        source = int(parent) if parent else holds[-1].id if kind in ("capture", "void") and holds else None
        hold = next((each for each in order.transactions if each.id == source), None)
        minor = order.outstanding if amount is None else minor_of(amount, order.currency)
        made = Transaction(
            id=self._shop.new_id(),
            kind=kind,
            gateway=hold.gateway if hold else gateway,
            amount=minor,
            status=status,
            at=at,
            parent=source,
            payment_id=payment_id or (hold.payment_id if hold else None),
            receipt={"payment_intent": payment_id} if payment_id and payment_id.startswith("pi_") else {},
        )
        order.transactions.append(made)
        return made

    def give_back(self, order: Order, said: list[dict[str, Any]]) -> list[RefundLine]:
        back = []
        for each in said:
            line, units = line_of(order, each["line"]), int(each["quantity"])
            if not 0 < units <= line.quantity - line.returned:
                raise ValueError(f"line {line.id} has not so many units")
            subtotal = line.share(line.price * line.quantity - line.discount, units)
            back.append(RefundLine(self._shop.new_id(), line, units, subtotal, line.share(line.tax, units)))
            line.returned += units
        return back

    def edited(self, order: Order, at: datetime, added: list[Line], gone: list[RefundLine]) -> dict[str, Any]:
        none: dict[str, list[Any]] = {"additions": [], "removals": []}
        edit = {
            "id": self._shop.new_id(),
            "app_id": None,
            "created_at": rest.time(at),
            "committed_at": rest.time(at),
            "notify_customer": False,
            "order_id": order.id,
            "staff_note": "",
            "user_id": None,
            "discounts": {"line_item": none},
            "line_items": {
                "additions": [{"id": each.id, "delta": each.quantity} for each in added],
                "removals": [{"id": each.line.id, "delta": each.quantity} for each in gone],
            },
            "shipping_lines": none,
        }
        return {"order_edit": edit}


def minor_of(amount: str | int | float, currency: str) -> int:
    return Money.parse(Decimal(str(amount)), currency).minor


def spread(lines: list[Line], part: str, amount: int) -> None:
    if amount:
        for line, share in zip(lines, split(amount, [each.price * each.quantity for each in lines]), strict=True):
            setattr(line, part, getattr(line, part) + share)


def line_of(order: Order, name: int | str) -> Line:
    for line in order.lines:
        if str(line.id) == str(name) or (line.sku and line.sku == name):
            return line
    raise ValueError(f"the order has no line {name}")
