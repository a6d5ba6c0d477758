"""The order of the Admin API, as our own queries ask for it, and its way into the REST shape.

There is one reading of an order: what the API answers is first said in the words of the webhook. Whatever the two tell
alike therefore gives the same record with the same version.
"""

from connectors.shopify import rest_shapes as rest
from connectors.shopify.graphql_parts import (
    Customer,
    Fulfillment,
    MailingAddress,
    MoneyBag,
    Node,
    Refund,
    Transaction,
)
from connectors.shopify.rest_shapes import Bag, Time


class TaxLine(Node, frozen=True, kw_only=True):
    price_set: MoneyBag

    def as_rest(self) -> rest.Tax:
        return rest.Tax(price_set=self.price_set.as_rest())


class Allocation(Node, frozen=True, kw_only=True):
    allocated_amount_set: MoneyBag


class LineItem(Node, frozen=True, kw_only=True):
    id: str
    name: str | None = None
    title: str | None = None
    sku: str | None = None
    quantity: int
    original_unit_price_set: MoneyBag
    discount_allocations: tuple[Allocation, ...] = ()
    tax_lines: tuple[TaxLine, ...] = ()
    requires_shipping: bool = True
    is_gift_card: bool = False

    def as_rest(self) -> rest.LineItem:
        return rest.LineItem(
            admin_graphql_api_id=self.id,
            name=self.name,
            title=self.title,
            sku=self.sku,
            quantity=self.quantity,
            price_set=self.original_unit_price_set.as_rest(),
            discount_allocations=[
                rest.Allocation(amount_set=each.allocated_amount_set.as_rest()) for each in self.discount_allocations
            ],
            tax_lines=[tax.as_rest() for tax in self.tax_lines],
            requires_shipping=self.requires_shipping,
            gift_card=self.is_gift_card,
        )


class LineItems(Node, frozen=True, kw_only=True):
    nodes: tuple[LineItem, ...] = ()


class ShippingLine(Node, frozen=True, kw_only=True):
    original_price_set: MoneyBag
    discounted_price_set: MoneyBag
    tax_lines: tuple[TaxLine, ...] = ()
    is_removed: bool = False

    def as_rest(self) -> rest.ShippingLine:
        return rest.ShippingLine(
            price_set=self.original_price_set.as_rest(),
            discounted_price_set=self.discounted_price_set.as_rest(),
            tax_lines=[tax.as_rest() for tax in self.tax_lines],
            is_removed=self.is_removed,
        )


class ShippingLines(Node, frozen=True, kw_only=True):
    nodes: tuple[ShippingLine, ...] = ()


class Attribute(Node, frozen=True, kw_only=True):
    key: str
    value: str | None = None


class Order(Node, frozen=True, kw_only=True):
    id: str
    name: str
    currency_code: str
    created_at: Time
    updated_at: Time
    processed_at: Time | None = None
    cancelled_at: Time | None = None
    cancel_reason: str | None = None
    closed_at: Time | None = None
    email: str | None = None
    phone: str | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    source_name: str | None = None
    test: bool = False
    display_financial_status: str | None = None
    total_price_set: MoneyBag
    total_discounts_set: MoneyBag | None = None
    total_tax_set: MoneyBag | None = None
    taxes_included: bool = False
    total_tip_received_set: MoneyBag | None = None
    duties_included: bool = False
    original_total_duties_set: MoneyBag | None = None
    original_total_additional_fees_set: MoneyBag | None = None
    custom_attributes: tuple[Attribute, ...] = ()
    customer: Customer | None = None
    shipping_address: MailingAddress | None = None
    billing_address: MailingAddress | None = None
    line_items: LineItems
    shipping_lines: ShippingLines
    fulfillments: tuple[Fulfillment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    transactions: tuple[Transaction, ...] = ()

    def as_rest(self) -> rest.Order:
        return rest.Order(
            admin_graphql_api_id=self.id,
            name=self.name,
            currency=self.currency_code,
            created_at=self.created_at,
            updated_at=self.updated_at,
            processed_at=self.processed_at,
            cancelled_at=self.cancelled_at,
            cancel_reason=self.cancel_reason,
            closed_at=self.closed_at,
            email=self.email,
            phone=self.phone,
            note=self.note,
            tags=list(self.tags),
            source_name=self.source_name,
            test=self.test,
            financial_status=self.display_financial_status,
            total_price_set=self.total_price_set.as_rest(),
            total_discounts_set=_bag(self.total_discounts_set),
            total_tax_set=_bag(self.total_tax_set),
            taxes_included=self.taxes_included,
            total_tip_received_set=_bag(self.total_tip_received_set),
            duties_included=self.duties_included,
            original_total_duties_set=_bag(self.original_total_duties_set),
            original_total_additional_fees_set=_bag(self.original_total_additional_fees_set),
            note_attributes=[rest.Attribute(name=each.key, value=each.value) for each in self.custom_attributes],
            customer=self.customer.as_rest() if self.customer else None,
            shipping_address=self.shipping_address.as_rest() if self.shipping_address else None,
            billing_address=self.billing_address.as_rest() if self.billing_address else None,
            line_items=[line.as_rest() for line in self.line_items.nodes],
            shipping_lines=[line.as_rest() for line in self.shipping_lines.nodes],
            fulfillments=[parcel.as_rest() for parcel in self.fulfillments],
            refunds=[refund.as_rest() for refund in self.refunds],
            transactions=[step.as_rest() for step in self.transactions],
        )


def _bag(bag: MoneyBag | None) -> Bag | None:
    return bag.as_rest() if bag else None
