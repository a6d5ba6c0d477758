"""What only Salesforce's plan does; the rest is in `tests/connectors/crm`."""

from connectors.salesforce import CONNECTOR
from connectors.salesforce.commands import CreateDeal, SaveContact, UpdateDeal
from hub.domain.commands import Mismatch
from hub.domain.money import Money
from tests import building
from tests.building import at
from tests.connectors.crm.sale import ADA, GUEST, PAID, SALE, WHO, Desk, contact
from tests.connectors.salesforce.org import settings

CRM = Desk(CONNECTOR, settings)


def test_the_opportunity_names_the_contact() -> None:
    assert CRM.only(SALE, ADA, PAID, contact()) == CreateDeal(
        subject=SALE.source.key,
        name="Order #1001 - Ada Lovelace",
        amount=Money(10_000, "EUR"),
        stage="Closed Won",
        closes_on="2026-11-22",
        contact=WHO,
    )


def test_the_day_is_that_of_the_org() -> None:
    assert CRM.only(GUEST, timezone="Pacific/Auckland").closes_on == "2026-11-22"
    late = building.order(name="Ada", placed_at=at(12 * 60))
    assert CRM.only(late, timezone="Pacific/Auckland").closes_on == "2026-11-23"


def test_a_customer_with_a_name_and_no_address_is_a_contact_too() -> None:
    nameless = building.customer(email="")
    wish = CRM.only(building.order(customer=nameless.source, email=""), nameless)

    assert isinstance(wish, SaveContact) and wish.person.email == "" and wish.person.name


def test_a_cancelled_order_moves_its_opportunity() -> None:
    gone = building.order(customer=ADA.source, cancelled_at=at(5))

    wish = CRM.only(gone, ADA, contact(), CRM.deal())

    assert wish == UpdateDeal(subject=SALE.source.key, target="006A", stage="Closed Lost")


def test_an_opportunity_that_someone_moved_to_a_stage_of_their_own_stays_there_and_is_shown() -> None:
    found = CRM.only(SALE, ADA, PAID, contact(), CRM.deal(stage="Qualification"))

    assert found == Mismatch(about="stage of the opportunity", expected="Closed Won", found="Qualification")


def test_an_opportunity_that_is_gone_is_shown_as_one() -> None:
    found = CRM.only(SALE, ADA, PAID, contact(), CRM.deal(deleted=True))

    assert found == Mismatch(about="opportunity", expected="one of 100.00 EUR", found="deleted in Salesforce")


def test_an_opportunity_gets_no_contact_where_roles_are_not_used() -> None:
    assert CRM.plan(SALE, ADA, PAID, contact(), CRM.deal(customer=None), contact_roles=False) == []


def test_of_two_contacts_the_one_that_is_marked_as_ours_counts() -> None:
    theirs = contact("0035e0000000000AAA", claims=())
    known = building.customer(phone="+44 1", claims=(theirs.source.key,))

    assert CRM.only(SALE, known, PAID, theirs, contact()).contact == WHO
