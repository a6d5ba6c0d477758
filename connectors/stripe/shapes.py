"""Stripe's shapes, in Stripe's words: only the fields that we read, tolerant of what moved between API versions.

`charges` stood inside a payment intent until 2022-11-15, `latest_charge` came instead; `refunds` stood inside a charge
until 2022-11-15 and is there when expanded. Any reference may be an id or the expanded object, so both kinds of nested
thing stay raw here and are decoded one by one: one bad refund does not spoil its charge.
"""

from typing import Any

import msgspec

Raw = msgspec.Raw
NOTHING = Raw(b"null")


class Listed(msgspec.Struct, frozen=True):
    """`{"object": "list", …}`: the first page of the things that belong to an object."""

    data: list[Raw] = []
    has_more: bool = False


class EventData(msgspec.Struct, frozen=True):
    object: Raw


class EventShape(msgspec.Struct, frozen=True):
    id: str
    type: str
    created: int
    data: EventData
    account: str | None = None  # Connect: the connected account that it is about


class Related(msgspec.Struct, frozen=True):
    id: str
    type: str


class ThinEvent(msgspec.Struct, frozen=True):
    id: str
    type: str
    related_object: Related | None = None


class Head(msgspec.Struct, frozen=True):
    """What tells the things of the API apart."""

    object: str | None = None
    id: str | None = None


class AddressShape(msgspec.Struct, frozen=True):
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


class Person(msgspec.Struct, frozen=True):
    """`billing_details`, `customer_details`, `shipping`."""

    email: str | None = None
    name: str | None = None
    phone: str | None = None
    address: AddressShape | None = None


class PaymentError(msgspec.Struct, frozen=True):
    code: str | None = None
    decline_code: str | None = None
    message: str | None = None


# Absent metadata is `null`, `{}`, or `[]` where PHP wrote it; values are strings, but not of every sender.
Metadata = dict[str, Any] | list[Any] | None


class IntentShape(msgspec.Struct, frozen=True):
    id: str
    amount: int
    currency: str
    status: str
    created: int
    amount_capturable: int = 0
    amount_received: int = 0
    livemode: bool = True
    customer: Raw = NOTHING
    description: str | None = None
    last_payment_error: PaymentError | str | None = None  # an empty text in some captures
    latest_charge: Raw = NOTHING
    charges: Listed | None = None
    metadata: Metadata = None
    payment_method_types: list[str] = []
    receipt_email: str | None = None


class ChargeShape(msgspec.Struct, frozen=True):
    id: str
    amount: int
    amount_refunded: int
    captured: bool
    created: int
    currency: str
    refunded: bool = False
    paid: bool = True
    status: str | None = None
    amount_captured: int | None = None  # since 2020-08-27; before it, `amount` less what was released
    balance_transaction: Raw = NOTHING
    billing_details: Person | None = None
    customer: Raw = NOTHING
    failure_code: str | None = None
    failure_message: str | None = None
    livemode: bool = True
    metadata: Metadata = None
    payment_intent: Raw = NOTHING
    payment_method_details: dict[str, Any] | None = None
    receipt_email: str | None = None
    refunds: Listed | None = None


class RefundShape(msgspec.Struct, frozen=True):
    id: str
    amount: int
    currency: str
    created: int
    status: str | None = None
    charge: Raw = NOTHING
    payment_intent: Raw = NOTHING
    reason: str | None = None
    metadata: Metadata = None


class EvidenceDetails(msgspec.Struct, frozen=True):
    due_by: int | None = None


class DisputeShape(msgspec.Struct, frozen=True):
    id: str
    amount: int
    currency: str
    created: int
    status: str
    charge: Raw = NOTHING
    payment_intent: Raw = NOTHING
    reason: str | None = None
    evidence_details: EvidenceDetails | None = None
    metadata: Metadata = None
    livemode: bool = True


class SessionShape(msgspec.Struct, frozen=True):
    id: str
    mode: str
    payment_status: str
    livemode: bool = True
    status: str | None = None  # open, complete, expired; since 2021
    created: int | None = None  # since 2022
    amount_total: int | None = None
    currency: str | None = None
    client_reference_id: str | None = None
    customer: Raw = NOTHING
    customer_details: Person | None = None
    customer_email: str | None = None
    metadata: Metadata = None
    payment_intent: Raw = NOTHING


class CustomerShape(msgspec.Struct, frozen=True):
    id: str
    created: int | None = None  # absent in the stub of a deleted one
    deleted: bool = False
    livemode: bool = True
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    description: str | None = None
    address: AddressShape | None = None
    shipping: Person | None = None
    metadata: Metadata = None
