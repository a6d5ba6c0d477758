"""The parts of QuickBooks' JSON that we read, in its own words (`TxnDate` is `txn_date` here).

Number tokens go to `Decimal` digit by digit, never through a float.
"""

from decimal import Decimal

import msgspec


class _Shape(msgspec.Struct, frozen=True, rename="pascal"):
    pass


class Ref(msgspec.Struct, frozen=True):
    value: str
    name: str = ""


class MetaData(_Shape, frozen=True):
    last_updated_time: str
    create_time: str = ""


class LinkedTxn(_Shape, frozen=True):
    txn_id: str = ""
    txn_type: str = ""


class Line(_Shape, frozen=True):
    linked_txn: list[LinkedTxn] = []


class Stub(_Shape, frozen=True):
    """What all objects have. Of a deleted one there is nothing else."""

    id: str
    status: str | None = msgspec.field(name="status", default=None)  # "Deleted"; in lower case at the vendor
    sync_token: str = "0"  # noqa: S105 - a version
    meta_data: MetaData | None = None


class Document(_Shape, frozen=True):
    """Invoice, SalesReceipt, Payment, CreditMemo and RefundReceipt: what the five have in common, and little more."""

    id: str
    meta_data: MetaData
    total_amt: Decimal
    sync_token: str = "0"  # noqa: S105 - a version
    balance: Decimal | None = None
    doc_number: str | None = None
    txn_date: str | None = None
    due_date: str | None = None
    private_note: str | None = None
    currency_ref: Ref | None = None
    customer_ref: Ref | None = None
    linked_txn: list[LinkedTxn] = []
    line: list[Line] = []


class Address(_Shape, frozen=True):
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    country: str | None = None
    country_sub_division_code: str | None = None
    postal_code: str | None = None


class Email(_Shape, frozen=True):
    address: str | None = None


class Phone(_Shape, frozen=True):
    free_form_number: str | None = None


class Customer(_Shape, frozen=True):
    id: str
    meta_data: MetaData
    sync_token: str = "0"  # noqa: S105 - a version
    active: bool = True
    display_name: str = ""
    print_on_check_name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    company_name: str | None = None
    primary_email_addr: Email | None = None
    primary_phone: Phone | None = None
    bill_addr: Address | None = None
    ship_addr: Address | None = None
    notes: str | None = None
    currency_ref: Ref | None = None


class CloudEvent(msgspec.Struct, frozen=True):
    """The form of webhooks since 2025: a bare array of these."""

    id: str
    type: str  # qbo.<entity>.<operation>.v1
    intuitentityid: str
    intuitaccountid: str
    time: str = ""
    source: str = ""


class Entity(msgspec.Struct, frozen=True, rename="camel"):
    """One change in the older form of webhooks."""

    name: str
    id: str
    operation: str
    last_updated: str = ""
    deleted_id: str | None = None  # of a merge: the one that is gone


class _Changes(msgspec.Struct, frozen=True):
    entities: list[msgspec.Raw] = []


class Notification(msgspec.Struct, frozen=True, rename="camel"):
    realm_id: str
    data_change_event: _Changes


class Notifications(msgspec.Struct, frozen=True, rename="camel"):
    event_notifications: list[msgspec.Raw]
