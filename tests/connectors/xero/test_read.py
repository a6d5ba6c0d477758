import json
from datetime import UTC, datetime
from typing import Any

import pytest

from connectors.xero import CONNECTOR, wire
from hub.connector import Faulty, Hint, Ignored
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import (
    CreditNoteRecord,
    CustomerRecord,
    InvoicePaymentRecord,
    InvoiceRecord,
    InvoiceStatus,
    Kind,
    Source,
)
from tests.connectors.books.sales import BACK, PERSON, SALE
from tests.connectors.xero.office import reading

INVOICE = "10000000-0000-0000-0000-000000000001"
OTHER = "10000000-0000-0000-0000-000000000002"
PAYMENT = "20000000-0000-0000-0000-000000000001"
NOTE = "30000000-0000-0000-0000-000000000001"
CONTACT = "40000000-0000-0000-0000-000000000001"
UPDATED = "/Date(1763812800123+0000)/"


def read(entity: str, given: dict[str, Any] | str) -> list[Any]:
    body = given if isinstance(given, str) else json.dumps(given)
    return list(CONNECTOR.read[entity](reading(), body.encode()))


def invoice(**more: Any) -> dict[str, Any]:
    plain = {
        "Type": "ACCREC",
        "InvoiceID": INVOICE,
        "InvoiceNumber": "INV-7",
        "Reference": f"{SALE.key} #1001",
        "AmountDue": 60,
        "Status": "AUTHORISED",
        "Total": 100,
        "CurrencyCode": "USD",
        "Contact": {"ContactID": CONTACT},
        "DateString": "2025-11-22T00:00:00",
        "Date": "/Date(1763769600000+0000)/",
        "DueDate": "/Date(1763856000000+0000)/",
        "UpdatedDateUTC": UPDATED,
        "Payments": [{"PaymentID": PAYMENT, "Date": "/Date(1763769600000)/", "Amount": 40.00, "Reference": "ord_pay"}],
    }
    return plain | more


def payment(**more: Any) -> dict[str, Any]:
    plain = {
        "PaymentID": PAYMENT,
        "Amount": 40.0,
        "Date": "/Date(1763769600000+0000)/",
        "Status": "AUTHORISED",
        "PaymentType": "ACCRECPAYMENT",
        "UpdatedDateUTC": UPDATED,
        "Reference": "ord_pay",
        "Invoice": {"InvoiceID": INVOICE, "Type": "ACCREC", "CurrencyCode": "USD"},
    }
    return plain | more


def note(**more: Any) -> dict[str, Any]:
    plain = {
        "Type": "ACCRECCREDIT",
        "CreditNoteID": NOTE,
        "CreditNoteNumber": "CN-1",
        "Reference": f"{SALE.key} {BACK.key}",
        "Status": "AUTHORISED",
        "Total": 25.00,
        "RemainingCredit": 5.5,
        "CurrencyCode": "USD",
        "UpdatedDateUTC": UPDATED,
    }
    return plain | more


def test_a_date_is_milliseconds_of_utc_whatever_its_offset_says() -> None:
    noon = datetime(2025, 11, 22, 12, 0, tzinfo=UTC)

    for text in (
        "/Date(1763812800000)/",
        "/Date(1763812800000+1300)/",
        "2025-11-22T12:00:00",
        "2025-11-22T13:00+01:00",
    ):
        assert wire.parse_date(text) == noon
    for text in ("/Date(x)/", "/Date(176381280000000000000)/", "yesterday", ""):
        with pytest.raises(ValueError):
            wire.parse_date(text)


def test_an_invoice_shows_its_payments_and_what_is_due() -> None:
    said, paid = read("Invoice", invoice())

    assert isinstance(said, InvoiceRecord) and isinstance(paid, InvoicePaymentRecord)
    assert (said.total, said.balance, said.status) == (Money(10_000, "USD"), Money(6_000, "USD"), InvoiceStatus.OPEN)
    assert (said.number, said.issued_on, said.due_on) == ("INV-7", "2025-11-22", "2025-11-23")
    assert said.claims == (SALE.key,)
    assert said.customer == Source("books", Kind.CUSTOMER, CONTACT)
    assert said.version == paid.version == 1763812800123
    assert (paid.amount, paid.reference, paid.invoices) == (Money(4_000, "USD"), "ord_pay", (INVOICE,))
    assert paid.claims == (said.source.key,)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("DRAFT", InvoiceStatus.DRAFT),
        ("SUBMITTED", InvoiceStatus.DRAFT),
        ("AUTHORISED", InvoiceStatus.OPEN),
        ("PAID", InvoiceStatus.PAID),
        ("VOIDED", InvoiceStatus.VOID),
        ("A_NEW_ONE", InvoiceStatus.OPEN),
    ],
)
def test_each_state_has_its_word_and_a_new_one_breaks_nothing(status: str, expected: InvoiceStatus) -> None:
    said = read("Invoice", invoice(Status=status))[0]

    assert said.status is expected and not said.deleted


def test_a_deleted_draft_counts_for_nothing_and_a_void_invoice_has_nothing_due() -> None:
    assert read("Invoice", invoice(Status="DELETED"))[0].deleted
    assert read("Invoice", invoice(Status="VOIDED"))[0].balance == Money(0, "USD")
    assert read("CreditNote", note(Status="VOIDED"))[0].void
    assert read("Payment", payment(Status="DELETED"))[0].void


def test_a_reference_that_people_changed_leaves_the_link_to_the_order() -> None:
    said = read("Invoice", invoice(Reference="PO 77", Url=f"https://hub.example/orders/{SALE.key}"))[0]

    assert said.claims == (SALE.key,)
    assert read("Invoice", invoice(Reference="PO 77"))[0].claims == ()
    assert read("Invoice", invoice(Reference=None, Url=None))[0].claims == ()


def test_amounts_are_exact_and_never_rounded() -> None:
    text = json.dumps(invoice(Payments=[])).replace('"Total": 100', '"Total": 70368744177.6700')

    assert read("Invoice", text)[0].total == Money(7036874417767, "USD")
    with pytest.raises(Unreadable, match="minor units"):
        read("Invoice", text.replace(".6700", ".6701"))


def test_what_belongs_to_suppliers_is_ignored() -> None:
    for entity, given in (
        ("Invoice", invoice(Type="ACCPAY")),
        ("CreditNote", note(Type="ACCPAYCREDIT")),
        ("Payment", payment(PaymentType="ACCPAYPAYMENT")),
        ("Payment", payment(PaymentType="ARCREDITPAYMENT", Invoice={"InvoiceID": INVOICE, "Type": "ACCRECCREDIT"})),
    ):
        (found,) = read(entity, given)
        assert isinstance(found, Ignored) and found.reason


def test_a_payment_without_a_currency_asks_for_its_invoice() -> None:
    assert read("Payment", payment(Invoice={"InvoiceID": INVOICE})) == [Hint(kind="invoice", external_id=INVOICE)]


def test_a_credit_note_names_its_refund_and_claims_the_one_invoice_it_is_on() -> None:
    (said,) = read("CreditNote", note(Allocations=[{"Invoice": {"InvoiceID": INVOICE}, "Amount": 1}]))

    assert isinstance(said, CreditNoteRecord)
    assert (said.total, said.balance, said.reference) == (Money(2_500, "USD"), Money(550, "USD"), BACK.key)
    assert said.claims == tuple(sorted((SALE.key, Source("books", Kind.INVOICE, INVOICE).key)))
    spread = [{"Invoice": {"InvoiceID": each}, "Amount": 1} for each in (INVOICE, OTHER)]
    assert read("CreditNote", note(Allocations=spread, Reference=""))[0].claims == ()


def contact(**more: Any) -> dict[str, Any]:
    plain = {"ContactID": CONTACT, "Name": "Ann O'Hara", "UpdatedDateUTC": UPDATED, "ContactNumber": PERSON.key}
    return plain | more


def test_a_contact_claims_the_customer_and_never_an_order() -> None:
    (said,) = read("Contact", contact(EmailAddress="ann@example.com"))

    assert isinstance(said, CustomerRecord)
    assert (said.claims, said.name, said.email, said.currency) == (
        (PERSON.key,),
        "Ann O'Hara",
        "ann@example.com",
        "",
    )
    for number in (SALE.key, "SB2", "", None):
        assert read("Contact", contact(ContactNumber=number))[0].claims == ()


def test_our_own_suffix_is_no_part_of_a_name() -> None:
    suffix = f" ({PERSON.key[-8:]})"

    assert read("Contact", contact(Name=f"Ann O'Hara{suffix}"))[0].name == "Ann O'Hara"
    (said,) = read("Contact", contact(Name=f"Mills{suffix}", FirstName="Ann", LastName="O'Hara"))
    assert (said.name, said.company) == ("Ann O'Hara", "Mills")
    assert read("Contact", contact(Name=f"X{suffix}", ContactNumber=""))[0].name == f"X{suffix}"


def test_a_contact_has_the_phone_and_the_addresses_that_say_something() -> None:
    phones = [
        {"PhoneType": "FAX", "PhoneNumber": "1"},
        {"PhoneType": "DEFAULT", "PhoneNumber": "222", "PhoneAreaCode": "555"},
    ]
    street = {"AddressType": "STREET", "AddressLine1": "1 Main St", "City": "Springfield", "Country": "US"}
    empty = {"AddressType": "POBOX", "City": "", "Region": "", "PostalCode": "", "Country": ""}

    (said,) = read("Contact", contact(Phones=phones, Addresses=[empty, street]))

    assert said.phone == "555 222"
    assert [each.line1 for each in said.addresses] == ["1 Main St"]
    assert said.addresses[0].country == "US"


def test_an_archived_contact_takes_no_documents_any_more() -> None:
    assert read("Contact", contact(ContactStatus="ARCHIVED"))[0].deleted
    assert not read("Contact", contact(ContactStatus="A_NEW_ONE"))[0].deleted


def test_one_bad_object_of_a_page_is_named_and_the_others_are_read() -> None:
    page = {"Id": INVOICE, "Status": "OK", "Invoices": [invoice(), {"Type": "ACCREC"}, invoice(Payments=[{"x": 1}])]}

    found = read("answer", page)

    kinds = [type(each) for each in found]
    assert kinds == [InvoiceRecord, InvoicePaymentRecord, Faulty, InvoiceRecord, Faulty]
    (odd,) = read("answer", {"Status": "OK", "Contacts": 1})
    assert isinstance(odd, Faulty) and odd.path.startswith("$.Contacts")
    assert "$.Invoices[1]" in found[2].path and "$.Invoices[2].Payments[0]" in found[4].path


@pytest.mark.parametrize(
    "given",
    [
        {"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception occurred"},
        {"Title": "Unauthorized", "Status": 401, "Detail": "TokenExpired"},
        {"title": "Forbidden", "status": 403, "detail": "AuthenticationUnsuccessful"},
        {"Id": "1", "Status": "OK", "Accounts": [{}]},
        {"Id": "1", "Status": "OK", "Invoices": []},
        {"Id": "1", "Status": "OK"},
    ],
)
def test_an_answer_without_news_is_ignored(given: dict[str, Any]) -> None:
    (found,) = read("answer", given)

    assert isinstance(found, Ignored)


@pytest.mark.parametrize("body", ["", "[]", "1", "{}", "[" * 3000, '{"foo": [1]}'])
def test_what_is_no_answer_says_what_was_expected(body: str) -> None:
    with pytest.raises(Unreadable):
        read("answer", body)
