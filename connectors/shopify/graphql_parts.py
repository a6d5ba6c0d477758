"""What an order of the Admin API is made of: money, addresses, people, transactions, refunds, parcels."""

from decimal import Decimal
from typing import Any

from connectors.shopify import rest_shapes as rest
from connectors.shopify.rest_shapes import Bag, Time


class Node(rest.Shape, frozen=True, kw_only=True, rename="camel"):
    """As our own queries ask for it. `as_rest` says the same in the words of the webhook."""


class MoneyV2(Node, frozen=True, kw_only=True):
    amount: Decimal


class MoneyBag(Node, frozen=True, kw_only=True):
    shop_money: MoneyV2

    def as_rest(self) -> Bag:
        return Bag(shop_money=rest.Amount(amount=self.shop_money.amount))


class MailingAddress(Node, frozen=True, kw_only=True):
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    country_code_v2: str | None = None
    zip: str | None = None
    phone: str | None = None

    def as_rest(self) -> rest.Address:
        return rest.Address(
            first_name=self.first_name,
            last_name=self.last_name,
            name=self.name,
            company=self.company,
            address1=self.address1,
            address2=self.address2,
            city=self.city,
            province=self.province,
            province_code=self.province_code,
            country_code=self.country_code_v2,
            zip=self.zip,
            phone=self.phone,
        )


class Email(Node, frozen=True, kw_only=True):
    email_address: str | None = None


class Phone(Node, frozen=True, kw_only=True):
    phone_number: str | None = None


class Customer(Node, frozen=True, kw_only=True):
    id: str
    created_at: Time | None = None
    updated_at: Time | None = None
    first_name: str | None = None
    last_name: str | None = None
    default_email_address: Email | None = None
    default_phone_number: Phone | None = None
    note: str | None = None
    default_address: MailingAddress | None = None

    def as_rest(self) -> rest.Customer:
        return rest.Customer(
            admin_graphql_api_id=self.id,
            created_at=self.created_at,
            updated_at=self.updated_at,
            first_name=self.first_name,
            last_name=self.last_name,
            email=self.default_email_address.email_address if self.default_email_address else None,
            phone=self.default_phone_number.phone_number if self.default_phone_number else None,
            note=self.note,
            default_address=self.default_address.as_rest() if self.default_address else None,
        )


class Ref(Node, frozen=True, kw_only=True):
    id: str


class PaymentDetails(Node, frozen=True, kw_only=True):
    """The fields of all members of the union that we read."""

    company: str | None = None
    number: str | None = None
    name: str | None = None
    payment_method_name: str | None = None


class Transaction(Node, frozen=True, kw_only=True):
    id: str
    kind: str
    status: str
    gateway: str | None = None
    amount_set: MoneyBag
    parent_transaction: Ref | None = None
    authorization_code: str | None = None
    payment_id: str | None = None
    receipt_json: Any = None
    error_code: str | None = None
    created_at: Time | None = None
    processed_at: Time | None = None
    test: bool = False
    payment_details: PaymentDetails | None = None

    def as_rest(self) -> rest.Transaction:
        card = self.payment_details
        return rest.Transaction(
            admin_graphql_api_id=self.id,
            parent_id=int(rest.number_in(self.parent_transaction.id)) if self.parent_transaction else None,
            kind=self.kind.lower(),
            status=self.status.lower(),
            gateway=self.gateway,
            amount=self.amount_set.shop_money.amount,
            authorization=self.authorization_code,
            payment_id=self.payment_id,
            receipt=self.receipt_json,
            error_code=self.error_code.lower() if self.error_code else None,
            created_at=self.created_at,
            processed_at=self.processed_at,
            test=self.test,
            payment_details=rest.Card(
                credit_card_company=card.company,
                credit_card_number=card.number,
                credit_card_name=card.name,
                payment_method_name=card.payment_method_name,
            )
            if card
            else None,
        )


class Transactions(Node, frozen=True, kw_only=True):
    nodes: tuple[Transaction, ...] = ()


class RefundLine(Node, frozen=True, kw_only=True):
    line_item: Ref
    quantity: int
    subtotal_set: MoneyBag
    total_tax_set: MoneyBag

    def as_rest(self) -> rest.RefundLine:
        return rest.RefundLine(
            line_item=rest.LineItem(admin_graphql_api_id=self.line_item.id),
            quantity=self.quantity,
            subtotal_set=self.subtotal_set.as_rest(),
            total_tax_set=self.total_tax_set.as_rest(),
        )


class RefundLines(Node, frozen=True, kw_only=True):
    nodes: tuple[RefundLine, ...] = ()


class Refund(Node, frozen=True, kw_only=True):
    id: str
    created_at: Time | None = None
    processed_at: Time | None = None
    note: str | None = None
    refund_line_items: RefundLines
    transactions: Transactions

    def as_rest(self) -> rest.Refund:
        return rest.Refund(
            admin_graphql_api_id=self.id,
            created_at=self.created_at,
            processed_at=self.processed_at,
            note=self.note,
            refund_line_items=[line.as_rest() for line in self.refund_line_items.nodes],
            transactions=[step.as_rest() for step in self.transactions.nodes],
        )


class FulfillmentLine(Node, frozen=True, kw_only=True):
    line_item: Ref
    quantity: int | None = None


class FulfillmentLines(Node, frozen=True, kw_only=True):
    nodes: tuple[FulfillmentLine, ...] = ()


class Tracking(Node, frozen=True, kw_only=True):
    company: str | None = None
    number: str | None = None
    url: str | None = None


class Fulfillment(Node, frozen=True, kw_only=True):
    id: str
    status: str
    display_status: str | None = None
    created_at: Time
    updated_at: Time
    tracking_info: tuple[Tracking, ...] = ()
    fulfillment_line_items: FulfillmentLines

    def as_rest(self) -> rest.Fulfillment:
        return rest.Fulfillment(
            admin_graphql_api_id=self.id,
            status=self.status.lower(),
            shipment_status=(self.display_status or "").lower(),
            created_at=self.created_at,
            updated_at=self.updated_at,
            tracking_company=next((each.company for each in self.tracking_info if each.company), None),
            tracking_numbers=[each.number for each in self.tracking_info if each.number],
            tracking_urls=[each.url for each in self.tracking_info if each.url],
            line_items=[
                rest.LineItem(admin_graphql_api_id=line.line_item.id, quantity=line.quantity or 0)
                for line in self.fulfillment_line_items.nodes
            ],
        )
