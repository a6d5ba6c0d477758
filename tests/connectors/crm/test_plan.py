"""What the plans of all CRMs promise."""

from datetime import timedelta
from typing import Any

import pytest

from connectors import hubspot, salesforce
from connectors.crm.commands import CreateDeal, SaveContact, UpdateContact
from connectors.crm.fields import digest, flat, note
from hub.domain.commands import Mismatch
from hub.domain.money import Money
from hub.domain.records import Address, Record, ShipmentStatus
from tests import building
from tests.building import at
from tests.connectors.crm.sale import ADA, GUEST, PAID, SALE, WHO, Desk, contact
from tests.connectors.hubspot import portal
from tests.connectors.salesforce import org

DESKS = {
    "hubspot": Desk(hubspot.CONNECTOR, portal.settings),
    "salesforce": Desk(salesforce.CONNECTOR, org.settings),
}


@pytest.fixture(params=DESKS)
def crm(request: pytest.FixtureRequest) -> Desk:
    return DESKS[request.param]


def test_a_test_order_is_told_to_a_test_account_only(crm: Desk) -> None:
    tried = building.order(customer=ADA.source, test=True)

    assert crm.plan(tried, ADA) == []
    assert isinstance(crm.only(tried, ADA, test_orders=True), SaveContact)


def test_a_payment_that_no_sale_claims_is_no_deal(crm: Desk) -> None:
    assert crm.plan(PAID) == []


def test_sales_before_the_first_day_are_left_alone(crm: Desk) -> None:
    assert crm.plan(SALE, ADA, from_date="2026-11-23") == []
    assert crm.plan(SALE, ADA, from_date="2026-11-22")


def test_an_order_cancelled_before_it_was_told_makes_no_deal(crm: Desk) -> None:
    assert crm.plan(building.order(cancelled_at=at(5))) == []


def test_the_contact_comes_first_and_the_deal_waits_for_it(crm: Desk) -> None:
    wish = crm.only(SALE, ADA, PAID)

    assert isinstance(wish, SaveContact) and wish.subject == ADA.source.key
    assert (wish.person.email, wish.person.name, wish.person.phone) == ("ada@example.com", "Ada Lovelace", "+44 1")


def test_a_guest_comes_with_the_deal(crm: Desk) -> None:
    wish = crm.only(GUEST)

    assert isinstance(wish, CreateDeal) and wish.guest is not None
    assert (wish.guest.email, wish.guest.phone, wish.contact) == ("ada@example.com", "+44 2", "")


def test_a_sale_without_any_e_mail_address_is_a_deal_without_a_contact(crm: Desk) -> None:
    wish = crm.only(building.order(email=""))

    assert isinstance(wish, CreateDeal) and wish.guest is None and not wish.contact


def test_nothing_is_left_to_do_when_contact_and_deal_agree(crm: Desk) -> None:
    assert crm.plan(SALE, ADA, PAID, contact(), crm.deal()) == []


@pytest.mark.parametrize(
    ("more", "stage"),
    [
        ((), "s-received"),
        ((PAID,), "s-paid"),
        ((PAID, building.shipment(of=SALE)), "s-shipped"),
        ((PAID, building.shipment(of=SALE, status=ShipmentStatus.DELIVERED)), "s-completed"),
        ((building.payment(claims=(SALE.source.key,), refunded=10_000), building.refund(amount=10_000)), "s-refunded"),
    ],
)
def test_the_stage_follows_the_order(crm: Desk, more: tuple[Record, ...], stage: str) -> None:
    names = ("received", "paid", "shipped", "completed", "cancelled", "refunded")
    stages = {name: f"s-{name}" for name in names}

    assert crm.only(SALE, ADA, contact(), *more, stages=stages).stage == stage


def test_an_amount_that_differs_is_written_and_nothing_else(crm: Desk) -> None:
    wish = crm.only(SALE, ADA, PAID, contact(), crm.deal(amount=None))

    update: Any = crm.connector.command("deal.update")
    assert wish == update(subject=SALE.source.key, target="006A", amount=Money(10_000, "EUR"))


def test_a_deal_without_a_contact_gets_the_one_that_there_is_now(crm: Desk) -> None:
    assert crm.only(SALE, ADA, PAID, contact(), crm.deal(customer=None)).contact == WHO


def test_a_guest_whose_contact_was_taken_out_is_not_made_again(crm: Desk) -> None:
    assert crm.plan(GUEST, PAID, crm.deal(customer=None)) == []


def test_what_was_deleted_is_shown_and_not_made_again(crm: Desk) -> None:
    sale = crm.only(SALE, ADA, PAID, contact(), crm.deal(deleted=True))
    people = crm.only(SALE, ADA, PAID, contact(deleted=True), crm.deal())

    assert isinstance(sale, Mismatch) and "deleted" in sale.found
    assert isinstance(people, Mismatch) and "deleted" in people.found


def test_two_deals_of_one_order_are_for_a_person_to_judge(crm: Desk) -> None:
    assert crm.only(SALE, ADA, PAID, contact(), crm.deal(), crm.deal("006B")).found == "006A, 006B"


def test_another_currency_than_the_accounts_is_shown_unless_it_has_several(crm: Desk) -> None:
    dollars = building.order(customer=ADA.source, currency="USD")

    assert isinstance(crm.only(dollars, ADA, contact()), Mismatch)
    assert isinstance(crm.only(dollars, ADA, contact(), multicurrency=True), CreateDeal)


# ------------------------------------------------------------------------------------------------ survivorship

HOME = Address(name="Ada", line1="1 St James", line2="Flat 2", city="London", postal_code="SW1", country="GB")


def filled(crm: Desk, **there: Any) -> Any:
    """What the plan writes into a contact that says `there`; the store's connection leads the golden customer."""
    shop = building.customer(connection="aaa", phone="+44 1", company="Analytical", addresses=(HOME,))
    sale = building.order(customer=shop.source, connection="aaa")
    paid, told = building.payment(claims=(sale.source.key,)), crm.deal(claims=(sale.source.key,))
    agreed = {"claims": (shop.source.key,), "company": "Analytical", "addresses": (flat(HOME),)}
    return crm.plan(sale, shop, paid, contact(**(agreed | there)), told)


def test_a_field_that_people_changed_is_never_written_over(crm: Desk) -> None:
    assert filled(crm, phone="+44 999", note=note({"phone": digest("+44 1")})) == []
    assert filled(crm, phone="+44 999") == []
    assert filled(crm, name="Countess of Lovelace") == []
    assert filled(crm, addresses=(Address(city="Paris"),)) == []


def test_a_field_that_people_emptied_stays_empty(crm: Desk) -> None:
    assert filled(crm, phone="", note=note({"phone": digest("+44 1")})) == []


def test_a_field_that_was_always_empty_is_filled(crm: Desk) -> None:
    (wish,) = filled(crm, phone="", addresses=())

    assert isinstance(wish, UpdateContact)
    assert (wish.phone, wish.name, wish.target) == ("+44 1", "", WHO)
    assert wish.address == Address(line1="1 St James, Flat 2", city="London", postal_code="SW1", country="GB")


def test_a_field_that_still_says_what_we_wrote_follows_the_customer(crm: Desk) -> None:
    (wish,) = filled(crm, phone="+44 0", note=note({"phone": digest("+44 0"), "name": digest("x")}))

    assert (wish.phone, wish.target) == ("+44 1", WHO)
    assert wish.wrote == note({"phone": digest("+44 1"), "name": digest("x")})


def test_an_address_of_one_order_never_chases_that_of_another(crm: Desk) -> None:
    """A customer without an address of its own has two orders that go to two places."""
    first = building.order("1", customer=ADA.source, billing_address=HOME)
    second = building.order("2", customer=ADA.source, billing_address=Address(city="Paris"))
    known = contact(addresses=(flat(HOME),), note=note({"address": digest(flat(HOME))}))

    for sale in (first, second):
        assert isinstance(crm.only(sale, ADA, known), CreateDeal)


def test_versions_and_times_of_records_leave_no_trace_in_what_is_wanted(crm: Desk) -> None:
    late = building.order(customer=ADA.source, name="Ada Lovelace", version=9, updated_at=at(0) + timedelta(days=1))

    assert crm.plan(late, ADA, PAID, contact()) == crm.plan(SALE, ADA, PAID, contact())
