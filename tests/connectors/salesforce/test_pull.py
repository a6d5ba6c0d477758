import pytest

from connectors.salesforce import CONNECTOR
from hub.domain.errors import Missing, Unreadable
from hub.domain.records import CustomerRecord, DealRecord, Record
from tests import building
from tests.connectors.crm.account import ids
from tests.connectors.salesforce.org import Crm

SINCE = "since:2026-11-22T00:00:00Z"


@pytest.mark.parametrize("stream", ["contacts", "opportunities"])
@pytest.mark.parametrize("cursor", ["", "x", "since:", "at:x", "on:", "on:2026-11-22T00:00:00Z|x' OR Id != '"])
async def test_a_cursor_that_is_odd_is_named_and_asks_nothing(stream: str, cursor: str) -> None:
    crm = Crm()

    with pytest.raises(Unreadable, match="cursor"):
        await crm.pull(stream, cursor)
    assert not crm.sandbox.calls


async def test_everything_of_one_second_comes_once_through_answers_that_are_cut_short() -> None:
    crm = Crm(tells=False, page=7)
    made = [crm.sandbox.create_contact(f"P{number}")["Id"] for number in range(30)]

    said, cursor, pages = await crm.walk("contacts", SINCE)

    assert ids(said) == made and pages == 5
    assert cursor == "at:2026-11-22T12:00:00.000Z"


async def test_what_changes_while_the_pages_are_read_is_not_missed() -> None:
    crm = Crm(tells=False, page=4)
    made = [crm.sandbox.create_contact(f"P{number}")["Id"] for number in range(8)]
    said, cursor, more = await crm.pull("contacts", SINCE)
    crm.clock.forward(seconds=1)
    crm.org.update("Contact", made[0], {"Phone": "1"})
    crm.org.update("Contact", made[7], {"Phone": "2"})

    rest, _, _ = await crm.walk("contacts", cursor)

    assert more and set(ids([*said, *rest])) == set(made)
    assert {each.phone for each in rest if isinstance(each, CustomerRecord)} == {"", "1", "2"}


async def test_a_stream_that_has_caught_up_looks_back_ten_minutes_and_stays_where_it_is() -> None:
    crm = Crm(tells=False)
    early = crm.sandbox.create_contact("Early")["Id"]
    crm.clock.forward(minutes=9)
    late = crm.sandbox.create_contact("Late")["Id"]
    _, cursor, _ = await crm.walk("contacts", SINCE)

    said, again, _ = await crm.walk("contacts", cursor)
    crm.clock.forward(hours=1)
    _, later, _ = await crm.walk("contacts", again)

    assert ids(said) == [early, late]
    assert cursor == again == later


async def test_two_changes_in_one_second_end_as_the_second_one() -> None:
    crm = Crm(tells=False)
    row = crm.sandbox.create_contact("Ada", phone="1")
    (first,) = crm.take(await CONNECTOR.fetch["customer"](crm.account, row["Id"]))
    crm.org.update("Contact", row["Id"], {"Phone": "2"})
    crm.clock.forward(minutes=1)

    said, _, _ = await crm.walk("contacts", SINCE)

    (read,) = (each for each in said if isinstance(each, CustomerRecord))
    assert read.version > first.version and crm.contacts()[0].phone == "2"


async def test_what_was_deleted_is_told_by_the_poll_and_found_by_its_id() -> None:
    crm = Crm()
    row = crm.sandbox.create_contact("Ada")
    await crm.hear()
    crm.clock.forward(minutes=1)
    crm.org.delete("Contact", row["Id"])
    told = len(crm.sandbox.deliveries)

    said, _, _ = await crm.walk("contacts", SINCE)
    (event,) = await CONNECTOR.fetch["customer"](crm.account, row["Id"])

    assert told == 1  # by no message
    assert [each.deleted for each in said if isinstance(each, Record)] == [True]
    assert [each.deleted for each in crm.take([event])] == [True]


async def test_only_opportunities_of_our_orders_are_asked_for_unless_the_settings_say_all() -> None:
    ours, everything = Crm(), Crm(options={"deals": "all"})
    for crm in (ours, everything):
        crm.sandbox.create_opportunity("By hand", 5.0)
        await crm.settle(building.order(email=""))

    told, _, _ = await ours.walk("opportunities", SINCE)
    all_told, _, _ = await everything.walk("opportunities", SINCE)

    assert len(ids(told)) == 1 and len(ids(all_told)) == 2
    assert all(isinstance(each, DealRecord) for each in all_told)


@pytest.mark.parametrize("number", ["", "003", "0035e0000000001AA'", "0035e0000000099AAA", "é" * 18])
@pytest.mark.parametrize("kind", ["customer", "deal"])
async def test_what_is_not_there_is_missing(kind: str, number: str) -> None:
    with pytest.raises(Missing):
        await CONNECTOR.fetch[kind](Crm().account, number)
