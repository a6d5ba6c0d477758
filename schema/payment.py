"""Money that moved, was asked for, or is disputed; and what the books say of it."""

from datetime import datetime

import strawberry

from hub.domain.records import DisputeStatus, InvoiceStatus, PaymentStatus, RefundStatus
from schema.money import Money
from schema.scalars import Day, Url
from schema.source import ExternalRef


@strawberry.type(description="One payment, however many systems tell of it.")
class Payment:
    id: strawberry.ID
    source: ExternalRef = strawberry.field(description="Whose word is believed.")
    sources: list[ExternalRef]
    status: PaymentStatus
    amount: Money = strawberry.field(description="What was asked for.")
    authorized: Money
    captured: Money
    refunded: Money
    verified: bool = strawberry.field(description="The system that moved the money says so.")
    can_capture: bool
    gateway: str | None
    method: str | None
    brand: str | None
    last4: str | None
    failure: str | None
    created_at: datetime
    captured_at: datetime | None


@strawberry.type(description="Money given back.")
class Refund:
    id: strawberry.ID
    source: ExternalRef
    payment: strawberry.ID | None = strawberry.field(name="paymentId", description="`null` where no system says.")
    amount: Money
    status: RefundStatus
    reason: str | None
    request: strawberry.ID | None = strawberry.field(
        name="requestId", description="The request through the hub that it answers."
    )
    verified: bool
    created_at: datetime


@strawberry.type(description="A refund that was asked of the hub. Done once a system tells of the refund.")
class RefundRequest:
    id: strawberry.ID
    payment: strawberry.ID = strawberry.field(name="paymentId")
    amount: Money
    reason: str | None
    by: str | None
    at: datetime
    done: bool = strawberry.field(name="isDone")


@strawberry.type(description="A payer's bank takes the money back, or tries to.")
class Dispute:
    source: ExternalRef
    payment: strawberry.ID | None = strawberry.field(name="paymentId")
    amount: Money
    status: DisputeStatus
    reason: str | None
    respond_by: datetime | None
    created_at: datetime


@strawberry.type(description="A demand for payment in the books.")
class Invoice:
    id: strawberry.ID
    source: ExternalRef
    number: str | None
    status: InvoiceStatus
    total: Money
    balance: Money
    issued_on: Day | None
    due_on: Day | None
    url: Url | None


@strawberry.type(description="A credit memo, credit note or refund receipt in the books.")
class CreditNote:
    id: strawberry.ID
    source: ExternalRef
    number: str | None
    total: Money
    reference: str | None
    void: bool = strawberry.field(name="isVoid")
