"""Salesforce's JSON, as far as we read it. A field that nobody filled is null; one that was not asked for is absent."""

from decimal import Decimal

import msgspec


class Attributes(msgspec.Struct):
    type: str = ""


class Row(msgspec.Struct):
    """Any object: its type says which."""

    attributes: Attributes = msgspec.field(default_factory=Attributes)


class Named(msgspec.Struct, rename="pascal"):
    name: str | None = None


class Contact(msgspec.Struct, rename="pascal"):
    id: str
    system_modstamp: str
    created_date: str
    is_deleted: bool = False
    master_record_id: str | None = None  # of one that was merged: what it became part of
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    mailing_street: str | None = None
    mailing_city: str | None = None
    mailing_state: str | None = None
    mailing_state_code: str | None = None
    mailing_postal_code: str | None = None
    mailing_country: str | None = None
    mailing_country_code: str | None = None
    account_id: str | None = None
    account: Named | None = None
    key: str | None = msgspec.field(default=None, name="Orderhub_Contact__c")
    customers: str | None = msgspec.field(default=None, name="Orderhub_Customer__c")
    wrote: str | None = msgspec.field(default=None, name="Orderhub_Wrote__c")


class Role(msgspec.Struct, rename="pascal"):
    id: str
    contact_id: str | None = None
    is_primary: bool = False


class Roles(msgspec.Struct):
    records: list[Role] = []


class Opportunity(msgspec.Struct, rename="pascal"):
    id: str
    system_modstamp: str
    created_date: str
    is_deleted: bool = False
    name: str | None = None
    stage_name: str | None = None
    amount: Decimal | None = None  # digit by digit, never through a float
    currency_iso_code: str | None = None
    close_date: str | None = None
    opportunity_contact_roles: Roles | None = None
    order: str | None = msgspec.field(default=None, name="Orderhub_Order__c")


class Rows(msgspec.Struct, rename="camel"):
    """An answer to a query. Not `done`: there are more rows than fit into it."""

    records: list[msgspec.Raw]
    done: bool = True


class Saved(msgspec.Struct):
    """An answer to a create, or to an upsert that created."""

    id: str


class Problem(msgspec.Struct, rename="camel"):
    message: str = ""
    error_code: str = ""
    fields: list[str] | None = None


class Notification(msgspec.Struct, rename="pascal"):
    """One item of an outbound message, as `inbound.py` writes it down: which object, and whose."""

    organization_id: str
    type: str
    object_id: str
