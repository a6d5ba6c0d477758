"""An order that was taken by phone, by mail, or by a program without a store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import strawberry

from hub.domain.errors import HubError
from hub.domain.money import Money
from hub.domain.records import Address, Kind, Line, OrderRecord
from schema.context import Info
from schema.money import MoneyInput
from schema.mutations.authoring import author, new_source, refused, text
from schema.order import Order
from schema.scalars import CountryCode, CurrencyCode
from schema.user_errors import Declined, UserError, invalid

MOST_LINES = 500
MOST_PIECES = 1_000_000
MOST_TAGS = 50


@strawberry.input
class AddressInput:
    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: CountryCode | None = None
    phone: str = ""


@strawberry.input
class OrderLineInput:
    title: str
    sku: str = ""
    quantity: int
    unit_price: MoneyInput
    discount: MoneyInput | None = None
    tax: MoneyInput | None = None
    is_fulfillable: bool = True


@strawberry.input(description="The total is computed: lines − discount + tax (unless prices hold it) + shipping.")
class OrderCreateInput:
    idempotency_key: str = strawberry.field(description="The same key with the same input gives the first order again.")
    number: str | None = None
    currency_code: CurrencyCode
    lines: list[OrderLineInput]
    discount: MoneyInput | None = None
    tax: MoneyInput | None = None
    shipping: MoneyInput | None = None
    is_tax_included: bool = False
    placed_at: datetime | None = strawberry.field(default=None, description="Now, if not given.")
    email: str = ""
    phone: str = ""
    name: str = ""
    shipping_address: AddressInput | None = None
    billing_address: AddressInput | None = None
    tags: list[str] = strawberry.field(default_factory=list)
    note: str = ""
    is_test: bool = False


@strawberry.type
class OrderCreatePayload:
    order: Order | None
    user_errors: list[UserError]


async def order_create(info: Info, input: OrderCreateInput) -> Any:
    now = info.context.now()
    reading = _Reading(input.currency_code, [])
    record = _record(reading, input, now)
    if reading.faults:
        return refused(*reading.faults)
    try:
        return await author(info, "orderCreate", input, record)
    except HubError as error:
        return refused(error)


@dataclass(frozen=True, slots=True)
class _Reading:
    """Collects all faults at once: whoever fills in a form wants to see them together."""

    currency: str
    faults: list[Declined]

    def money(self, given: MoneyInput | None, *path: str) -> Money:
        if given is None:
            return Money.zero(self.currency)
        try:
            money = given.exact()
        except ValueError as fault:
            self.faults.append(invalid(str(fault), *path, "amount"))
            return Money.zero(self.currency)
        if money.currency != self.currency:
            self.faults.append(invalid(f"the order is in {self.currency}", *path, "currencyCode"))
            return Money.zero(self.currency)
        if money.minor < 0:
            self.faults.append(invalid("an amount below zero", *path, "amount"))
        return money

    def sum(self, minor: int, *path: str) -> Money:
        try:
            return Money.of_minor(minor, self.currency)
        except ValueError as fault:
            self.faults.append(invalid(str(fault), *path))
            return Money.zero(self.currency)

    def text(self, value: str | None, *path: str) -> str:
        try:
            return text(value, *path)
        except Declined as fault:
            self.faults.append(fault)
            return ""

    def line(self, number: int, given: OrderLineInput) -> Line:
        path = ("lines", str(number))
        if not 1 <= given.quantity <= MOST_PIECES:
            self.faults.append(invalid(f"1 to {MOST_PIECES} pieces", *path, "quantity"))
        price = self.money(given.unit_price, *path, "unitPrice")
        discount = self.money(given.discount, *path, "discount")
        total = self.sum(price.minor * given.quantity - discount.minor, *path)
        if total.minor < 0:
            self.faults.append(invalid("the discount is larger than the line", *path, "discount"))
        title = self.text(given.title, *path, "title")
        if not title:
            self.faults.append(invalid("a line needs a title", *path, "title"))
        return Line(
            id=str(number + 1),
            title=title,
            sku=self.text(given.sku, *path, "sku"),
            quantity=given.quantity,
            unit_price=price,
            discount=discount,
            tax=self.money(given.tax, *path, "tax"),
            total=total,
            fulfillable=given.is_fulfillable,
        )

    def address(self, given: AddressInput | None, name: str) -> Address | None:
        if given is None:
            return None
        told = {key: self.text(value, name, key) for key, value in vars(given).items()}
        return Address(**told)


def _record(reading: _Reading, input: OrderCreateInput, now: datetime) -> OrderRecord:
    if not 1 <= len(input.lines) <= MOST_LINES:
        reading.faults.append(invalid(f"an order has 1 to {MOST_LINES} lines", "lines"))
    if len(input.tags) > MOST_TAGS:
        reading.faults.append(invalid(f"at most {MOST_TAGS} tags", "tags"))
    if input.placed_at is not None and input.placed_at > now:
        reading.faults.append(invalid("this is in the future", "placedAt"))
    lines = tuple(reading.line(number, line) for number, line in enumerate(input.lines[:MOST_LINES]))
    source = new_source(Kind.ORDER)
    subtotal = reading.sum(sum(line.total.minor for line in lines), "lines")
    discount = reading.money(input.discount, "discount")
    tax = reading.money(input.tax, "tax")
    if input.tax is None:
        tax = reading.sum(sum(line.tax.minor for line in lines), "lines")
    shipping = reading.money(input.shipping, "shipping")
    added = 0 if input.is_tax_included else tax.minor
    total = reading.sum(subtotal.minor - discount.minor + added + shipping.minor, "lines")
    if total.minor < 0:
        reading.faults.append(invalid("the discount is larger than the order", "discount"))
    return OrderRecord(
        source=source,
        version=1,
        created_at=now,
        updated_at=now,
        number=reading.text(input.number, "number") or f"H{source.external_id[-8:].upper()}",
        currency=reading.currency,
        total=total,
        subtotal=subtotal,
        discount=discount,
        tax=tax,
        shipping=shipping,
        tax_included=input.is_tax_included,
        placed_at=input.placed_at or now,
        lines=lines,
        email=reading.text(input.email, "email"),
        phone=reading.text(input.phone, "phone"),
        name=reading.text(input.name, "name"),
        shipping_address=reading.address(input.shipping_address, "shippingAddress"),
        billing_address=reading.address(input.billing_address, "billingAddress"),
        tags=tuple(reading.text(tag, "tags") for tag in input.tags[:MOST_TAGS]),
        note=reading.text(input.note, "note"),
        channel="api",
        test=input.is_test,
    )
