"""QuickBooks' JSON to records."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from connectors.quickbooks import shapes
from connectors.quickbooks.reference import marks, subjects
from hub.connector import Faulty, Ignored, Reader, Reading
from hub.domain.clock import from_unix, parse_time
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import (
    Address,
    CreditNoteRecord,
    CustomerRecord,
    InvoicePaymentRecord,
    InvoiceRecord,
    InvoiceStatus,
    Kind,
    Record,
    Source,
)

KINDS = {
    "Customer": Kind.CUSTOMER,
    "Invoice": Kind.INVOICE,
    "SalesReceipt": Kind.INVOICE,
    "Payment": Kind.INVOICE_PAYMENT,
    "CreditMemo": Kind.CREDIT_NOTE,
    "RefundReceipt": Kind.CREDIT_NOTE,
}
ENTITIES = tuple(KINDS)

# Two entities share a kind of ours, and nothing promises that they share a sequence of ids.
_PREFIX = {"SalesReceipt": "salesreceipt-", "RefundReceipt": "refundreceipt-"}
# Deleted objects do not come back and their ids are not given again: nothing is newer.
_FINAL = 2**62
_PAGES = {"Customer": "customerdetail?nameId=", "Payment": "recvpayment?txnId="}


def source(connection: str, entity: str, id: str) -> Source:
    return Source(connection, KINDS[entity], _PREFIX.get(entity, "") + id)


def gone(reading: Reading, entity: str, id: str, at: datetime | None) -> Record:
    """A deleted object. All that is left of it is its id; amounts are empty, as they count for nothing."""
    when = at or reading.at or from_unix(0)
    zero = Money.zero(_home(reading) or "USD")
    head: dict[str, Any] = {
        "source": source(reading.connection, entity, id),
        "version": _FINAL,
        "created_at": when,
        "updated_at": when,
        "deleted": True,
    }
    match KINDS[entity]:
        case Kind.CUSTOMER:
            return CustomerRecord(**head)
        case Kind.INVOICE:
            return InvoiceRecord(**head, number="", status=InvoiceStatus.VOID, total=zero, balance=zero)
        case Kind.INVOICE_PAYMENT:
            return InvoicePaymentRecord(**head, amount=zero, void=True)
        case _:
            return CreditNoteRecord(**head, number="", total=zero, balance=zero, void=True)


def read_entity(entity: str, reading: Reading, body: bytes) -> Iterable[Record]:
    """One object, bare or as `{"Invoice": {…}, "time": …}`."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        return [_object(entity, reading, bytes(fields[entity]) if entity in fields else body)]
    except (ValueError, RecursionError) as fault:  # msgspec's errors are ValueErrors
        raise Unreadable(f"{entity}: {fault}") from fault


def read_answer(reading: Reading, body: bytes) -> Iterable[Record | Ignored | Faulty]:
    """Any answer of the API: an object, a query's page, a change feed or a fault."""
    try:
        body.decode()
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        if "Fault" in fields or fields.get("fault", b"null") != b"null":
            return [Ignored(reason="a fault: the call was declined")]
        if "QueryResponse" in fields:
            return list(_page(reading, "$.QueryResponse", bytes(fields["QueryResponse"])))
        if "CDCResponse" in fields:
            return list(_feed(reading, bytes(fields["CDCResponse"])))
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"$: {fault}") from fault
    names = [name for name in fields if name[:1].isupper()]
    for name in names:
        if name in KINDS:
            return read_entity(name, reading, body)
    if len(names) == 1 and len(fields) <= 2:
        return [Ignored(reason=f"{names[0]}: of no use to an order")]
    raise Unreadable("$: expected an object by its name, QueryResponse, CDCResponse or Fault")


def read_xml(_reading: Reading, _body: bytes) -> Iterable[Ignored]:
    return [Ignored(reason="XML: the hub asks QuickBooks for JSON and reads only that")]


def _feed(reading: Reading, body: bytes) -> Iterator[Record | Ignored | Faulty]:
    for number, group in enumerate(msgspec.json.decode(body, type=list[dict[str, msgspec.Raw]])):
        pages = msgspec.json.decode(group.get("QueryResponse", b"[]"), type=list[msgspec.Raw])
        for index, page in enumerate(pages):
            yield from _page(reading, f"$.CDCResponse[{number}].QueryResponse[{index}]", bytes(page))


def _page(reading: Reading, path: str, body: bytes) -> Iterator[Record | Ignored | Faulty]:
    fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    lists = {name: raw for name, raw in fields.items() if name[:1].isupper()}
    if not lists:
        yield Ignored(reason="a page without objects")
    for name, raw in lists.items():
        items = msgspec.json.decode(raw, type=list[msgspec.Raw])
        if name not in KINDS:
            yield Ignored(reason=f"{len(items)} × {name}: of no use to an order")
            continue
        for index, item in enumerate(items):
            try:
                yield _object(name, reading, bytes(item))
            except ValueError as fault:
                yield Faulty(path=f"{path}.{name}[{index}]: {fault}")


def _object(entity: str, reading: Reading, body: bytes) -> Record:
    stub = msgspec.json.decode(body, type=shapes.Stub)
    if stub.status == "Deleted":
        return gone(reading, entity, stub.id, parse_time(stub.meta_data.last_updated_time) if stub.meta_data else None)
    if entity == "Customer":
        return _customer(reading, msgspec.json.decode(body, type=shapes.Customer))
    return _document(entity, reading, msgspec.json.decode(body, type=shapes.Document))


def _document(entity: str, reading: Reading, said: shapes.Document) -> Record:
    currency = said.currency_ref.value if said.currency_ref else _home(reading)
    if not currency:
        raise ValueError("CurrencyRef: expected, as the company's home currency is not known")
    total = Money.parse(said.total_amt, currency)
    void = not total and "voided" in (said.private_note or "").casefold()
    updated = parse_time(said.meta_data.last_updated_time)
    connection = reading.connection
    invoices = _linked(said, "Invoice")
    claims = set(subjects(said.private_note, "ord"))
    # A payment of several invoices is no word on whose it is: it must not make one order of several.
    if entity == "Payment" and len(invoices) == 1:
        claims.add(Source(connection, Kind.INVOICE, invoices[0]).key)
    target = next((mark.target for mark in marks(said.private_note) if mark.target), "")
    head: dict[str, Any] = {
        "source": source(connection, entity, said.id),
        "version": _version(updated, said.sync_token, len(said.linked_txn)),
        "claims": tuple(sorted(claims)),
        "created_at": parse_time(said.meta_data.create_time or said.meta_data.last_updated_time),
        "updated_at": updated,
        "url": _url(reading, entity, said.id),
    }
    if entity == "Payment":
        return InvoicePaymentRecord(**head, amount=total, invoices=invoices, reference=target, void=void)
    balance = Money.parse(said.balance, currency) if said.balance is not None else Money.zero(currency)
    number = said.doc_number or ""
    if KINDS[entity] is Kind.CREDIT_NOTE:
        return CreditNoteRecord(**head, number=number, total=total, balance=balance, reference=target, void=void)
    status = InvoiceStatus.OPEN if balance and entity == "Invoice" else InvoiceStatus.PAID
    return InvoiceRecord(
        **head,
        number=number,
        status=InvoiceStatus.VOID if void else status,
        total=total,
        balance=balance if entity == "Invoice" else Money.zero(currency),
        customer=Source(connection, Kind.CUSTOMER, said.customer_ref.value) if said.customer_ref else None,
        issued_on=said.txn_date or "",
        due_on=said.due_date or "",
    )


def _customer(reading: Reading, said: shapes.Customer) -> Record:
    updated = parse_time(said.meta_data.last_updated_time)
    person = " ".join(part for part in (said.given_name, said.family_name) if part)
    return CustomerRecord(
        source=source(reading.connection, "Customer", said.id),
        version=_version(updated, said.sync_token, 0),
        claims=subjects(said.notes, "cus"),
        created_at=parse_time(said.meta_data.create_time or said.meta_data.last_updated_time),
        updated_at=updated,
        url=_url(reading, "Customer", said.id),
        deleted=not said.active,  # names are never deleted, only made inactive: no document takes them any more
        name=person or said.print_on_check_name or said.display_name,  # a display name may carry our suffix
        company=said.company_name or "",
        email=(said.primary_email_addr.address or "") if said.primary_email_addr else "",
        phone=(said.primary_phone.free_form_number or "") if said.primary_phone else "",
        addresses=tuple(dict.fromkeys(_address(each) for each in (said.bill_addr, said.ship_addr) if each)),
        note=said.notes or "",
        currency=said.currency_ref.value if said.currency_ref else _home(reading),
    )


def _address(said: shapes.Address) -> Address:
    country = said.country or ""  # free text there
    return Address(
        line1=said.line1 or "",
        line2=said.line2 or "",
        city=said.city or "",
        region=said.country_sub_division_code or "",
        postal_code=said.postal_code or "",
        country=country if len(country) == 2 and country.isupper() else "",
    )


def _linked(said: shapes.Document, kind: str) -> tuple[str, ...]:
    links = (link for line in said.line for link in line.linked_txn)
    return tuple(dict.fromkeys(link.txn_id for link in links if link.txn_type == kind))


def _version(updated: datetime, sync_token: str, links: int) -> int:
    """Times have whole seconds. Within one, an edit counts the SyncToken up, and a payment adds a link."""
    edits = int(sync_token) if sync_token.isdecimal() else 0
    return (int(updated.timestamp()) * 1000 + min(edits, 999)) * 1000 + min(links, 999)


def edits(record: Record) -> int:
    """How often it was edited since it was made, up to 999: its SyncToken, as the version holds it."""
    return record.version // 1000 % 1000


def _home(reading: Reading) -> str:
    """ "" where a body is read without a connection."""
    return getattr(reading.settings, "currency", "")


def _url(reading: Reading, entity: str, id: str) -> str:
    host = "sandbox.qbo" if getattr(reading.settings, "environment", "") == "sandbox" else "qbo"
    return f"https://{host}.intuit.com/app/{_PAGES.get(entity, f'{entity.lower()}?txnId=')}{id}"


READ: dict[str, Reader] = {
    **{entity: partial(read_entity, entity) for entity in ENTITIES},
    "answer": read_answer,
    "xml": read_xml,
}
