"""Commands to calls, and the look-ups that keep a repeat from making a second document."""

from collections.abc import Sequence
from typing import Any

import msgspec

from connectors.books.commands import VoidInvoice
from connectors.xero import wire
from connectors.xero.client import all_of, fetch_one, page, write
from connectors.xero.commands import (
    BookLine,
    CreateCreditNote,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
)
from connectors.xero.reference import order_of
from hub.connector import Account, Event
from hub.domain.errors import Refused, Unreadable
from hub.domain.ids import CommandId
from hub.domain.money import Money


async def create_invoice(account: Account, wish: CreateInvoice, id: CommandId) -> list[Event]:
    body: dict[str, Any] = {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": wish.contact},
        "Date": wish.date,
        "DueDate": wish.due,
        "Reference": wish.reference,
        "CurrencyCode": wish.total.currency,
        "LineAmountTypes": wish.amounts,
        "LineItems": _lines(wish.lines),
    }
    if wish.number:
        body["InvoiceNumber"] = wish.number
    if account.settings.order_page:
        body["Url"] = f"{account.settings.order_page}/{wish.subject}"
    return await write(account, "PUT", "Invoices", {"Invoices": [body]}, id)


async def find_invoice(account: Account, wish: CreateInvoice, _id: CommandId) -> list[Event] | None:
    """Whatever carries the order's id, a void one too: whether there should be another is not the look-up's to say."""
    where = f'Type=="ACCREC" AND Reference!=null AND Reference.StartsWith("{wish.subject}")'
    found = [each async for each in all_of(account, "Invoices", where=where)]
    ours = [each for each in found if order_of(_decode(each, wire.Invoice).reference) == (wish.subject,)]
    return ours or None


async def update_invoice(account: Account, wish: UpdateInvoice, id: CommandId) -> list[Event]:
    said = await _current(account, wish.target)
    # Both were so when this was planned; a person may have been quicker.
    if not _untouched(said) or not order_of(said.reference, said.url):
        raise Refused(f"invoice {wish.target} has a payment by now, or is no longer ours: it is not changed")
    body = {"InvoiceID": wish.target, "LineAmountTypes": wish.amounts, "LineItems": _lines(wish.lines)}
    return await write(account, "POST", f"Invoices/{wish.target}", {"Invoices": [body]}, f"{id}-{_version(said)}")


async def void_invoice(account: Account, wish: VoidInvoice, id: CommandId) -> list[Event]:
    said = await _current(account, wish.target)
    if said.status in ("VOIDED", "DELETED"):
        return await fetch_one("Invoice", account, wish.target)
    if not _untouched(said):
        raise Refused(f"invoice {wish.target} has a payment by now: it is not voided")
    # What was never approved cannot be voided, only thrown away.
    body = {"InvoiceID": wish.target, "Status": "VOIDED" if said.status == "AUTHORISED" else "DELETED"}
    return await write(account, "POST", f"Invoices/{wish.target}", {"Invoices": [body]}, f"{id}-{_version(said)}")


async def record_payment(account: Account, wish: RecordPayment, id: CommandId) -> list[Event]:
    body = {
        "Invoice": {"InvoiceID": wish.invoice},
        "Account": {"AccountID" if wire.UUID.fullmatch(wish.account.lower()) else "Code": wish.account},
        "Date": wish.date,
        "Amount": _number(wish.amount),
        "Reference": wish.target,
    }
    made = await write(account, "PUT", "Payments", {"Payments": [body]}, id)
    return [*made, *(invoice for each in made for invoice in _invoice_of(each))]


async def find_payment(account: Account, wish: RecordPayment, _id: CommandId) -> list[Event] | None:
    """An invoice shows its payments with their references, deleted ones no more."""
    found = await fetch_one("Invoice", account, wish.invoice)
    payments = [msgspec.json.decode(raw, type=wire.Payment) for raw in _decode(found[0], wire.Invoice).payments]
    return found if any(each.reference == wish.target for each in payments) else None


async def create_credit_note(account: Account, wish: CreateCreditNote, id: CommandId) -> list[Event]:
    body = {
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": wish.contact},
        "Date": wish.date,
        "Reference": wish.reference,
        "CurrencyCode": wish.total.currency,
        "LineAmountTypes": wish.amounts,
        "LineItems": _lines(wish.lines),
    }
    return await write(account, "PUT", "CreditNotes", {"CreditNotes": [body]}, id)


async def find_credit_note(account: Account, wish: CreateCreditNote, _id: CommandId) -> list[Event] | None:
    where = f'Type=="ACCRECCREDIT" AND Reference=="{wish.reference}"'
    return await page(account, "CreditNotes", 1, where=where) or None


class _Paid(msgspec.Struct):
    invoice: msgspec.Raw = msgspec.field(name="Invoice")


def _invoice_of(payment: Event) -> list[Event]:
    """The invoice with its new balance, where the answer shows it whole; if not, a webhook tells of it."""
    try:
        raw = bytes(msgspec.json.decode(payment.body, type=_Paid).invoice)
        msgspec.json.decode(raw, type=wire.Invoice)
    except ValueError:
        return []
    return [Event(kind="Invoice", body=raw)]


def _lines(lines: Sequence[BookLine]) -> list[dict[str, Any]]:
    return [_line(line) for line in lines]


def _line(line: BookLine) -> dict[str, Any]:
    """The amount is given with its factors: Xero would round what it has to work out."""
    said: dict[str, Any] = {
        "Description": line.text[:4000],
        "Quantity": line.quantity if line.quantity is not None else 1,
        "UnitAmount": _number(line.unit_price if line.unit_price is not None else line.amount),
        "LineAmount": _number(line.amount),
        "TaxType": line.tax_type,
        "AccountID" if wire.UUID.fullmatch(line.account.lower()) else "AccountCode": line.account,
    }
    if line.tax is not None:
        said["TaxAmount"] = _number(line.tax)  # as charged, not as Xero would compute it
    return said


def _number(money: Money) -> msgspec.Raw:
    return msgspec.Raw(money.major.encode())


async def _current(account: Account, id: str) -> wire.Invoice:
    (event,) = await fetch_one("Invoice", account, id)
    return _decode(event, wire.Invoice)


def _untouched(said: wire.Invoice) -> bool:
    return said.due == said.total and not said.payments and said.status in ("DRAFT", "SUBMITTED", "AUTHORISED")


def _version(said: wire.Invoice) -> int:
    """Of the state that is changed: another state is another write, with another idempotency key."""
    return wire.milliseconds(wire.parse_date(said.updated))


def _decode(event: Event, shape: type[wire.Invoice]) -> wire.Invoice:
    try:
        return msgspec.json.decode(event.body, type=shape)
    except ValueError as fault:
        raise Unreadable(f"{event.kind}: {fault}") from fault
