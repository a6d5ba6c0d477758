"""Shopify's REST shapes, as its webhooks still have them: only the fields that we read, spelled their way.

Everything may be null or absent that was ever seen so. Enumerations are open (the vendor adds values between versions),
amounts come as strings or numbers, and ids above 2^53 may have been rounded on their way: `admin_graphql_api_id` is
exact and goes first.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

Time = Annotated[datetime, Meta(tz=True)]
NO_MONEY = Decimal(0)


class Shape(Struct, frozen=True, kw_only=True):
    pass


class Amount(Shape, frozen=True, kw_only=True):
    amount: Decimal
    currency_code: str | None = None
    currency: str | None = None  # so spelled in transactions


class Bag(Shape, frozen=True, kw_only=True):
    """One amount in the shop's currency and in the buyer's. The hub keeps the shop's."""

    shop_money: Amount | None = None


class Thing(Shape, frozen=True, kw_only=True):
    id: int | None = None
    admin_graphql_api_id: str | None = None

    @property
    def gid(self) -> str:
        return self.admin_graphql_api_id or ""

    @property
    def external_id(self) -> str:
        """The number in the exact id; without one, the number as it came. Raises `ValueError` without both."""
        if self.admin_graphql_api_id:
            return number_in(self.admin_graphql_api_id)
        if self.id is None:
            raise ValueError("an id is expected - at `$.id`")
        return str(self.id)


def number_in(gid: str) -> str:
    """`gid://shopify/Order/1?x=y` → `1`."""
    return gid.rpartition("/")[2].partition("?")[0]


class Address(Shape, frozen=True, kw_only=True):
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    country_code: str | None = None
    zip: str | None = None
    phone: str | None = None


class Customer(Thing, frozen=True, kw_only=True):
    created_at: Time | None = None
    updated_at: Time | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    default_address: Address | None = None


class Tax(Shape, frozen=True, kw_only=True):
    price: Decimal = NO_MONEY
    price_set: Bag | None = None


class Allocation(Shape, frozen=True, kw_only=True):
    amount: Decimal = NO_MONEY
    amount_set: Bag | None = None


class LineItem(Thing, frozen=True, kw_only=True):
    title: str | None = None
    name: str | None = None
    sku: str | None = None
    quantity: int = 0
    price: Decimal = NO_MONEY
    price_set: Bag | None = None
    total_discount: Decimal | None = None  # without the line's share of discounts on the order
    total_discount_set: Bag | None = None
    discount_allocations: list[Allocation] | None = None  # with it
    tax_lines: list[Tax] | None = None
    requires_shipping: bool | None = None
    gift_card: bool | None = None


class ShippingLine(Thing, frozen=True, kw_only=True):
    price: Decimal = NO_MONEY
    price_set: Bag | None = None
    discounted_price: Decimal | None = None
    discounted_price_set: Bag | None = None
    tax_lines: list[Tax] | None = None
    is_removed: bool | None = None


class Card(Shape, frozen=True, kw_only=True):
    credit_card_number: str | None = None
    credit_card_company: str | None = None
    credit_card_name: str | None = None
    payment_method_name: str | None = None


class Transaction(Thing, frozen=True, kw_only=True):
    order_id: int | None = None
    parent_id: int | None = None
    kind: str = ""
    status: str | None = None
    gateway: str | None = None
    amount: Decimal = NO_MONEY
    currency: str | None = None  # the buyer's or the shop's
    total_unsettled_set: Bag | None = None
    authorization: str | None = None
    payment_id: str | None = None
    receipt: Any = None
    error_code: str | None = None
    created_at: Time | None = None
    processed_at: Time | None = None
    test: bool | None = None
    payment_details: Card | None = None

    @property
    def at(self) -> datetime:
        """Raises `ValueError` where the transaction has no time."""
        times = [time for time in (self.created_at, self.processed_at) if time]
        if not times:
            raise ValueError("a time is expected - at `$.created_at`")
        return max(times).astimezone(UTC)


class RefundLine(Shape, frozen=True, kw_only=True):
    line_item_id: int | None = None
    line_item: LineItem | None = None
    quantity: int = 0
    subtotal: Decimal | None = None
    subtotal_set: Bag | None = None
    total_tax: Decimal | None = None
    total_tax_set: Bag | None = None

    @property
    def line_id(self) -> str:
        if self.line_item:
            return self.line_item.external_id
        if self.line_item_id is None:
            raise ValueError("an id is expected - at `$.refund_line_items[].line_item_id`")
        return str(self.line_item_id)


class Refund(Thing, frozen=True, kw_only=True):
    order_id: int | None = None
    created_at: Time | None = None
    processed_at: Time | None = None
    note: str | None = None
    refund_line_items: list[RefundLine] | None = None
    transactions: list[Transaction] | None = None


class Fulfillment(Thing, frozen=True, kw_only=True):
    order_id: int | None = None
    status: str | None = None
    shipment_status: str | None = None
    created_at: Time | None = None
    updated_at: Time | None = None
    tracking_company: str | None = None
    tracking_number: str | None = None
    tracking_numbers: list[str] | None = None
    tracking_url: str | None = None
    tracking_urls: list[str] | None = None
    line_items: list[LineItem] | None = None


class Attribute(Shape, frozen=True, kw_only=True):
    name: str = ""
    value: Any = None


class Order(Thing, frozen=True, kw_only=True):
    name: str | None = None
    order_number: int | None = None
    currency: str = ""
    created_at: Time | None = None
    updated_at: Time | None = None
    processed_at: Time | None = None
    cancelled_at: Time | None = None
    cancel_reason: str | None = None
    closed_at: Time | None = None
    email: str | None = None
    contact_email: str | None = None
    phone: str | None = None
    note: str | None = None
    tags: str | list[str] | None = None
    source_name: str | None = None
    test: bool | None = None
    financial_status: str | None = None
    total_price: Decimal = NO_MONEY
    total_price_set: Bag | None = None
    total_discounts: Decimal | None = None
    total_discounts_set: Bag | None = None
    total_tax: Decimal | None = None
    total_tax_set: Bag | None = None
    taxes_included: bool | None = None
    total_tip_received: Decimal | None = None
    total_tip_received_set: Bag | None = None
    duties_included: bool | None = None
    original_total_duties_set: Bag | None = None
    original_total_additional_fees_set: Bag | None = None
    note_attributes: list[Attribute] | None = None
    customer: Customer | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    line_items: list[LineItem] | None = None
    shipping_lines: list[ShippingLine] | None = None
    fulfillments: list[Fulfillment] | None = None
    refunds: list[Refund] | None = None
    transactions: list[Transaction] | None = None  # webhooks leave them out


class OrderEdit(Shape, frozen=True, kw_only=True):
    order_id: int


class OrderEdited(Shape, frozen=True, kw_only=True):
    order_edit: OrderEdit


class Merge(Shape, frozen=True, kw_only=True):
    admin_graphql_api_customer_kept_id: str | None = None
    admin_graphql_api_customer_deleted_id: str | None = None


def shop_amount(bag: Bag | None, plain: Decimal | None) -> Decimal:
    """The amount in the shop's currency. The plain field beside a bag is in the shop's currency, too."""
    if bag and bag.shop_money:
        return bag.shop_money.amount
    return plain if plain is not None else NO_MONEY


def decode(body: bytes, shape: type[Any]) -> Any:
    """Raises `ValueError` with the path of the fault. A body nested too deep to decode is a fault like any other."""
    try:
        return msgspec.json.decode(body, type=shape)
    except RecursionError:
        raise ValueError("nested too deep") from None
