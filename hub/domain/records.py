"""Records: what one system says about one thing now, in our words.

A record is a full snapshot. The hub keeps the newest per source; an order is folded from nothing else.
Every amount is a `Money`, every time is aware UTC, every empty collection is a tuple.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from hub.domain.ids import derived_id
from hub.domain.money import Money


class Kind(StrEnum):
    """What a record is about. The value is also the middle part of its source."""

    ORDER = "order"
    PAYMENT = "payment"
    REFUND = "refund"
    DISPUTE = "dispute"
    INVOICE = "invoice"
    INVOICE_PAYMENT = "invoice_payment"
    CREDIT_NOTE = "credit_note"
    SHIPMENT = "shipment"
    DEAL = "deal"
    MESSAGE = "message"
    CUSTOMER = "customer"
    # What people and programs ask of the hub; only the built-in connection `hub` writes these.
    CANCELLATION = "cancellation"
    REFUND_REQUEST = "refund_request"
    HOLD_RELEASE = "hold_release"


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where a record comes from: (connection, kind, the system's own id)."""

    connection: str
    kind: Kind
    external_id: str

    @property
    def key(self) -> str:
        """This thing's own identity key, and the id of the golden thing where no better record names it.

        `cus_…` for customers, `ord_…` for all else: every record could be the only one of its order.
        """
        prefix = "cus" if self.kind is Kind.CUSTOMER else "ord"
        return derived_id(prefix, self.connection, self.kind, self.external_id)

    def __str__(self) -> str:
        return f"{self.connection}/{self.kind}/{self.external_id}"


def vendor_key(vendor: str, external_id: str) -> str:
    """An identity key for an id that is unique in the whole of a vendor (`stripe`, `pi_1`).

    For references across connections: a store names a processor's payment without knowing which connection has it.
    """
    return f"{vendor}/{external_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    name: str = ""
    company: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""  # ISO 3166-1 alpha-2
    phone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of an order. `total` is `quantity × unit_price` less `discount`, before tax unless prices hold tax."""

    id: str
    title: str
    sku: str = ""
    quantity: int
    unit_price: Money
    discount: Money
    tax: Money
    total: Money
    fulfillable: bool = True  # False: a service, a tip, a gift card: nothing to ship


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The common part. `version` grows with each change at the vendor; comparable within one source only."""

    kind: ClassVar[Kind]

    source: Source
    version: int
    # Further identity keys of the same sale or person: `vendor_key(...)`, `Source(...).key`, or an id of ours that
    # we wrote into the vendor's object. Two records that share a key (own or claimed) are about the same thing.
    claims: tuple[str, ...] = ()
    created_at: datetime
    updated_at: datetime
    url: str = ""  # a page for people at the vendor
    deleted: bool = False  # the vendor says that it is gone; it counts for nothing any more


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord(Record):
    """A sale, as a store (or the hub itself) took it."""

    kind: ClassVar[Kind] = Kind.ORDER

    number: str
    currency: str
    total: Money
    subtotal: Money  # the lines' sum, after line discounts
    discount: Money  # taken off the whole order, not yet in the lines
    tax: Money
    shipping: Money
    tip: Money | None = None
    fees: Money | None = None  # duties, rounding and other additions, may be negative
    tax_included: bool = False  # prices hold the tax already: it is then no part of the sum
    placed_at: datetime
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    closed_at: datetime | None = None
    lines: tuple[Line, ...] = ()
    email: str = ""
    phone: str = ""
    name: str = ""
    customer: Source | None = None  # None: a guest
    shipping_address: Address | None = None
    billing_address: Address | None = None
    tags: tuple[str, ...] = ()
    note: str = ""
    channel: str = ""  # web, pos, phone…, as the system calls it
    test: bool = False


class PaymentStatus(StrEnum):
    PENDING = "pending"
    AUTHORIZED = "authorized"
    CAPTURED = "captured"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRecord(Record):
    """Money that moved or may move, as a processor or a store tells it.

    `authorized`, `captured` and `refunded` are totals so far, never steps. Records that share a claim are the same
    payment told by several systems: the one with `authority` (the system that moves the money) is believed, the
    others only say what they think.
    """

    kind: ClassVar[Kind] = Kind.PAYMENT

    status: PaymentStatus
    amount: Money  # what was asked for
    authorized: Money
    captured: Money
    refunded: Money
    authority: bool
    # The one key by which every telling names this payment (`stripe/pi_1` of an intent, its charges and the store's
    # transaction), so that its golden id is the same whichever of them comes first; "" where there is only this record.
    identity: str = ""
    gateway: str = ""
    method: str = ""
    brand: str = ""
    last4: str = ""
    email: str = ""
    name: str = ""
    failure: str = ""
    customer: Source | None = None
    authorized_at: datetime | None = None
    captured_at: datetime | None = None
    can_capture: bool = False  # authorised, not captured, not expired
    test: bool = False


class RefundStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRecord(Record):
    """Money given back. Shares a claim with the payment that it takes from."""

    kind: ClassVar[Kind] = Kind.REFUND

    status: RefundStatus
    amount: Money
    payment: str = ""  # a claim or own key of the payment; "" where the system does not say
    authority: bool
    reason: str = ""
    request: str = ""  # our refund request's id, where we asked for it
    lines: tuple[tuple[str, int], ...] = ()  # (order line id, quantity)


class DisputeStatus(StrEnum):
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeRecord(Record):
    kind: ClassVar[Kind] = Kind.DISPUTE

    status: DisputeStatus
    amount: Money
    payment: str = ""
    reason: str = ""
    respond_by: datetime | None = None


class InvoiceStatus(StrEnum):
    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceRecord(Record):
    """A demand for payment in the books (an invoice; a sales receipt is one that is paid at once)."""

    kind: ClassVar[Kind] = Kind.INVOICE

    number: str
    status: InvoiceStatus
    total: Money
    balance: Money
    customer: Source | None = None
    issued_on: str = ""  # a day, YYYY-MM-DD, in the books' own zone
    due_on: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePaymentRecord(Record):
    """A payment as the books enter it: no money moves."""

    kind: ClassVar[Kind] = Kind.INVOICE_PAYMENT

    amount: Money
    invoices: tuple[str, ...] = ()  # external ids of the invoices that it pays
    reference: str = ""
    void: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditNoteRecord(Record):
    """A credit memo, credit note or refund receipt in the books."""

    kind: ClassVar[Kind] = Kind.CREDIT_NOTE

    number: str
    total: Money
    balance: Money
    reference: str = ""  # our refund's id where we wrote it
    void: bool = False


class ShipmentStatus(StrEnum):
    PENDING = "pending"
    IN_TRANSIT = "in_transit"
    DELIVERED = "delivered"
    RETURNED = "returned"  # it came back, or is on its way back to the sender
    FAILED = "failed"
    CANCELLED = "cancelled"  # the label was given back, or the parcel taken out before it left


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentRecord(Record):
    """A parcel, as a store or a carrier tells it. Two records with one tracking number are the same parcel.

    `version` is the teller's own time or sequence, so a late word is stale. A newer word that says an earlier status
    is the carrier's correction, and stands.
    """

    kind: ClassVar[Kind] = Kind.SHIPMENT

    status: ShipmentStatus
    authority: bool = False  # told by who tracks the parcel: believed before a store, which was only told of it
    detail: str = ""  # the teller's own word for the status: out_for_delivery, EX…
    inbound: bool = False  # a return: on its way from the buyer, no part of the fulfilment
    service: str = ""  # Priority, UPS Ground…, as the carrier calls it
    cost: Money | None = None  # of the label
    label_url: str = ""
    carrier: str = ""
    tracking_numbers: tuple[str, ...] = ()
    tracking_urls: tuple[str, ...] = ()
    lines: tuple[tuple[str, int], ...] = ()  # (order line id, quantity); empty: the whole order
    shipped_at: datetime | None = None
    delivered_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRecord(Record):
    """A sale as a CRM keeps it (deal, opportunity). Claims the order's id, which we wrote into it."""

    kind: ClassVar[Kind] = Kind.DEAL

    name: str
    stage: str  # as the CRM calls it
    amount: Money | None = None
    customer: Source | None = None  # the CRM's own contact, where it names one
    closed_on: str = ""  # a day, YYYY-MM-DD


class MessageChannel(StrEnum):
    EMAIL = "email"
    SMS = "sms"
    TEAM = "team"  # a chat room of the staff


class MessageStatus(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    SUPPRESSED = "suppressed"  # whoever it was for does not want any


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRecord(Record):
    """One message that left for a person. Claims the order's id."""

    kind: ClassVar[Kind] = Kind.MESSAGE

    occasion: str  # what it tells of, one message each: `paid`, `shipped:<shipment id>`
    channel: MessageChannel
    to: str
    status: MessageStatus
    detail: str = ""  # why it failed or was suppressed


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerRecord(Record):
    kind: ClassVar[Kind] = Kind.CUSTOMER

    name: str = ""
    company: str = ""
    email: str = ""
    phone: str = ""
    addresses: tuple[Address, ...] = ()
    tags: tuple[str, ...] = ()
    note: str = ""
    currency: str = ""  # the one it is billed in, where the system ties a customer to one


@dataclass(frozen=True, slots=True, kw_only=True)
class CancellationRecord(Record):
    """A person or program asked the hub to cancel an order. Claims the order's id."""

    kind: ClassVar[Kind] = Kind.CANCELLATION

    reason: str = ""
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequestRecord(Record):
    """A person or program asked the hub to give money back. Claims the order's id."""

    kind: ClassVar[Kind] = Kind.REFUND_REQUEST

    amount: Money
    payment: str  # own key of the payment record to take it from
    reason: str = ""
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldReleaseRecord(Record):
    """A person released a hold. Claims the order's id."""

    kind: ClassVar[Kind] = Kind.HOLD_RELEASE

    hold: str  # the hold's id: it names the reason and the facts, so that a new reason holds again
    by: str
    note: str = ""


RECORDS: dict[Kind, type[Record]] = {
    record.kind: record
    for record in (
        OrderRecord,
        PaymentRecord,
        RefundRecord,
        DisputeRecord,
        InvoiceRecord,
        InvoicePaymentRecord,
        CreditNoteRecord,
        ShipmentRecord,
        DealRecord,
        MessageRecord,
        CustomerRecord,
        CancellationRecord,
        RefundRequestRecord,
        HoldReleaseRecord,
    )
}
