"""The order, whole: everything below it but people and history comes from one document, read with the order."""

from datetime import datetime
from typing import Any

import strawberry

from hub.domain import order as golden
from hub.domain.order import FulfilmentState, HoldKind, InvoiceState, PaymentState, Stage
from hub.domain.records import MessageChannel, MessageStatus, ShipmentStatus
from hub.store.reading import StoredOrder
from schema.command import Command
from schema.context import Info
from schema.customer import Address, Customer
from schema.event import Change, Event
from schema.ids import Node
from schema.money import Money
from schema.paging import After, Connection, Edge, First, Page, PageInfo, decode_cursor, encode_cursor, page_size
from schema.payment import CreditNote, Dispute, Invoice, Payment, Refund, RefundRequest
from schema.scalars import CurrencyCode, Url
from schema.source import Drift, ExternalRef, SourceRecord, Telling


@strawberry.type(description="`total` is `quantity × unitPrice` less `discount`, before tax unless prices hold tax.")
class Line:
    id: strawberry.ID
    title: str | None
    sku: str | None
    quantity: int
    unit_price: Money
    discount: Money
    tax: Money
    total: Money
    fulfillable: bool = strawberry.field(name="isFulfillable", description="False: nothing to ship.")


@strawberry.type
class ShippedLine:
    line_id: strawberry.ID
    quantity: int


def _shipped(root: strawberry.Parent[golden.Shipment]) -> list[ShippedLine]:
    return [ShippedLine(line_id=strawberry.ID(line), quantity=quantity) for line, quantity in root.lines]


@strawberry.type(description="One parcel, however many systems tell of it.")
class Shipment:
    id: strawberry.ID
    source: ExternalRef
    sources: list[ExternalRef]
    status: ShipmentStatus
    verified: bool = strawberry.field(
        name="isVerified", description="Who tracks the parcel says so, not only a store that was told."
    )
    detail: str | None = strawberry.field(description="The teller's own word for the status.")
    inbound: bool = strawberry.field(name="isReturn", description="On its way from the buyer.")
    service: str | None
    cost: Money | None = strawberry.field(description="Of the label.")
    label_url: Url | None
    carrier: str | None
    tracking_numbers: list[str]
    tracking_urls: list[Url]
    lines: list[ShippedLine] = strawberry.field(resolver=_shipped, description="Empty: the whole order.")
    shipped_at: datetime | None
    delivered_at: datetime | None


@strawberry.type(description="The sale as a CRM keeps it.")
class Deal:
    id: strawberry.ID
    source: ExternalRef
    name: str | None
    stage: str | None = strawberry.field(description="As the CRM calls it.")
    amount: Money | None
    closed_on: str | None = strawberry.field(description="A day, YYYY-MM-DD.")
    url: Url | None


@strawberry.type(description="What a person was told, or the team.")
class Message:
    id: strawberry.ID
    source: ExternalRef
    occasion: str = strawberry.field(description="What it tells of; there is one message for each.")
    channel: MessageChannel
    to: str | None
    status: MessageStatus
    detail: str | None
    created_at: datetime


@strawberry.type(description="A reason why the order may not go on. New facts hold again after a release.")
class Hold:
    id: strawberry.ID
    kind: HoldKind
    reason: str | None
    active: bool = strawberry.field(name="isActive")
    released_at: datetime | None
    released_by: str | None
    note: str | None


@strawberry.type
class StageReached:
    stage: Stage
    at: datetime


# ------------------------------------------------------------------------------- what is not in the document


async def _customer(root: strawberry.Parent[StoredOrder], info: Info) -> Any:
    return await info.context.loaders.customers.load(root.customer_key) if root.customer_key else None


def _sources(root: strawberry.Parent[StoredOrder]) -> Any:
    return [Telling(view, root.id) for view in root.sources]


async def _drifts(root: strawberry.Parent[StoredOrder], info: Info) -> Any:
    return await info.context.loaders.drifts.load(root.id) or ()


async def _events(root: strawberry.Parent[StoredOrder], info: Info, first: First = 50) -> Any:
    return await info.context.loaders.events_of_orders.load((root.id, page_size(first)))


async def _commands(root: strawberry.Parent[StoredOrder], info: Info, first: First = 50) -> Any:
    return await info.context.loaders.commands_of_orders.load((root.id, page_size(first)))


async def _timeline(
    root: strawberry.Parent[StoredOrder], info: Info, first: First = 50, after: After = None
) -> Connection[Change]:
    (behind,) = (0,) if after is None else decode_cursor(after, "timeline", (int,))
    limit = page_size(first)
    changes = await info.context.loaders.timelines.load((root.id, (behind, limit + 1)))

    async def length() -> tuple[int, bool]:
        return await info.context.loaders.lengths.load(root.id) or 0, True

    edges: list[Edge[Any]] = [
        Edge(cursor=encode_cursor("timeline", (each.seq,)), node=each) for each in changes[:limit]
    ]
    page: Any = Page(
        edges=edges,
        page_info=PageInfo(
            has_next_page=len(changes) > limit,
            has_previous_page=behind > 0,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        counting=length,
    )
    return page  # type: ignore[no-any-return]


@strawberry.type(description="One sale, folded from what all systems say. Nothing sets a field of it.")
class Order(Node):
    number: str | None = strawberry.field(description="`null` for a payment or document that no sale claims yet.")
    channel: str = strawberry.field(description="The connection whose record names the order.")
    currency: CurrencyCode = strawberry.field(name="currencyCode")
    version: int = strawberry.field(description="Grows with each change: give it as `expectedVersion`.")
    is_sale: bool
    may_fulfil: bool = strawberry.field(description="Goods may leave the house.")
    test: bool = strawberry.field(name="isTest")

    stage: Stage
    stages: list[StageReached] = strawberry.field(description="Each stage that was reached, and when.")
    payment_state: PaymentState
    invoice_state: InvoiceState
    fulfilment_state: FulfilmentState
    placed_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str | None

    total: Money
    subtotal: Money
    discount: Money = strawberry.field(description="Off the whole order, not yet in the lines.")
    tax: Money
    shipping: Money
    tip: Money
    fees: Money
    tax_included: bool = strawberry.field(name="isTaxIncluded")
    authorized: Money
    captured: Money = strawberry.field(description="Verified payments only.")
    refunded: Money
    invoiced: Money
    credited: Money

    email: str | None
    phone: str | None
    name: str | None
    shipping_address: Address | None
    billing_address: Address | None
    tags: list[str]
    note: str | None

    lines: list[Line]
    payments: list[Payment]
    refunds: list[Refund]
    refund_requests: list[RefundRequest]
    disputes: list[Dispute]
    invoices: list[Invoice]
    credit_notes: list[CreditNote]
    shipments: list[Shipment]
    deals: list[Deal]
    messages: list[Message]
    holds: list[Hold]

    sources: list[SourceRecord] = strawberry.field(resolver=_sources, description="Every record it is folded from.")
    customer: Customer | None = strawberry.field(resolver=_customer, description="`null` for a guest.")
    drifts: list[Drift] = strawberry.field(resolver=_drifts, description="Where systems differ from it.")
    timeline: Connection[Change] = strawberry.field(resolver=_timeline, description="What changed, oldest first.")
    events: list[Event] = strawberry.field(
        resolver=_events, description="The newest events behind it. All of them: `events(where: {orderId})`."
    )
    commands: list[Command] = strawberry.field(
        resolver=_commands, description="The newest commands for it. All of them: `commands(where: {orderId})`."
    )

    @classmethod
    def is_type_of(cls, value: object, _info: Info) -> bool:
        return isinstance(value, StoredOrder)
