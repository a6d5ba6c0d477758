import json
from datetime import timedelta
from typing import Any

import pytest

from connectors.salesforce import CONNECTOR
from hub.connector import Faulty, Hint
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import Address, CustomerRecord, DealRecord
from tests.connectors.salesforce.org import NOON, customer, read, reasons

ROW: dict[str, Any] = {
    "attributes": {"type": "Contact", "url": "/services/data/v62.0/sobjects/Contact/0035e0000000001AAA"},
    "Id": "0035e0000000001AAA",
    "CreatedDate": "2026-11-22T11:00:00.000+0000",
    "SystemModstamp": "2026-11-22T12:00:00.000+0000",
    "IsDeleted": False,
    "MasterRecordId": None,
    "FirstName": "Ada",
    "LastName": "Lovelace",
    "Email": "ada@example.com",
    "Phone": None,
    "MailingStreet": "1 St James\r\nFlat 2",
    "MailingCity": "London",
    "MailingState": None,
    "MailingPostalCode": "SW1",
    "MailingCountry": "gb",
    "AccountId": "0015e0000000001AAA",
    "Account": {"attributes": {"type": "Account"}, "Name": "Analytical"},
    "Orderhub_Contact__c": "con_1",
    "Orderhub_Customer__c": "cus_b cus_a cus_a junk ord_1",
    "Orderhub_Wrote__c": "phone:0123456789ab",
}
DEAL: dict[str, Any] = {
    "attributes": {"type": "Opportunity"},
    "Id": "0065e0000000001AAA",
    "CreatedDate": "2026-11-22T11:00:00.000+0000",
    "SystemModstamp": "2026-11-22T12:00:00.000+0000",
    "IsDeleted": False,
    "Name": "Order #1001",
    "StageName": "A stage nobody knows",
    "Amount": 120.10,
    "CloseDate": "2026-11-22",
    "Orderhub_Order__c": "ord_1",
    "OpportunityContactRoles": {"totalSize": 0, "done": True, "records": []},
}


def contact(**more: Any) -> CustomerRecord:
    record = read("contact", json.dumps(ROW | more).encode())[0]
    assert isinstance(record, CustomerRecord)
    return record


def deal(options: dict[str, Any] | None = None, **more: Any) -> DealRecord:
    (record,) = read("opportunity", json.dumps(DEAL | more).encode(), **(options or {}))
    assert isinstance(record, DealRecord)
    return record


def roles(*said: tuple[str, str, bool]) -> dict[str, Any]:
    rows = [{"Id": id_, "ContactId": who, "IsPrimary": primary} for id_, who, primary in said]
    return {"totalSize": len(rows), "done": True, "records": rows}


@pytest.mark.parametrize(
    "more",
    [
        {"Id": "003"},
        {"Id": None},
        {"Id": "0035e0000000001AA'"},
        {"SystemModstamp": None},
        {"SystemModstamp": "2026-11-22T12:00:00"},
        {"Email": 7},
    ],
)
def test_a_contact_that_is_not_as_we_know_it_is_parked_with_its_path(more: dict[str, Any]) -> None:
    with pytest.raises(Unreadable, match=r"\$"):
        contact(**more)


@pytest.mark.parametrize("amount", ["much", 120.105, 1e30])
def test_an_amount_that_is_no_exact_money_is_parked(amount: object) -> None:
    with pytest.raises(Unreadable):
        deal(Amount=amount)


def test_a_contact_claims_our_customers_and_never_an_order() -> None:
    record = contact()

    assert record.claims == ("cus_a", "cus_b")
    assert (record.name, record.email, record.phone, record.company) == (
        "Ada Lovelace",
        "ada@example.com",
        "",
        "Analytical",
    )
    assert record.addresses == (Address(line1="1 St James, Flat 2", city="London", postal_code="SW1", country="GB"),)
    assert record.url == "http://localhost/0035e0000000001AAA"


def test_the_account_that_all_of_ours_belong_to_is_nobodys_company() -> None:
    (record,) = read("contact", json.dumps(ROW).encode(), account_id="0015e0000000001")

    assert isinstance(record, CustomerRecord) and record.company == ""


def test_a_country_that_is_written_out_is_no_code() -> None:
    assert contact(MailingCountry="Germany").addresses[0].country == ""
    assert contact(MailingCountry="Germany", MailingCountryCode="DE").addresses[0].country == "DE"


def test_a_contact_that_was_merged_is_gone_and_leads_to_what_it_became_part_of() -> None:
    row = ROW | {"IsDeleted": True, "MasterRecordId": "0035e0000000002AAA"}

    record, hint = read("contact", json.dumps(row).encode())

    assert isinstance(record, CustomerRecord) and record.deleted
    assert set(record.claims) == {"cus_a", "cus_b", customer("0035e0000000002AAA").key}
    assert hint == Hint(kind="customer", external_id="0035e0000000002AAA")


def test_an_opportunity_claims_its_order_with_its_amount_to_the_cent() -> None:
    record = deal()

    assert record.claims == ("ord_1",)
    assert (record.amount, record.stage, record.closed_on) == (
        Money(12_010, "EUR"),
        "A stage nobody knows",
        "2026-11-22",
    )
    assert record.customer is None


def test_the_currency_is_the_rows_own_where_the_org_has_several() -> None:
    assert deal(CurrencyIsoCode="JPY", Amount=500.0).amount == Money(500, "JPY")
    assert deal(Amount=None).amount is None


def test_the_primary_contact_is_the_deals_customer_or_the_one_named_first() -> None:
    two = roles(("00K2", "0035e0000000002AAA", False), ("00K1", "0035e0000000001AAA", False))
    primary = roles(("00K1", "0035e0000000001AAA", False), ("00K2", "0035e0000000002AAA", True))

    assert deal(OpportunityContactRoles=two).customer == customer("0035e0000000001AAA")
    assert deal(OpportunityContactRoles=primary).customer == customer("0035e0000000002AAA")
    assert deal(OpportunityContactRoles=None).customer is None


def test_an_opportunity_of_the_crms_own_is_read_where_the_settings_say_so() -> None:
    body = json.dumps(DEAL | {"Orderhub_Order__c": None}).encode()

    assert "carries no order of ours" in reasons(read("opportunity", body))[0]
    assert deal({"deals": "all"}, Orderhub_Order__c=None).claims == ()


def test_of_two_reads_of_one_stamp_the_later_one_counts_until_the_stamp_has_settled() -> None:
    body = json.dumps(ROW).encode()
    offsets = (-30, 0, 0.004, 1, 30, 600)  # our clock need not agree with Salesforce's
    read_at = [read("contact", body, NOON + timedelta(seconds=each))[0] for each in offsets]
    versions = [each.version for each in read_at if isinstance(each, CustomerRecord)]
    newer = contact(SystemModstamp="2026-11-22T12:00:01.000+0000")

    assert versions == sorted(versions) and len(set(versions)) == len(versions) - 1
    assert read_at[-1] == read_at[-2]
    assert versions[-1] < newer.version < 1 << 63


def test_a_clock_that_is_days_off_still_leaves_the_stamp_in_front() -> None:
    body = json.dumps(ROW).encode()
    early = read("contact", body, NOON - timedelta(days=400))[0]
    older = contact(SystemModstamp="2026-11-22T11:59:59.000+0000")

    assert isinstance(early, CustomerRecord) and older.version < early.version


def test_a_role_is_a_newer_word_though_it_stamps_nothing() -> None:
    named = roles(("00K1", "0035e0000000001AAA", True))

    assert deal().version < deal(OpportunityContactRoles=named).version


def test_one_odd_row_does_not_spoil_the_others() -> None:
    rows = {"totalSize": 3, "done": True, "records": [ROW, ROW | {"Id": 7}, {"attributes": {"type": "Lead"}}]}

    found = read("rows", json.dumps(rows).encode())

    assert [type(each).__name__ for each in found] == ["CustomerRecord", "Faulty", "Ignored"]
    assert isinstance(found[1], Faulty) and found[1].path.startswith("$.records[1]")


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b'{"Id": 1e999}', b"[" * 500, b"{}"])
def test_junk_ends_in_a_reason(body: bytes) -> None:
    for kind in CONNECTOR.read:
        with pytest.raises(Unreadable):
            read(kind, body)
