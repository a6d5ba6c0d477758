from dataclasses import replace

import httpx
import pytest

from connectors.crm.fields import digest, marks
from connectors.hubspot import CONNECTOR
from connectors.hubspot.commands import CreateDeal, Person, SaveContact
from hub.connector import Upsert
from hub.domain.commands import Mismatch
from hub.domain.errors import Refused, TryLater, Unknown
from hub.domain.ids import CommandId
from hub.domain.money import Money
from hub.domain.records import Address, CustomerRecord, DealRecord
from tests import building
from tests.connectors.hubspot.portal import Crm

ADA = building.customer(phone="+44 1", addresses=(Address(line1="1 St James", city="London", country="GB"),))
SALE = building.order(customer=ADA.source, name="Ada Lovelace")
PAID = building.payment(claims=(SALE.source.key,))
GUEST = building.order("1002", email="Grace@Example.com", name="Grace Hopper", placed_at=building.at(9))
PERSON = Person(email="ada@example.com", name="Ada Lovelace", phone="+44 1")


@pytest.fixture
def crm() -> Crm:
    return Crm()


def wanted() -> CreateDeal:
    return CreateDeal(
        subject=SALE.source.key,
        name="Order #1001",
        amount=Money(10_000, "EUR"),
        pipeline="default",
        stage="closedwon",
        closed_at="2026-11-22T09:00:00.000Z",
        guest=PERSON,
    )


def counts(crm: Crm) -> tuple[int, int, int]:
    state = crm.sandbox.state()
    return len(state["contacts"]), len(state["deals"]), len(state["associations"])


@pytest.mark.parametrize("drops", range(1, 5))
async def test_answers_that_are_lost_leave_one_contact_one_deal_and_one_association(crm: Crm, drops: int) -> None:
    push = CONNECTOR.push[CreateDeal]
    assert isinstance(push.safety, Upsert)
    crm.sandbox.faults.drop_replies = drops
    for _ in range(drops):
        with pytest.raises(Unknown):
            await push.send(crm.account, wanted(), CommandId("cmd_1"))

    records = await crm.push(wanted())

    assert counts(crm) == (1, 1, 1)
    (deal,) = (each for each in records if isinstance(each, DealRecord))
    assert deal.claims == (SALE.source.key,) and deal.customer is not None


async def test_the_same_command_again_changes_nothing(crm: Crm) -> None:
    first = await crm.push(wanted())
    told = len(crm.sandbox.deliveries)

    assert await crm.push(wanted()) == first
    assert len(crm.sandbox.deliveries) == told


async def test_a_deal_that_moved_on_after_its_makings_answer_was_lost_is_not_taken_back(crm: Crm) -> None:
    """The lost one is sent again when its lease is over; a webhook has shown the deal, and the plan moved it."""
    crm.sandbox.faults.drop_replies = 1
    with pytest.raises(Unknown):
        await crm.push(replace(wanted(), guest=None))
    (deal,) = crm.sandbox.state()["deals"]
    crm.sandbox.portal.update("deals", deal["id"], {"dealstage": "closedlost", "amount": "80.00"})

    (record,) = [each for each in await crm.push(replace(wanted(), guest=None)) if isinstance(each, DealRecord)]

    assert (record.stage, record.amount) == ("closedlost", Money(8_000, "EUR"))
    assert counts(crm) == (0, 1, 0)


async def test_a_sale_settles_in_one_write_per_thing_and_its_echo_changes_nothing(crm: Crm) -> None:
    done = await crm.settle(SALE, ADA, PAID)
    before = dict(crm.records)
    writes = [call for call in crm.sandbox.calls if crm.sandbox.is_write(*call)]

    await crm.hear()

    assert [type(each).__name__ for each in done] == ["SaveContact", "CreateDeal"]
    assert len(writes) == 3  # with the association
    assert crm.records == before
    assert await crm.settle(SALE, ADA, PAID) == []


async def test_a_guest_and_a_customer_with_one_address_are_one_contact_with_two_deals(crm: Crm) -> None:
    guest = building.order("7", email="ADA@example.com")
    await crm.settle(guest)
    crm.records = {each.source: each for each in crm.contacts()}

    await crm.settle(SALE, ADA, PAID)

    assert counts(crm) == (1, 2, 2)


async def test_what_people_had_put_into_the_contact_before_is_kept_and_the_rest_is_filled(crm: Crm) -> None:
    theirs = crm.sandbox.create_contact("ada@example.com", firstname="Countess")

    (record,) = await crm.push(SaveContact(subject=ADA.source.key, person=PERSON))

    assert isinstance(record, CustomerRecord)
    assert (record.source.external_id, record.name, record.phone) == (theirs["id"], "Countess", "+44 1")
    assert ADA.source.key in record.claims
    assert marks(record.note) == {"phone": digest("+44 1")}
    assert await crm.settle(SALE, ADA, PAID) and counts(crm) == (1, 1, 1)


async def test_a_contact_that_two_of_our_customers_share_carries_both(crm: Crm) -> None:
    await crm.push(SaveContact(subject="cus_a", person=PERSON))
    (record,) = await crm.push(SaveContact(subject="cus_b", person=PERSON))

    assert record.claims == ("cus_a", "cus_b")


async def test_an_address_with_signs_that_mean_something_in_a_path_finds_its_contact(crm: Crm) -> None:
    person = Person(email="a+b/c?d#e%41@example.com")
    crm.sandbox.create_contact(person.email)

    await crm.push(SaveContact(subject="cus_a", person=person))

    assert counts(crm)[0] == 1


async def test_an_edit_in_the_crm_comes_back_and_is_not_undone(crm: Crm) -> None:
    await crm.settle(SALE, ADA, PAID)
    (contact,) = crm.contacts()

    crm.portal.update("contacts", contact.source.external_id, {"phone": "+44 999", "firstname": "Augusta"})
    await crm.hear()

    (edited,) = crm.contacts()
    assert (edited.phone, edited.name) == ("+44 999", "Augusta Lovelace")
    assert await crm.settle(SALE, ADA, PAID) == []


async def test_a_customer_who_moves_takes_along_what_only_the_hub_has_written() -> None:
    crm = Crm()
    there = building.customer(connection="aaa", phone="+44 1")
    sale = building.order(connection="aaa", customer=there.source)
    await crm.settle(sale, there)

    moved = building.customer(connection="aaa", phone="+44 2", version=2)
    done = await crm.settle(sale, moved)

    assert [type(each).__name__ for each in done] == ["UpdateContact"]
    assert crm.sandbox.state()["contacts"][0]["properties"]["phone"] == "+44 2"


async def test_the_deal_follows_its_order(crm: Crm) -> None:
    await crm.settle(SALE, ADA)
    assert crm.sandbox.state()["deals"][0]["properties"]["dealstage"] == "contractsent"

    await crm.settle(SALE, ADA, PAID)
    await crm.settle(building.order(customer=ADA.source, total=9_999, version=2), ADA, PAID)

    said = crm.sandbox.state()["deals"][0]["properties"]
    assert (said["dealstage"], said["amount"]) == ("closedwon", "99.99")


async def test_in_an_account_with_several_currencies_the_deal_says_which() -> None:
    crm = Crm(options={"multicurrency": True})
    yen = building.order(customer=ADA.source, currency="JPY", total=500)

    await crm.settle(yen, ADA)

    said = crm.sandbox.state()["deals"][0]["properties"]
    assert (said["amount"], said["deal_currency_code"]) == ("500", "JPY")


async def test_deleted_there_is_shown_here_and_made_no_second_time(crm: Crm) -> None:
    await crm.settle(SALE, ADA, PAID)
    for source, record in list(crm.records.items()):
        crm.portal.archive("deals" if isinstance(record, DealRecord) else "contacts", source.external_id)
        crm.records[source] = replace(record, deleted=True)

    found = await crm.settle(SALE, ADA, PAID)

    assert [type(each) for each in found] == [Mismatch, Mismatch]
    assert counts(crm) == (0, 0, 0)


async def test_a_merge_leads_the_old_contact_to_the_new_one(crm: Crm) -> None:
    await crm.settle(SALE, ADA, PAID)
    (ours,) = crm.contacts()
    other = crm.sandbox.create_contact("countess@example.com", firstname="Countess")
    await crm.hear()

    crm.portal.merge("contacts", other["id"], ours.source.external_id)
    await crm.hear()

    (survivor,) = crm.contacts()
    assert survivor.source.external_id == other["id"]
    assert {ours.source.key, ADA.source.key} <= set(survivor.claims)
    assert await crm.settle(SALE, ADA, PAID) == []


async def test_a_batch_that_fails_in_part_is_refused_with_the_vendors_words(crm: Crm) -> None:
    errors = [{"status": "error", "category": "VALIDATION_ERROR", "message": "CONTACT=1234 is not valid"}]
    body = {"status": "COMPLETE", "results": [], "numErrors": 1, "errors": errors}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404) if request.method == "GET" else httpx.Response(207, json=body)

    crm.account.http._transport = httpx.MockTransport(answer)

    with pytest.raises(Refused, match="CONTACT=1234 is not valid"):
        await crm.push(SaveContact(subject="cus_a", person=PERSON))
    errors[0]["category"] = "RATE_LIMITS"
    with pytest.raises(TryLater):
        await crm.push(SaveContact(subject="cus_a", person=PERSON))


async def test_a_guest_who_was_forgotten_is_not_made_again_for_the_same_sale(crm: Crm) -> None:
    await crm.settle(GUEST)
    (contact,) = crm.sandbox.state()["contacts"]

    crm.portal.archive("contacts", contact["id"], "privacyDeletion")
    deal = crm.sandbox.state()["deals"][0]
    crm.portal.update("deals", deal["id"], {"dealname": "Order of someone"})
    await crm.hear()

    assert await crm.settle(GUEST) == []
    assert counts(crm) == (0, 1, 0)


async def test_a_guest_settles_too(crm: Crm) -> None:
    done = await crm.settle(GUEST)

    assert [type(each).__name__ for each in done] == ["CreateDeal"]
    assert counts(crm) == (1, 1, 1)
    assert crm.sandbox.state()["contacts"][0]["properties"]["email"] == "grace@example.com"
