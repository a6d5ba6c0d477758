import json
from typing import Any

import pytest

from hub.connector import Faulty, Hint, Ignored
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import Address, CustomerRecord, DealRecord, Kind, Source
from tests.connectors.hubspot.portal import read

ORDER = "ord_0123456789"


def thing(fields: dict[str, str | None], **more: Any) -> bytes:
    head = {"id": "77", "createdAt": "2026-11-01T10:00:00Z", "updatedAt": "2026-11-22T10:00:00.123Z"}
    return json.dumps({**head, "properties": fields, "archived": False, **more}).encode()


def contact(fields: dict[str, str | None], **more: Any) -> CustomerRecord:
    (found,) = read("contact", thing(fields, **more))
    assert isinstance(found, CustomerRecord)
    return found


def deal(fields: dict[str, str | None], settings: dict[str, Any] | None = None, **more: Any) -> DealRecord:
    (found,) = read("deal", thing({"orderhub_order": ORDER, **fields}, **more), **(settings or {}))
    assert isinstance(found, DealRecord)
    return found


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"id": "x"}, "id"),
        ({"id": 7}, r"\$\.id"),
        ({"properties": None}, r"\$\.properties"),
        ({"updatedAt": "2026-11-22T10:00:00"}, "offset"),
        ({"updatedAt": "soon"}, "soon"),
    ],
)
def test_a_contact_that_is_odd_is_unreadable_with_its_path(change: dict[str, Any], path: str) -> None:
    with pytest.raises(Unreadable, match=path):
        contact({}, **change)


@pytest.mark.parametrize("amount", ["1,5", "10.005", "NaN", "1e3", "٣"])
def test_an_amount_that_is_not_whole_cents_is_refused_and_never_rounded(amount: str) -> None:
    with pytest.raises(Unreadable):
        deal({"amount": amount})


def test_a_contact_with_nothing_in_it_is_still_a_customer() -> None:
    found = contact({"email": None})

    assert (found.name, found.email, found.phone, found.addresses, found.claims) == ("", "", "", (), ())
    assert found.version == 1795341600123_00


def test_a_contact_claims_our_customers_and_those_merged_into_it_and_never_an_order() -> None:
    fields: dict[str, str | None] = {
        "orderhub_customer": "cus_a1 cus_b2 ord_1",
        "hs_merged_object_ids": "12;13;77;",
        "orderhub_order": ORDER,
    }

    old = {Source("crm", Kind.CUSTOMER, each).key for each in ("12", "13")}
    assert set(contact(fields).claims) == {"cus_a1", "cus_b2", *old}


def test_a_country_that_is_written_out_is_no_code() -> None:
    written = contact({"city": "Bonn", "country": "Germany"})
    coded = contact({"city": "Bonn", "country": "Germany", "hs_country_region_code": "DE"})

    assert written.addresses == (Address(city="Bonn"),)
    assert coded.addresses == (Address(city="Bonn", country="DE"),)


def test_an_archived_contact_is_gone() -> None:
    assert contact({}, archived=True).deleted


def test_a_deal_of_the_crms_own_is_left_alone_unless_asked_for() -> None:
    (ignored,) = read("deal", thing({"dealname": "A lead"}))
    (taken,) = read("deal", thing({"dealname": "A lead"}), deals="all")

    assert isinstance(ignored, Ignored)
    assert isinstance(taken, DealRecord) and taken.claims == ()


def test_a_deal_claims_its_order_and_names_its_oldest_contact() -> None:
    refs = [{"id": "100", "type": "deal_to_contact"}, {"id": "9", "type": "x"}, {"id": "9", "type": "y"}]
    found = deal(
        {"amount": "19.9000", "closedate": "2026-11-22T23:30:00-05:00", "dealstage": "neverheardof"},
        associations={"contacts": {"results": refs}, "companies": {"results": []}},
    )

    assert found.claims == (ORDER,)
    assert found.customer == Source("crm", Kind.CUSTOMER, "9")
    assert found.amount == Money(1990, "EUR")
    assert found.closed_on == "2026-11-23"  # in UTC
    assert found.stage == "neverheardof"


def test_a_deal_counts_in_its_own_currency_with_that_ones_decimals() -> None:
    assert deal({"amount": "500", "deal_currency_code": "JPY"}).amount == Money(500, "JPY")
    assert deal({"amount": None}).amount is None


def test_a_contact_more_makes_a_deal_newer_and_no_contact_makes_it_older_than_a_change() -> None:
    refs = {"contacts": {"results": [{"id": "9", "type": "x"}]}}

    bare, joined = deal({}), deal({}, associations=refs)
    changed = deal({}, updatedAt="2026-11-22T10:00:00.124Z")

    assert bare.version < joined.version < changed.version


def test_a_number_that_is_no_order_of_ours_is_not_claimed() -> None:
    assert deal({"orderhub_order": "1001"}).claims == ()


def test_a_page_is_told_but_for_the_row_that_is_odd() -> None:
    good = json.loads(thing({"email": "a@b.example"}))
    found = read("contacts", json.dumps({"results": [good, {"id": 1}, good]}).encode())

    assert [type(each) for each in found] == [CustomerRecord, Faulty, CustomerRecord]
    assert isinstance(found[1], Faulty) and found[1].path.startswith("$.results[1]")


def test_old_ids_of_a_pulled_contact_are_hinted_at_as_gone() -> None:
    body = thing({"hs_merged_object_ids": "12;13"})

    assert read("contact.merges", body) == [
        Hint(kind="customer", external_id="12", gone=True),
        Hint(kind="customer", external_id="13", gone=True),
    ]
    assert read("deal.archived", body) == [Hint(kind="deal", external_id="77", gone=True)]
