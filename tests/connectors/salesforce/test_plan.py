from typing import Any

import pytest

from connectors.salesforce.commands import CreateDeal, SaveContact, UpdateContact, UpdateDeal
from connectors.salesforce.fields import digest, flat, note
from hub.connector import OrderView
from hub.domain.commands import Mismatch
from hub.domain.money import Money
from hub.domain.records import Address, CustomerRecord, DealRecord, Kind, Record, ShipmentStatus, Source
from tests import building
from tests.building import at
from tests.connectors.salesforce.org import plan, settings

ADA = building.customer(phone="+44 1")
SALE = building.order(customer=ADA.source, name="Ada Lovelace")
PAID = building.payment(claims=(SALE.source.key,))
GUEST = building.order(name="Ada Lovelace", phone="+44 2")
WHO = "0035e0000000001AAA"


def view(*records: Record, **options: Any) -> OrderView:
    return building.view(*records, of="crm", settings=settings(**options))


def contact(external_id: str = WHO, **more: Any) -> CustomerRecord:
    fields: dict[str, Any] = {"connection": "crm", "claims": (ADA.source.key,), "phone": "+44 1"}
    return building.customer(external_id, **(fields | more))


def deal(external_id: str = "006A", **more: Any) -> DealRecord:
    fields: dict[str, Any] = {
        "source": Source("crm", Kind.DEAL, external_id),
        "version": 1,
        "claims": (SALE.source.key,),
        "created_at": at(2),
        "updated_at": at(2),
        "name": "Order #1001",
        "stage": "Closed Won",
        "amount": Money(10_000, "EUR"),
        "customer": Source("crm", Kind.CUSTOMER, WHO),
    }
    return DealRecord(**(fields | more))


def only(*records: Record, **options: Any) -> Any:
    (found,) = plan(view(*records, **options))
    return found


def test_a_test_order_is_told_to_a_sandbox_org_only() -> None:
    tried = building.order(customer=ADA.source, test=True)

    assert plan(view(tried, ADA)) == []
    assert isinstance(only(tried, ADA, test_orders=True), SaveContact)


def test_a_payment_that_no_sale_claims_is_no_opportunity() -> None:
    assert plan(view(PAID)) == []


def test_sales_before_the_first_day_are_left_alone() -> None:
    assert plan(view(SALE, ADA, from_date="2026-11-23")) == []
    assert plan(view(SALE, ADA, from_date="2026-11-22"))


def test_an_order_cancelled_before_it_was_told_makes_no_opportunity() -> None:
    assert plan(view(building.order(cancelled_at=at(5)))) == []


def test_the_contact_comes_first_and_the_opportunity_waits_for_it() -> None:
    wish = only(SALE, ADA, PAID)

    assert isinstance(wish, SaveContact) and wish.subject == ADA.source.key
    assert (wish.person.email, wish.person.name, wish.person.phone) == ("ada@example.com", "Ada Lovelace", "+44 1")


def test_then_the_opportunity_names_the_contact() -> None:
    assert only(SALE, ADA, PAID, contact()) == CreateDeal(
        subject=SALE.source.key,
        name="Order #1001 - Ada Lovelace",
        amount=Money(10_000, "EUR"),
        stage="Closed Won",
        closes_on="2026-11-22",
        contact=WHO,
    )


def test_the_day_is_that_of_the_org() -> None:
    assert only(GUEST, timezone="Pacific/Auckland").closes_on == "2026-11-22"
    late = building.order(name="Ada", placed_at=at(12 * 60))
    assert only(late, timezone="Pacific/Auckland").closes_on == "2026-11-23"


def test_a_guest_comes_with_the_opportunity() -> None:
    wish = only(GUEST)

    assert isinstance(wish, CreateDeal) and wish.guest is not None
    assert (wish.guest.email, wish.guest.phone, wish.contact) == ("ada@example.com", "+44 2", "")


def test_a_sale_without_any_e_mail_address_is_an_opportunity_without_a_contact() -> None:
    wish = only(building.order(email=""))

    assert isinstance(wish, CreateDeal) and wish.guest is None and not wish.contact


def test_a_customer_with_a_name_and_no_address_is_a_contact_too() -> None:
    nameless = building.customer(email="")
    wish = only(building.order(customer=nameless.source, email=""), nameless)

    assert isinstance(wish, SaveContact) and wish.person.email == "" and wish.person.name


def test_nothing_is_left_to_do_when_contact_and_opportunity_agree() -> None:
    assert plan(view(SALE, ADA, PAID, contact(), deal())) == []


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
def test_the_stage_follows_the_order(more: tuple[Record, ...], stage: str) -> None:
    names = ("received", "paid", "shipped", "completed", "cancelled", "refunded")
    stages = {name: f"s-{name}" for name in names}

    assert only(SALE, ADA, contact(), *more, stages=stages).stage == stage


def test_a_cancelled_order_moves_its_opportunity() -> None:
    gone = building.order(customer=ADA.source, cancelled_at=at(5))

    wish = only(gone, ADA, contact(), deal())

    assert wish == UpdateDeal(subject=SALE.source.key, target="006A", stage="Closed Lost")


def test_an_amount_that_differs_is_written_and_nothing_else() -> None:
    wish = only(SALE, ADA, PAID, contact(), deal(amount=None))

    assert wish == UpdateDeal(subject=SALE.source.key, target="006A", amount=Money(10_000, "EUR"))


def test_an_opportunity_that_someone_moved_to_a_stage_of_their_own_stays_there_and_is_shown() -> None:
    found = only(SALE, ADA, PAID, contact(), deal(stage="Qualification"))

    assert found == Mismatch(about="stage of the opportunity", expected="Closed Won", found="Qualification")


def test_an_opportunity_without_a_contact_gets_the_one_that_there_is_now_where_roles_are_used() -> None:
    assert only(SALE, ADA, PAID, contact(), deal(customer=None)).contact == WHO
    assert plan(view(SALE, ADA, PAID, contact(), deal(customer=None), contact_roles=False)) == []


def test_a_guest_whose_contact_was_taken_out_is_not_made_again() -> None:
    assert plan(view(GUEST, PAID, deal(customer=None))) == []


def test_what_was_deleted_is_shown_and_not_made_again() -> None:
    sale = only(SALE, ADA, PAID, contact(), deal(deleted=True))
    people = only(SALE, ADA, PAID, contact(deleted=True), deal())

    assert isinstance(sale, Mismatch) and "deleted" in sale.found
    assert isinstance(people, Mismatch) and "deleted" in people.found


def test_two_opportunities_of_one_order_are_for_a_person_to_judge() -> None:
    assert only(SALE, ADA, PAID, contact(), deal(), deal("006B")).found == "006A, 006B"


def test_another_currency_than_the_orgs_is_shown_unless_it_has_several() -> None:
    dollars = building.order(customer=ADA.source, currency="USD")

    assert isinstance(only(dollars, ADA, contact()), Mismatch)
    assert isinstance(only(dollars, ADA, contact(), multicurrency=True), CreateDeal)


# ------------------------------------------------------------------------------------------------ survivorship

HOME = Address(name="Ada", line1="1 St James", line2="Flat 2", city="London", postal_code="SW1", country="GB")


def filled(**there: Any) -> Any:
    """What the plan writes into a contact that says `there`; the store's connection leads the golden customer."""
    shop = building.customer(connection="aaa", phone="+44 1", addresses=(HOME,))
    sale = building.order(customer=shop.source, connection="aaa")
    agreed = {"claims": (shop.source.key,), "addresses": (flat(HOME),)}
    paid, told = building.payment(claims=(sale.source.key,)), deal(claims=(sale.source.key,))
    return plan(view(sale, shop, paid, contact(**(agreed | there)), told))


def test_a_field_that_people_changed_is_never_written_over() -> None:
    assert filled(phone="+44 999", note=note({"phone": digest("+44 1")})) == []
    assert filled(phone="+44 999") == []
    assert filled(name="Countess of Lovelace") == []
    assert filled(addresses=(Address(city="Paris"),)) == []


def test_a_field_that_people_emptied_stays_empty() -> None:
    assert filled(phone="", note=note({"phone": digest("+44 1")})) == []


def test_a_field_that_was_always_empty_is_filled() -> None:
    (wish,) = filled(phone="", addresses=())

    assert isinstance(wish, UpdateContact)
    assert (wish.phone, wish.name, wish.target) == ("+44 1", "", WHO)
    assert wish.address == Address(line1="1 St James, Flat 2", city="London", postal_code="SW1", country="GB")


def test_a_field_that_still_says_what_we_wrote_follows_the_customer() -> None:
    (wish,) = filled(phone="+44 0", note=note({"phone": digest("+44 0"), "name": digest("x")}))

    assert wish.phone == "+44 1"
    assert wish.wrote == note({"phone": digest("+44 1"), "name": digest("x")})


def test_of_two_contacts_the_one_that_is_marked_as_ours_counts() -> None:
    theirs = contact("0035e0000000000AAA", claims=())
    known = building.customer(phone="+44 1", claims=(theirs.source.key,))

    assert only(SALE, known, PAID, theirs, contact()).contact == WHO
