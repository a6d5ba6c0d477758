"""PayPal's shapes, in PayPal's words: only the fields that we read.

One struct serves both generations of a resource: v2 says `status` and `{currency_code, value}`, v1 says `state` and
`{currency, total}`. Nested resources stay raw and are decoded one by one: one bad refund does not spoil its order.
"""

import msgspec

Raw = msgspec.Raw


class Amount(msgspec.Struct, frozen=True):
    currency_code: str | None = None
    value: str | None = None
    currency: str | None = None
    total: str | None = None


class Link(msgspec.Struct, frozen=True):
    href: str = ""
    rel: str | None = None


class RelatedIds(msgspec.Struct, frozen=True):
    order_id: str | None = None
    authorization_id: str | None = None
    capture_id: str | None = None


class SupplementaryData(msgspec.Struct, frozen=True):
    related_ids: RelatedIds | None = None


class StatusDetails(msgspec.Struct, frozen=True):
    reason: str | None = None


class Head(msgspec.Struct, frozen=True):
    """What tells the resources apart."""

    id: str | None = None
    dispute_id: str | None = None
    links: list[Link] | None = None
    capture_id: str | None = None
    sale_id: str | None = None


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """A capture, an authorization, a sale (v1) or a refund."""

    id: str
    amount: Amount
    create_time: str
    status: str | None = None
    state: str | None = None
    update_time: str | None = None
    status_details: StatusDetails | None = None
    reason_code: str | None = None
    custom_id: str | None = None
    custom: str | None = None
    invoice_id: str | None = None
    invoice_number: str | None = None
    supplementary_data: SupplementaryData | None = None
    links: list[Link] | None = None
    parent_payment: str | None = None
    capture_id: str | None = None
    sale_id: str | None = None


class Payments(msgspec.Struct, frozen=True):
    authorizations: list[Raw] | None = None
    captures: list[Raw] | None = None
    refunds: list[Raw] | None = None


class PurchaseUnit(msgspec.Struct, frozen=True):
    amount: Amount | None = None
    custom_id: str | None = None
    invoice_id: str | None = None
    payments: Payments | None = None


class Name(msgspec.Struct, frozen=True):
    given_name: str | None = None
    surname: str | None = None


class Payer(msgspec.Struct, frozen=True):
    name: Name | None = None
    email_address: str | None = None


class Order(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    status: str | None = None
    create_time: str | None = None
    update_time: str | None = None
    purchase_units: list[PurchaseUnit] | None = None
    payer: Payer | None = None


class DisputedTransaction(msgspec.Struct, frozen=True):
    seller_transaction_id: str | None = None
    custom: str | None = None
    invoice_number: str | None = None


class DisputeOutcome(msgspec.Struct, frozen=True):
    outcome_code: str | None = None


class Dispute(msgspec.Struct, frozen=True, kw_only=True):
    dispute_id: str
    create_time: str
    update_time: str | None = None
    status: str | None = None
    reason: str | None = None
    dispute_amount: Amount | None = None
    dispute_outcome: DisputeOutcome | None = None
    disputed_transactions: list[DisputedTransaction] | None = None
    seller_response_due_date: str | None = None


class EventShape(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    event_type: str
    create_time: str
    resource: Raw


class TransactionInfo(msgspec.Struct, frozen=True, kw_only=True):
    transaction_id: str
    transaction_event_code: str | None = None


class Reported(msgspec.Struct, frozen=True):
    """A row of the transaction search."""

    transaction_info: TransactionInfo
