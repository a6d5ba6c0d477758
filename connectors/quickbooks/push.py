"""Commands to calls, and the look-ups that keep a repeat from making a second document.

QuickBooks cannot search memos. A look-up asks for the customer's documents of the day that the command names, and
looks for our mark in them.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from connectors.books.commands import VoidInvoice
from connectors.quickbooks.client import fetch_one, find_all, get, post
from connectors.quickbooks.commands import (
    BookLine,
    CreateCreditMemo,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
)
from connectors.quickbooks.reference import Mark, marks
from connectors.quickbooks.shapes import Document
from hub.connector import Account, Event
from hub.domain.errors import HubError, Refused, Unreadable
from hub.domain.ids import CommandId


class _Invoice(msgspec.Struct):
    invoice: Document = msgspec.field(name="Invoice")


async def create_invoice(account: Account, wish: CreateInvoice, id: CommandId) -> list[Event]:
    body = _document(account, wish.subject, id, wish.customer, wish.date, wish.total.currency)
    if wish.number:
        body["DocNumber"] = wish.number
    body["Line"] = _lines(account, wish.lines)
    return [await post(account, "Invoice", body, id)]


async def find_invoice(account: Account, wish: CreateInvoice, id: CommandId) -> list[Event] | None:
    return await _find(account, "Invoice", wish.customer, wish.date, Mark(wish.subject, id))


async def update_invoice(account: Account, wish: UpdateInvoice, id: CommandId) -> list[Event]:
    _, said = await _current(account, wish.target)
    # Both were so when this was planned; a person may have been quicker.
    if said.balance != said.total_amt or not marks(said.private_note):
        raise Refused(f"invoice {wish.target} has a payment by now, or is no longer ours: it is not changed")
    body = {
        "Id": said.id,
        "SyncToken": said.sync_token,
        "sparse": True,
        "Line": _lines(account, wish.lines),
    }
    return [await post(account, "Invoice", body, f"{id}-{said.sync_token}")]


async def void_invoice(account: Account, wish: VoidInvoice, id: CommandId) -> list[Event]:
    now, said = await _current(account, wish.target)
    if not said.total_amt and "voided" in (said.private_note or "").casefold():
        return [now]
    if said.balance != said.total_amt:
        raise Refused(f"invoice {wish.target} has a payment by now: it is not voided")
    body = {"Id": said.id, "SyncToken": said.sync_token}
    return [await post(account, "Invoice", body, f"{id}-{said.sync_token}", operation="void")]


async def record_payment(account: Account, wish: RecordPayment, id: CommandId) -> list[Event]:
    amount = msgspec.Raw(wish.amount.major.encode())
    body = _document(account, wish.subject, id, wish.customer, wish.date, wish.amount.currency, wish.target)
    body["TotalAmt"] = amount
    body["Line"] = [{"Amount": amount, "LinkedTxn": [{"TxnId": wish.invoice, "TxnType": "Invoice"}]}]
    return [await post(account, "Payment", body, id), *await _invoice_after(account, wish)]


async def find_payment(account: Account, wish: RecordPayment, id: CommandId) -> list[Event] | None:
    found = await _find(account, "Payment", wish.customer, wish.date, Mark(wish.subject, id, wish.target))
    return found and [*found, *await _invoice_after(account, wish)]


async def create_credit_memo(account: Account, wish: CreateCreditMemo, id: CommandId) -> list[Event]:
    body = _document(account, wish.subject, id, wish.customer, wish.date, wish.total.currency, wish.target)
    body["Line"] = _lines(account, wish.lines)
    return [await post(account, "CreditMemo", body, id)]


async def find_credit_memo(account: Account, wish: CreateCreditMemo, id: CommandId) -> list[Event] | None:
    return await _find(account, "CreditMemo", wish.customer, wish.date, Mark(wish.subject, id, wish.target))


def _document(
    account: Account, subject: str, id: str, customer: str, date: str, currency: str, target: str = ""
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "CustomerRef": {"value": customer},
        "TxnDate": date,
        "PrivateNote": str(Mark(subject, id, target)),
    }
    if account.settings.multicurrency:
        body["CurrencyRef"] = {"value": currency}
    return body


def _lines(account: Account, lines: tuple[BookLine, ...]) -> list[Mapping[str, Any]]:
    return [_line(line, account.settings.tax_code) for line in lines]


def _line(line: BookLine, tax_code: str) -> Mapping[str, Any]:
    detail: dict[str, Any] = {"ItemRef": {"value": line.item}, "TaxCodeRef": {"value": tax_code}}
    if line.quantity is not None and line.unit_price is not None:
        detail |= {"Qty": line.quantity, "UnitPrice": msgspec.Raw(line.unit_price.major.encode())}
    return {
        "Amount": msgspec.Raw(line.amount.major.encode()),
        "Description": line.text[:4000],
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": detail,
    }


async def _find(account: Account, entity: str, customer: str, date: str, mark: Mark) -> list[Event] | None:
    """What carries this command's mark; or what is not void and was made for the same subject and target before."""
    same: list[Event] = []
    async for row in find_all(account, entity, f"CustomerRef = '{customer}' AND TxnDate = '{date}'"):
        said = msgspec.json.decode(row, type=Document)
        for found in marks(said.private_note):
            if found.command == mark.command:
                return [Event(kind=entity, body=row)]
            if (found.subject, found.target) == (mark.subject, mark.target) and _alive(said):
                same.append(Event(kind=entity, body=row))
    return same or None


def _alive(said: Document) -> bool:
    return bool(said.total_amt) or "voided" not in (said.private_note or "").casefold()


async def _current(account: Account, id: str) -> tuple[Event, Document]:
    (event,) = await fetch_one("Invoice", account, id)
    try:
        return event, msgspec.json.decode(event.body, type=_Invoice).invoice
    except ValueError as fault:
        raise Unreadable(f"invoice {id}: {fault}") from fault


async def _invoice_after(account: Account, wish: RecordPayment) -> list[Event]:
    """The invoice with its new balance. Not needed: the payment is booked, and a webhook tells of the invoice too."""
    try:
        return [Event(kind="Invoice", body=await get(account, f"/invoice/{wish.invoice}"))]
    except HubError:
        return []
