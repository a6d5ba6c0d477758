"""What only HubSpot's plan does; the rest is in `tests/connectors/crm`."""

from connectors.hubspot import CONNECTOR
from connectors.hubspot.commands import CreateDeal, UpdateContact, UpdateDeal
from hub.domain.commands import Mismatch
from hub.domain.money import Money
from tests import building
from tests.building import at
from tests.connectors.crm.sale import ADA, PAID, SALE, WHO, Desk, contact
from tests.connectors.hubspot.portal import settings

CRM = Desk(CONNECTOR, settings)


def test_the_deal_names_the_contact() -> None:
    wish = CRM.only(SALE, ADA, PAID, contact())

    assert wish == CreateDeal(
        subject=SALE.source.key,
        name="Order #1001 - Ada Lovelace",
        amount=Money(10_000, "EUR"),
        pipeline="default",
        stage="closedwon",
        closed_at="2026-11-22T09:00:00.000Z",
        contact=WHO,
    )


def test_a_customer_without_an_e_mail_address_is_no_contact() -> None:
    nameless = building.customer(email="")
    wish = CRM.only(building.order(customer=nameless.source, email=""), nameless)

    assert isinstance(wish, CreateDeal) and not wish.contact and wish.guest is None


def test_a_cancelled_order_moves_its_deal() -> None:
    gone = building.order(customer=ADA.source, cancelled_at=at(5))

    assert CRM.only(gone, ADA, contact(), CRM.deal()) == UpdateDeal(
        subject=SALE.source.key, target="006A", pipeline="default", stage="closedlost"
    )


def test_a_deal_that_someone_moved_to_a_stage_of_their_own_stays_there_and_is_shown() -> None:
    found = CRM.only(SALE, ADA, PAID, contact(), CRM.deal(stage="negotiating"))

    assert found == Mismatch(about="deal stage", expected="closedwon", found="negotiating")


def test_a_deal_that_is_gone_may_have_been_merged() -> None:
    found = CRM.only(SALE, ADA, PAID, contact(), CRM.deal(deleted=True))

    assert found == Mismatch(about="deal", expected="a deal of 100.00 EUR", found="deleted or merged in HubSpot")


def test_a_company_of_ones_own_is_filled_too() -> None:
    employed = building.customer(connection="aaa", phone="+44 1", company="Analytical")
    sale = building.order(customer=employed.source, connection="aaa")
    paid, told = building.payment(claims=(sale.source.key,)), CRM.deal(claims=(sale.source.key,))

    wish = CRM.only(sale, employed, paid, contact(claims=(employed.source.key,)), told)

    assert isinstance(wish, UpdateContact) and (wish.company, wish.name, wish.phone) == ("Analytical", "", "")


def test_of_two_contacts_the_one_that_the_other_was_merged_into_counts() -> None:
    old = contact("400")
    survivor = contact("501", claims=(old.source.key,))

    assert CRM.only(SALE, ADA, PAID, old, survivor).contact == "501"
