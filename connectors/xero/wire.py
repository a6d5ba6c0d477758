"""Xero's JSON: the parts that we read, and its dates.

Number tokens go to `Decimal` digit by digit, never through a float.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# `/Date(1588633397422)/`, `/Date(1571443200000+0000)/`: milliseconds since 1970 in UTC, whatever the offset says.
_MS_DATE = re.compile(r"/Date\((-?[0-9]{1,14})(?:[+-][0-9]{4})?\)/")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def parse_date(text: str) -> datetime:
    """Either form of Xero's dates, as UTC. Raises `ValueError`."""
    try:
        if found := _MS_DATE.fullmatch(text):
            return _EPOCH + timedelta(milliseconds=int(found[1]))
        at = datetime.fromisoformat(text)
        # `DateString` and `eventDateUtc` have no offset.
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except OverflowError:
        raise ValueError(f"{text[:40]!r} is no time") from None


def milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def uuid(text: str) -> str:
    """In lower case. Raises `ValueError`."""
    if not UUID.fullmatch(lower := text.lower()):
        raise ValueError(f"expected a UUID, found {text[:40]!r}")
    return lower


class _Shape(msgspec.Struct, frozen=True):
    """Names are the vendor's own, given with each field."""


class Words(_Shape, frozen=True):
    message: str = msgspec.field(name="Message", default="")


class Contact(_Shape, frozen=True):
    id: str = msgspec.field(name="ContactID", default="")


class InnerInvoice(_Shape, frozen=True):
    """Where another document names an invoice."""

    id: str = msgspec.field(name="InvoiceID", default="")
    type: str = msgspec.field(name="Type", default="")
    currency: str = msgspec.field(name="CurrencyCode", default="")


class Payment(_Shape, frozen=True):
    """On its own, or on the invoice that it pays: there without type, status, time and invoice."""

    id: str = msgspec.field(name="PaymentID")
    amount: Decimal = msgspec.field(name="Amount")
    date: str = msgspec.field(name="Date", default="")
    reference: str | None = msgspec.field(name="Reference", default=None)
    status: str = msgspec.field(name="Status", default="AUTHORISED")
    type: str = msgspec.field(name="PaymentType", default="ACCRECPAYMENT")
    updated: str = msgspec.field(name="UpdatedDateUTC", default="")
    invoice: InnerInvoice | None = msgspec.field(name="Invoice", default=None)


class Invoice(_Shape, frozen=True):
    id: str = msgspec.field(name="InvoiceID")
    type: str = msgspec.field(name="Type")
    status: str = msgspec.field(name="Status")
    currency: str = msgspec.field(name="CurrencyCode")
    total: Decimal = msgspec.field(name="Total")
    updated: str = msgspec.field(name="UpdatedDateUTC")
    due: Decimal | None = msgspec.field(name="AmountDue", default=None)
    number: str | None = msgspec.field(name="InvoiceNumber", default=None)
    reference: str | None = msgspec.field(name="Reference", default=None)
    url: str | None = msgspec.field(name="Url", default=None)
    date: str = msgspec.field(name="Date", default="")
    due_date: str | None = msgspec.field(name="DueDate", default=None)
    contact: Contact | None = msgspec.field(name="Contact", default=None)
    payments: list[msgspec.Raw] = msgspec.field(name="Payments", default_factory=list)


class Allocation(_Shape, frozen=True):
    invoice: InnerInvoice | None = msgspec.field(name="Invoice", default=None)


class CreditNote(_Shape, frozen=True):
    id: str = msgspec.field(name="CreditNoteID")
    type: str = msgspec.field(name="Type")
    status: str = msgspec.field(name="Status")
    currency: str = msgspec.field(name="CurrencyCode")
    total: Decimal = msgspec.field(name="Total")
    updated: str = msgspec.field(name="UpdatedDateUTC")
    remaining: Decimal | None = msgspec.field(name="RemainingCredit", default=None)
    number: str | None = msgspec.field(name="CreditNoteNumber", default=None)
    reference: str | None = msgspec.field(name="Reference", default=None)
    date: str = msgspec.field(name="Date", default="")
    allocations: list[Allocation] = msgspec.field(name="Allocations", default_factory=list)


class Address(_Shape, frozen=True):
    type: str = msgspec.field(name="AddressType", default="")
    line1: str | None = msgspec.field(name="AddressLine1", default=None)
    line2: str | None = msgspec.field(name="AddressLine2", default=None)
    city: str | None = msgspec.field(name="City", default=None)
    region: str | None = msgspec.field(name="Region", default=None)
    postal_code: str | None = msgspec.field(name="PostalCode", default=None)
    country: str | None = msgspec.field(name="Country", default=None)
    attention: str | None = msgspec.field(name="AttentionTo", default=None)


class Phone(_Shape, frozen=True):
    type: str = msgspec.field(name="PhoneType", default="")
    number: str | None = msgspec.field(name="PhoneNumber", default=None)
    area: str | None = msgspec.field(name="PhoneAreaCode", default=None)
    country: str | None = msgspec.field(name="PhoneCountryCode", default=None)


class Person(_Shape, frozen=True):
    """A contact, with all that we read of it."""

    id: str = msgspec.field(name="ContactID")
    name: str = msgspec.field(name="Name")
    updated: str = msgspec.field(name="UpdatedDateUTC")
    status: str = msgspec.field(name="ContactStatus", default="ACTIVE")
    number: str | None = msgspec.field(name="ContactNumber", default=None)
    first: str | None = msgspec.field(name="FirstName", default=None)
    last: str | None = msgspec.field(name="LastName", default=None)
    email: str | None = msgspec.field(name="EmailAddress", default=None)
    addresses: list[Address] = msgspec.field(name="Addresses", default_factory=list)
    phones: list[Phone] = msgspec.field(name="Phones", default_factory=list)
