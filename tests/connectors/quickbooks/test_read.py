import json
from typing import Any

import pytest

from connectors.quickbooks import CONNECTOR
from hub.connector import Faulty, Ignored
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import (
    CreditNoteRecord,
    CustomerRecord,
    InvoicePaymentRecord,
    InvoiceRecord,
    InvoiceStatus,
    Kind,
    Record,
    Source,
)
from tests.connectors.quickbooks.company import reading

META = {"CreateTime": "2026-11-22T01:00:00-08:00", "LastUpdatedTime": "2026-11-22T02:00:00-08:00"}


def body(**more: Any) -> bytes:
    plain = {"Id": "5", "SyncToken": "2", "MetaData": META, "CurrencyRef": {"value": "USD"}, "TotalAmt": "AMOUNT"}
    return json.dumps(plain | more).replace('"AMOUNT"', "100.10").encode()


def read(kind: str, said: bytes) -> Record:
    (found,) = CONNECTOR.read[kind](reading(), said)
    assert isinstance(found, Record)
    return found


def invoice(**more: Any) -> InvoiceRecord:
    found = read("Invoice", body(**more))
    assert isinstance(found, InvoiceRecord)
    return found


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        body()[:-20],
        body(Id=5),
        body(MetaData={}),
        body(MetaData={"LastUpdatedTime": "2026-11-22T02:00:00"}),
        body(CurrencyRef={"value": "XXX"}),
        body().replace(b"100.10", b"100.105"),
        body().replace(b"100.10", b"1e400"),
        body().replace(b"100.10", b"NaN"),
    ],
)
def test_what_cannot_be_read_is_unreadable(said: bytes) -> None:
    with pytest.raises(Unreadable):
        list(CONNECTOR.read["Invoice"](reading(), said))


def test_amounts_are_exact_to_the_last_digit() -> None:
    for text, minor in {"0.29": 29, "1.1": 110, "1e2": 10000, "45035996273704.97": 4503599627370497}.items():
        found = read("Invoice", body().replace(b"100.10", text.encode()))
        assert isinstance(found, InvoiceRecord)
        assert found.total == Money(minor, "USD")


def test_a_currency_without_decimals_may_come_with_zeros() -> None:
    found = read("Invoice", body(CurrencyRef={"value": "JPY"}).replace(b"100.10", b"500.00"))

    assert isinstance(found, InvoiceRecord)
    assert found.total == Money(500, "JPY")


def test_one_bad_row_of_a_page_leaves_the_others_readable() -> None:
    page = b'{"QueryResponse": {"Invoice": [' + body() + b', {"Id": 1}]}, "time": "t"}'
    good, bad = CONNECTOR.read["answer"](reading(), page)

    assert isinstance(good, InvoiceRecord)
    assert isinstance(bad, Faulty) and bad.path.startswith("$.QueryResponse.Invoice[1]")


@pytest.mark.parametrize("said", [b'{"Fault": {"Error": []}}', b'{"warnings": null, "fault": {"error": []}}'])
def test_a_fault_is_ignored_in_either_letter_case(said: bytes) -> None:
    assert list(CONNECTOR.read["answer"](reading(), said)) == [Ignored(reason="a fault: the call was declined")]


def test_a_deleted_object_is_newer_than_all_it_was() -> None:
    stub = read("Invoice", b'{"Invoice": {"domain": "QBO", "status": "Deleted", "Id": "5"}, "time": "t"}')

    assert stub.deleted
    assert stub.source == invoice().source and stub.version > invoice().version


def test_an_invoice_is_void_only_if_its_memo_says_so() -> None:
    free = body(PrivateNote="Gift").replace(b"100.10", b"0")
    void = body(PrivateNote="Voided - [orderhub ord_1 cmd_1]").replace(b"100.10", b"0")

    assert [read("Invoice", each).status for each in (free, void)] == [InvoiceStatus.PAID, InvoiceStatus.VOID]  # type: ignore[attr-defined]
    assert invoice(PrivateNote="Voided").status is not InvoiceStatus.VOID


def test_an_invoice_claims_the_order_whose_mark_it_carries_and_nothing_else() -> None:
    assert invoice(PrivateNote="see [orderhub ord_1 cmd_1], cus_9").claims == ("ord_1",)
    assert invoice(PrivateNote="[orderhub cus_9 cmd_1] ord_1 [orderhub ord_2]").claims == ()


def test_a_customer_never_claims_an_order() -> None:
    notes = "[orderhub cus_1 cmd_1] [orderhub ord_1 cmd_1]"
    found = read("Customer", json.dumps({"Id": "5", "MetaData": META, "DisplayName": "Ann", "Notes": notes}).encode())

    assert isinstance(found, CustomerRecord)
    assert found.claims == ("cus_1",) and found.currency == "USD"


def test_an_inactive_customer_counts_as_gone_and_can_come_back() -> None:
    said = {"Id": "5", "SyncToken": "1", "MetaData": META, "DisplayName": "Ann (deleted)", "Active": False}
    back = {**said, "SyncToken": "2", "Active": True}
    gone, here = (read("Customer", json.dumps(each).encode()) for each in (said, back))

    assert gone.deleted and not here.deleted and here.version > gone.version


def test_a_payment_claims_its_invoice_but_never_joins_several() -> None:
    lines = [{"LinkedTxn": [{"TxnId": number, "TxnType": "Invoice"}]} for number in ("8", "9")]
    one, two = (read("Payment", body(Line=part)) for part in (lines[:1], lines))

    assert one.claims == (Source("books", Kind.INVOICE, "8").key,)
    assert isinstance(two, InvoicePaymentRecord)
    assert two.claims == () and two.invoices == ("8", "9")


def test_a_credit_memo_names_the_refund_that_it_books() -> None:
    found = read("CreditMemo", body(PrivateNote="[orderhub ord_1 cmd_1 ord_2]", Balance=0))

    assert isinstance(found, CreditNoteRecord)
    assert (found.claims, found.reference) == (("ord_1",), "ord_2")


def test_ids_of_two_kinds_of_document_do_not_meet() -> None:
    kinds = ("Invoice", "SalesReceipt", "CreditMemo", "RefundReceipt", "Payment")

    assert len({read(kind, body()).source for kind in kinds}) == 5


def test_a_later_second_an_edit_and_a_payment_each_make_a_newer_version() -> None:
    later = {**META, "LastUpdatedTime": "2026-11-22T10:00:01Z"}
    link = [{"TxnId": "8", "TxnType": "Payment"}]
    versions = [
        invoice(SyncToken="0"),
        invoice(SyncToken="0", LinkedTxn=link),
        invoice(SyncToken="1"),
        invoice(MetaData=later),
    ]

    assert versions == sorted(versions, key=lambda each: each.version)
    assert len({each.version for each in versions}) == 4
