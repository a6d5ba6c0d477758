from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.hubspot import CONNECTOR
from connectors.hubspot.client import contacts_of_deals
from hub.connector import Hint
from hub.domain.errors import Missing, TryLater, Unreadable
from hub.domain.records import DealRecord
from tests.connectors.crm.account import ids
from tests.connectors.hubspot.portal import Crm

SINCE = "since:2026-11-22T00:00:00Z"


@pytest.mark.parametrize("stream", ["contacts", "deals", "deletions"])
@pytest.mark.parametrize("cursor", ["", "x", "since:", "at:x", "on:", "tie:1", "walk|x", "walked:soon"])
async def test_a_cursor_that_is_odd_is_named_and_asks_nothing(stream: str, cursor: str) -> None:
    crm = Crm()

    with pytest.raises(Unreadable, match="cursor"):
        await crm.pull(stream, cursor)
    assert not crm.sandbox.calls


async def test_everything_that_changed_comes_once_through_all_pages() -> None:
    crm = Crm(tells=False)
    made = {crm.sandbox.create_contact(f"p{number}@example.com")["id"] for number in range(450)}

    said, cursor, pages = await crm.walk("contacts", SINCE)

    assert set(ids(said)) == made and pages == 3
    assert len(said) <= 452  # each page begins with the last row of the one before
    crm.clock.forward(minutes=30)
    late = crm.sandbox.create_contact("late@example.com")
    said, _, _ = await crm.walk("contacts", cursor)
    assert late["id"] in ids(said)


async def test_more_rows_of_one_millisecond_than_a_page_holds_do_not_stop_the_stream() -> None:
    crm = Crm(tells=False)
    made = [crm.sandbox.create_contact(f"p{number}@example.com") for number in range(620)]
    for each in made[:-1]:
        each["updatedAt"] = each["properties"]["lastmodifieddate"] = "2026-11-22T11:00:00.000Z"

    said, _, _ = await crm.walk("contacts", SINCE)

    assert set(ids(said)) == {each["id"] for each in made}


async def test_no_search_is_asked_for_a_second_page_so_ten_thousand_rows_are_no_end() -> None:
    crm = Crm(tells=False)
    for number in range(250):
        crm.sandbox.create_contact(f"p{number}@example.com")

    await crm.walk("contacts", SINCE)

    searches = [each for each in crm.exchanges if each.path.endswith("/search")]
    assert searches and not any(b'"after"' in each.request for each in searches)


async def test_what_the_index_did_not_show_yet_comes_with_the_next_pull() -> None:
    crm = Crm(tells=False, index_lag=timedelta(minutes=2))
    slow = crm.sandbox.create_contact("slow@example.com")
    crm.clock.forward(seconds=90)
    crm.sandbox.index_lag = timedelta()
    quick = crm.sandbox.create_contact("quick@example.com")
    crm.sandbox.portal.objects["contacts"].pop(slow["id"])

    said, cursor, _ = await crm.walk("contacts", SINCE)
    assert set(ids(said)) == {quick["id"]}
    crm.sandbox.portal.objects["contacts"][slow["id"]] = slow
    said, _, _ = await crm.walk("contacts", cursor)

    assert slow["id"] in ids(said)


async def test_a_stream_that_is_quiet_stays_where_it_is() -> None:
    crm = Crm(tells=False)
    crm.sandbox.create_contact("a@example.com")
    _, first, _ = await crm.walk("contacts", SINCE)

    crm.clock.forward(days=40)
    _, second, _ = await crm.walk("contacts", first)

    assert first == second


async def test_a_pulled_deal_is_the_same_record_as_a_fetched_one() -> None:
    crm = Crm(tells=False, options={"deals": "all"})
    who = crm.sandbox.create_contact("a@example.com")
    alone, joined = crm.sandbox.create_deal("alone", "1.00"), crm.sandbox.create_deal("joined", "2.00")
    crm.portal.associate(joined["id"], who["id"])

    said, _, _ = await crm.walk("deals", SINCE)
    pulled = [each for each in said if isinstance(each, DealRecord)]
    fetched = [crm.take(await CONNECTOR.fetch["deal"](crm.account, each["id"]))[0] for each in (alone, joined)]

    assert sorted(pulled, key=lambda each: each.source) == fetched
    assert [each.customer is None for each in pulled] == [True, False]


async def test_ids_of_associated_contacts_may_be_numbers_as_recorded_or_text_as_described() -> None:
    to = [{"toObjectId": 501, "associationTypes": []}, {"toObjectId": "502", "associationTypes": []}]
    body = {"status": "COMPLETE", "results": [{"from": {"id": "9"}, "to": to}], "numErrors": 1, "errors": [{}]}
    crm = Crm()
    crm.account.http._transport = httpx.MockTransport(lambda _: httpx.Response(207, json=body))

    assert await contacts_of_deals(crm.account, ["9", "10"]) == {"9": ["501", "502"]}


async def test_deals_of_the_crms_own_are_not_even_asked_for() -> None:
    crm = Crm(tells=False)
    crm.sandbox.create_deal("a lead")

    said, _, _ = await crm.walk("deals", SINCE)

    assert said == []


async def test_a_merge_that_no_webhook_told_is_found_with_the_survivor() -> None:
    crm = Crm(tells=False)
    old, kept = crm.sandbox.create_contact("old@example.com"), crm.sandbox.create_contact("kept@example.com")
    await crm.walk("contacts", SINCE)
    crm.portal.merge("contacts", kept["id"], old["id"])

    said, _, _ = await crm.walk("contacts", SINCE)
    await crm.follow(said)

    assert Hint(kind="customer", external_id=old["id"], gone=True) in said
    (record,) = crm.contacts()
    assert record.source.external_id == kept["id"]


async def test_deletions_that_no_webhook_told_are_found_by_walking_the_archive() -> None:
    crm = Crm(tells=False)
    made = [crm.sandbox.create_contact(f"p{number}@example.com") for number in range(120)]
    deal = crm.sandbox.create_deal("gone")
    for each in made[:110]:
        crm.portal.archive("contacts", each["id"])
    crm.portal.archive("deals", deal["id"])

    said, cursor, pages = await crm.walk("deletions", SINCE)

    gone = {(each.kind, each.external_id) for each in said if isinstance(each, Hint) and each.gone}
    assert gone == {*(("customer", each["id"]) for each in made[:110]), ("deal", deal["id"])}
    assert pages == 3 and cursor.startswith("walked:")


async def test_the_archive_is_walked_once_an_hour_and_tells_the_new_deletions_only() -> None:
    crm = Crm(tells=False)
    first, second = crm.sandbox.create_contact("1@example.com"), crm.sandbox.create_contact("2@example.com")
    crm.portal.archive("contacts", first["id"])
    crm.clock.forward(minutes=10)
    _, cursor, _ = await crm.walk("deletions", SINCE)
    calls = len(crm.sandbox.calls)

    crm.clock.forward(minutes=59)
    assert await crm.walk("deletions", cursor) == ([], cursor, 1) and len(crm.sandbox.calls) == calls
    crm.portal.archive("contacts", second["id"])
    crm.clock.forward(minutes=1)
    said, _, _ = await crm.walk("deletions", cursor)

    assert said == [Hint(kind="customer", external_id=second["id"], gone=True)]


@pytest.mark.parametrize("kind", ["customer", "deal"])
@pytest.mark.parametrize("external_id", ["999", "x", "", "1/../2"])
async def test_what_is_not_there_is_missing_though_the_answer_is_a_page_of_html(kind: str, external_id: str) -> None:
    crm = Crm()

    with pytest.raises(Missing):
        await CONNECTOR.fetch[kind](crm.account, external_id)


async def test_a_merged_contact_is_missing_under_its_old_id() -> None:
    crm = Crm()
    old, kept = crm.sandbox.create_contact("old@example.com"), crm.sandbox.create_contact("kept@example.com")
    crm.portal.merge("contacts", kept["id"], old["id"])

    with pytest.raises(Missing, match=f"became part of {kept['id']}"):
        await CONNECTOR.fetch["customer"](crm.account, old["id"])


async def test_someone_who_was_forgotten_is_gone() -> None:
    crm = Crm()
    made = crm.sandbox.create_contact("a@example.com")
    await crm.hear()
    assert crm.records

    crm.portal.archive("contacts", made["id"], "privacyDeletion")
    await crm.hear()

    assert not crm.records


async def test_a_limit_that_is_reached_says_when_to_come_again() -> None:
    crm = Crm(per_ten_seconds=2)
    made = crm.sandbox.create_contact("a@example.com")
    for _ in range(2):
        await CONNECTOR.fetch["customer"](crm.account, made["id"])

    with pytest.raises(TryLater) as caught:
        await CONNECTOR.fetch["customer"](crm.account, made["id"])

    assert caught.value.after.total_seconds() == 10


def headers_of(**more: Any) -> dict[str, str]:
    return {f"X-HubSpot-RateLimit-{name.replace('_', '-')}": str(value) for name, value in more.items()}


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (headers_of(Remaining=5, Interval_Milliseconds=10000), 0),
        (headers_of(Remaining=0, Interval_Milliseconds=10000), 10),
        (headers_of(Remaining=0), 10),
        (headers_of(Remaining=5, Secondly_Remaining=0), 1),
        ({}, 0),
    ],
)
def test_the_headers_of_any_answer_say_how_long_to_pause(said: dict[str, str], seconds: float) -> None:
    assert CONNECTOR.pause is not None
    assert CONNECTOR.pause(httpx.Response(200, headers=said)) == seconds
