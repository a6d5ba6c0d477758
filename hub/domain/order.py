"""Golden views: what the hub believes, folded from records. Nothing sets a field of these."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hub.domain.ids import CustomerId, OrderId
from hub.domain.money import Money
from hub.domain.records import (
    Address,
    DisputeStatus,
    InvoiceStatus,
    Line,
    MessageChannel,
    MessageStatus,
    PaymentStatus,
    RefundStatus,
    ShipmentStatus,
    Source,
)


class Stage(StrEnum):
    """How far an order has come. The furthest one reached counts; `cancelled` ends it."""

    RECEIVED = "received"  # some system told of it
    VALIDATED = "validated"  # a sale that adds up
    PAID = "paid"  # the processor's own record confirms the amount
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    COMPLETED = "completed"  # delivered, paid and, where there are books, invoiced
    CANCELLED = "cancelled"


class PaymentState(StrEnum):
    UNPAID = "unpaid"
    AUTHORIZED = "authorized"
    PARTIALLY_PAID = "partially_paid"
    PAID = "paid"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class InvoiceState(StrEnum):
    NOT_INVOICED = "not_invoiced"
    INVOICED = "invoiced"
    PAID = "paid"
    VOID = "void"


class FulfilmentState(StrEnum):
    UNFULFILLED = "unfulfilled"
    PARTIALLY_FULFILLED = "partially_fulfilled"
    FULFILLED = "fulfilled"
    DELIVERED = "delivered"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """One record behind a golden thing."""

    source: Source
    version: int
    updated_at: datetime
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """One payment, however many systems tell of it. `source` is the record that is believed."""

    id: str
    source: Source
    sources: tuple[Source, ...]
    status: PaymentStatus
    amount: Money
    authorized: Money
    captured: Money
    refunded: Money
    verified: bool  # the system that moved the money says so
    can_capture: bool
    gateway: str = ""
    method: str = ""
    brand: str = ""
    last4: str = ""
    failure: str = ""
    created_at: datetime
    captured_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refund:
    id: str
    source: Source
    payment: str  # `Payment.id`, or "" where no system says
    amount: Money
    status: RefundStatus
    reason: str = ""
    request: str = ""
    verified: bool
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """Asked through the hub. Done once a refund record carries its id."""

    id: str
    payment: str  # `Payment.id`
    amount: Money
    reason: str
    by: str
    at: datetime
    done: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    source: Source
    payment: str
    amount: Money
    status: DisputeStatus
    reason: str = ""
    respond_by: datetime | None = None
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    id: str
    source: Source
    number: str
    status: InvoiceStatus
    total: Money
    balance: Money
    issued_on: str = ""
    due_on: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNote:
    id: str
    source: Source
    number: str
    total: Money
    reference: str
    void: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipment:
    """One parcel, however many systems tell of it."""

    id: str
    source: Source
    sources: tuple[Source, ...]
    status: ShipmentStatus
    verified: bool = False  # who tracks the parcel says so, not only a store
    detail: str = ""
    inbound: bool = False  # a return, on its way from the buyer
    service: str = ""
    cost: Money | None = None
    label_url: str = ""
    carrier: str = ""
    tracking_numbers: tuple[str, ...] = ()
    tracking_urls: tuple[str, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    """The sale as a CRM keeps it."""

    id: str
    source: Source
    name: str
    stage: str
    amount: Money | None
    closed_on: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a person was told, or the team."""

    id: str
    source: Source
    occasion: str
    channel: MessageChannel
    to: str
    status: MessageStatus
    detail: str
    created_at: datetime


class HoldKind(StrEnum):
    PAYMENT_NOT_VERIFIED = "payment_not_verified"
    INVARIANT_BROKEN = "invariant_broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A reason why the order may not go on. Its id names the facts: new facts hold again after a release."""

    id: str
    kind: HoldKind
    reason: str
    released_at: datetime | None = None
    released_by: str = ""
    note: str = ""

    @property
    def active(self) -> bool:
        return self.released_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReached:
    stage: Stage
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One sale. Amounts are in the order's `currency`; a payment in another one is a hold, not a sum."""

    id: OrderId
    number: str  # "" for a payment or document that no sale claims yet
    channel: str  # the connection whose record names the order
    currency: str
    stage: Stage
    stages: tuple[StageReached, ...]
    payment_state: PaymentState
    invoice_state: InvoiceState
    fulfilment_state: FulfilmentState
    placed_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    cancel_reason: str
    test: bool

    total: Money
    subtotal: Money
    discount: Money
    tax: Money
    shipping: Money
    tip: Money
    fees: Money
    tax_included: bool
    authorized: Money  # held on cards, not captured; verified payments only
    captured: Money  # verified payments only
    refunded: Money
    invoiced: Money
    credited: Money

    email: str
    phone: str
    name: str
    customer: Source | None
    shipping_address: Address | None
    billing_address: Address | None
    tags: tuple[str, ...]
    note: str

    lines: tuple[Line, ...]
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    refund_requests: tuple[RefundRequest, ...]
    disputes: tuple[Dispute, ...]
    invoices: tuple[Invoice, ...]
    credit_notes: tuple[CreditNote, ...]
    shipments: tuple[Shipment, ...]
    deals: tuple[Deal, ...] = ()
    messages: tuple[Message, ...] = ()
    holds: tuple[Hold, ...]
    sources: tuple[SourceView, ...]

    @property
    def is_sale(self) -> bool:
        """False for a payment or document that is an order of its own until a sale claims it."""
        return any(view.source.kind == "order" for view in self.sources)

    @property
    def may_fulfil(self) -> bool:
        """Goods may leave: a sale, not cancelled, and every reason against it is gone or was released by a person."""
        return self.is_sale and self.cancelled_at is None and not any(hold.active for hold in self.holds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One person or company."""

    id: CustomerId
    name: str
    company: str
    email: str
    phone: str
    addresses: tuple[Address, ...]
    tags: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    sources: tuple[SourceView, ...]
