"""Xero's JSON to records."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import msgspec

from connectors.xero import wire
from connectors.xero.people import read_person
from connectors.xero.reference import order_of, refund_of
from hub.connector import Faulty, Hint, Ignored, Reader, Reading
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import (
    CreditNoteRecord,
    InvoicePaymentRecord,
    InvoiceRecord,
    InvoiceStatus,
    Kind,
    Record,
    Source,
)

KINDS = {
    "Invoice": Kind.INVOICE,
    "CreditNote": Kind.CREDIT_NOTE,
    "Contact": Kind.CUSTOMER,
    "Payment": Kind.INVOICE_PAYMENT,
}
LISTS = {f"{entity}s": entity for entity in KINDS}

_STATUS = {
    "DRAFT": InvoiceStatus.DRAFT,
    "SUBMITTED": InvoiceStatus.DRAFT,
    "AUTHORISED": InvoiceStatus.OPEN,
    "PAID": InvoiceStatus.PAID,
    "VOIDED": InvoiceStatus.VOID,
    "DELETED": InvoiceStatus.VOID,
}
_GONE = ("VOIDED", "DELETED")
# developer.xero.com, "Deep linking to Xero". A payment has no page there: it is seen on its invoice.
_PAGES = {
    "Invoice": "AccountsReceivable/View.aspx?InvoiceID=",
    "CreditNote": "AccountsReceivable/ViewCreditNote.aspx?creditNoteID=",
    "Contact": "Contacts/View/",
}
_ENVELOPE = {"id", "status", "providername", "datetimeutc", "pagination", "warnings"}

Said = Record | Ignored | Hint | Faulty


def read_entity(entity: str, reading: Reading, body: bytes) -> Iterable[Said]:
    """One object of a page or an answer."""
    try:
        return list(_object(entity, reading, body, "$"))
    except (ValueError, RecursionError) as fault:  # msgspec's errors are ValueErrors
        raise Unreadable(f"{entity}: {fault}") from fault


def read_answer(reading: Reading, body: bytes) -> Iterable[Said]:
    """Any answer of the API: lists of objects by their name, or a fault."""
    try:
        body.decode()
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"$: {fault}") from fault
    lower = {name.lower() for name in fields}
    if "errornumber" in lower or {"title", "detail"} <= lower:
        return [Ignored(reason="a fault: the call was declined")]
    if "access_token" in fields:
        return [Ignored(reason="an answer of the token server")]
    known = {name: raw for name, raw in fields.items() if name in LISTS}
    if known:
        return list(_lists(reading, known))
    names = [name for name in fields if name[:1].isupper()]
    if not names:
        raise Unreadable("$: expected an answer with a list of objects by their name, or a fault")
    other = next((name for name in names if name.lower() not in _ENVELOPE), "an answer without objects")
    return [Ignored(reason=f"{other[:40]}: of no use to an order")]


def read_xml(_reading: Reading, body: bytes) -> Iterable[Ignored]:
    if body.lstrip()[:1] != b"<":
        raise Unreadable("$: expected XML")
    return [Ignored(reason="XML: the hub asks Xero for JSON and reads only that")]


def _lists(reading: Reading, lists: dict[str, msgspec.Raw]) -> Iterator[Said]:
    for name, raw in lists.items():
        try:
            items = msgspec.json.decode(raw, type=list[msgspec.Raw])
        except (ValueError, RecursionError) as fault:
            yield Faulty(path=f"$.{name}: {fault}")
            continue
        if not items:
            yield Ignored(reason=f"{name}: an empty page")
        for index, item in enumerate(items):
            try:
                yield from _object(LISTS[name], reading, bytes(item), f"$.{name}[{index}]")
            except (ValueError, RecursionError) as fault:
                yield Faulty(path=f"$.{name}[{index}]: {fault}")


def _object(entity: str, reading: Reading, body: bytes, path: str) -> Iterator[Said]:
    match entity:
        case "Invoice":
            yield from _invoice(reading, body, path)
        case "CreditNote":
            yield _credit_note(reading, msgspec.json.decode(body, type=wire.CreditNote))
        case "Contact":
            person = read_person(reading, msgspec.json.decode(body, type=wire.Person))
            yield replace(person, url=_url("Contact", person.source.external_id))
        case _:
            yield _payment(reading, msgspec.json.decode(body, type=wire.Payment))


def _head(reading: Reading, entity: str, id: str, updated: str, date: str) -> dict[str, Any]:
    """`created_at` is the document's day: Xero does not say when it was entered."""
    at = wire.parse_date(updated)
    uuid = wire.uuid(id)
    return {
        "source": Source(reading.connection, KINDS[entity], uuid),
        "version": max(0, wire.milliseconds(at)),
        "created_at": wire.parse_date(date) if date else at,
        "updated_at": at,
        "url": _url(entity, uuid),
    }


def _invoice(reading: Reading, body: bytes, path: str) -> Iterator[Said]:
    """An invoice, and the payments on it: there is no webhook of their own."""
    said = msgspec.json.decode(body, type=wire.Invoice)
    if said.type != "ACCREC":
        yield Ignored(reason=f"{said.type[:20]}: not a sales invoice")
        return
    total = Money.parse(said.total, said.currency)
    void = said.status in _GONE
    balance = Money.parse(said.due, said.currency) if said.due is not None else total
    unknown = InvoiceStatus.OPEN if balance else InvoiceStatus.PAID  # a state that Xero has added since
    record = InvoiceRecord(
        **_head(reading, "Invoice", said.id, said.updated, said.date),
        claims=order_of(said.reference, said.url),
        deleted=said.status == "DELETED",  # a draft that was thrown away; what was approved is voided instead
        number=said.number or "",
        status=_STATUS.get(said.status, unknown),
        total=total,
        balance=Money.zero(total.currency) if void else balance,
        customer=_contact(reading, said.contact),
        issued_on=_day(said.date),
        due_on=_day(said.due_date),
    )
    yield record
    inner = wire.InnerInvoice(id=said.id, type=said.type, currency=said.currency)
    for index, raw in enumerate(said.payments):
        try:
            # As new as the invoice that shows it. Where the payment's own record is newer, that one stands.
            payment = msgspec.json.decode(raw, type=wire.Payment)
            payment = msgspec.structs.replace(payment, updated=payment.updated or said.updated, invoice=inner)
            yield _payment(reading, payment)
        except ValueError as fault:
            yield Faulty(path=f"{path}.Payments[{index}]: {fault}")


def _payment(reading: Reading, said: wire.Payment) -> Said:
    invoice = said.invoice
    if said.type != "ACCRECPAYMENT" or (invoice is not None and invoice.type not in ("", "ACCREC")):
        return Ignored(reason=f"{said.type[:20]}: not a payment of a sales invoice")
    if invoice is None or not invoice.id:
        raise ValueError("Invoice.InvoiceID: expected, in a payment of an invoice")
    paid = wire.uuid(invoice.id)
    if not invoice.currency:
        return Hint(kind="invoice", external_id=paid)  # it is in the invoice's currency, which is not told here
    return InvoicePaymentRecord(
        **_head(reading, "Payment", said.id, said.updated, said.date),
        claims=(Source(reading.connection, Kind.INVOICE, paid).key,),
        amount=Money.parse(said.amount, invoice.currency),
        invoices=(paid,),
        reference=said.reference or "",
        void=said.status == "DELETED",
    )


def _credit_note(reading: Reading, said: wire.CreditNote) -> Said:
    if said.type != "ACCRECCREDIT":
        return Ignored(reason=f"{said.type[:20]}: not a sales credit note")
    total = Money.parse(said.total, said.currency)
    applied = {wire.uuid(each.invoice.id) for each in said.allocations if each.invoice and each.invoice.id}
    claims = set(order_of(said.reference))
    # A note that is spread over several invoices is no word on whose it is.
    claims |= {Source(reading.connection, Kind.INVOICE, each).key for each in applied if len(applied) == 1}
    return CreditNoteRecord(
        **_head(reading, "CreditNote", said.id, said.updated, said.date),
        claims=tuple(sorted(claims)),
        deleted=said.status == "DELETED",
        number=said.number or "",
        total=total,
        balance=Money.parse(said.remaining, said.currency) if said.remaining is not None else Money.zero(said.currency),
        reference=refund_of(said.reference),
        void=said.status in _GONE,
    )


def _contact(reading: Reading, said: wire.Contact | None) -> Source | None:
    return Source(reading.connection, Kind.CUSTOMER, wire.uuid(said.id)) if said and said.id else None


def _day(text: str | None) -> str:
    return wire.parse_date(text).date().isoformat() if text else ""


def _url(entity: str, id: str) -> str:
    return f"https://go.xero.com/{_PAGES[entity]}{id}" if entity in _PAGES else ""


READ: dict[str, Reader] = {
    **{entity: partial(read_entity, entity) for entity in KINDS},
    "answer": read_answer,
    "xml": read_xml,
}
