"""Fetching, pulling what webhooks did not tell, and the hourly look at the webhooks themselves."""

import pytest

from connectors.shipengine import CONNECTOR
from connectors.shipengine.check import audit, check
from connectors.shipengine.client import PAGE
from hub.connector import Account, Event, Hint
from hub.domain.clock import rfc3339
from hub.domain.errors import Missing
from hub.domain.records import ShipmentRecord, ShipmentStatus
from tests.conftest import Time
from tests.connectors.shipengine.yard import account, heard, newest, read_events, sandbox

HERE = "https://hub.example/webhooks/yard"


async def pull(there: Account, stream: str, cursor: str) -> tuple[dict[str, ShipmentRecord], str, int]:
    """Until there is no more: what was told, where it goes on, and how many pages it took."""
    events: list[Event] = []
    pages, more = 0, True
    while more:
        page = await CONNECTOR.pull[stream](there, cursor)
        events += page.events
        cursor, more, pages = page.cursor, page.more, pages + 1
    return newest(read_events(events)), cursor, pages


async def test_a_thing_that_is_not_there_is_missing() -> None:
    there = account(sandbox())

    for kind, name in (("shipment", "se-1"), ("shipment", "tracking:1Z"), ("shipment", "../x"), ("batch", "x y")):
        with pytest.raises(Missing):
            await CONNECTOR.fetch[kind](there, name)


async def test_a_label_is_fetched_with_its_tracking_by_either_name() -> None:
    yard = sandbox()
    label = yard.make_label()
    yard.move(label["label_id"], "in_transit")

    for name in (label["label_id"], f"tracking:{label['tracking_number']}"):
        found = newest(read_events(await CONNECTOR.fetch["shipment"](account(yard), name)))
        assert found[label["label_id"]].status is ShipmentStatus.PENDING
        assert found[f"tracking:{label['tracking_number']}"].status is ShipmentStatus.IN_TRANSIT


async def test_the_labels_of_a_batch_are_fetched_once_its_webhook_names_it() -> None:
    yard = sandbox()
    label = yard.make_label()
    yard.make_label()

    (hint, _) = heard(yard)
    assert isinstance(hint, Hint)
    found = newest(read_events(await CONNECTOR.fetch["batch"](account(yard), hint.external_id)))

    assert set(found) == {label["label_id"]}


async def test_labels_and_voids_that_no_webhook_told_of_are_pulled_page_by_page_and_once() -> None:
    clock = Time()
    yard = sandbox(clock)
    since = f"since:{rfc3339(clock())}"
    for _ in range(PAGE + 1):
        yard.shelf.make_by_hand("", "")
    clock.forward(hours=1)
    there = account(yard)

    found, cursor, pages = await pull(there, "labels", since)
    assert (len(found), pages) == (PAGE + 1, 2)
    clock.forward(hours=1)
    late = yard.make_label()["label_id"]
    again, cursor, pages = await pull(there, "labels", cursor)
    assert late in again
    assert pages == 2  # those of the last five minutes before the newest are asked for again
    fresh, _, pages = await pull(there, "labels", cursor)
    assert (set(fresh), pages) == ({late}, 1)

    nothing, cursor, _ = await pull(there, "voids", since)
    assert not nothing
    yard.void(late)
    told, cursor, _ = await pull(there, "voids", cursor)
    assert told[late].status is ShipmentStatus.CANCELLED
    clock.forward(hours=1)
    yard.void(next(iter(found)))
    told, _, _ = await pull(there, "voids", cursor)
    assert next(iter(found)) in told


async def test_old_voids_are_not_told_again() -> None:
    clock = Time()
    yard = sandbox(clock)
    yard.void(yard.make_label()["label_id"])
    clock.forward(days=1)

    told, _, _ = await pull(account(yard), "voids", f"since:{rfc3339(clock())}")

    assert not told


async def test_parcels_under_way_are_asked_for_in_rounds_and_arrived_ones_once_a_day() -> None:
    clock = Time()
    yard = sandbox(clock)
    moving, there, given_back = (yard.make_label() for _ in range(3))
    yard.move(moving["label_id"], "in_transit")
    yard.move(there["label_id"], "delivered")
    yard.void(given_back["label_id"])
    way = account(yard)

    async def round_of(cursor: str) -> tuple[dict[str, str], str]:
        found, cursor, _ = await pull(way, "tracking", cursor)
        return {name.removeprefix("tracking:"): record.status.value for name, record in found.items()}, cursor

    number, other = moving["tracking_number"], there["tracking_number"]
    told, cursor = await round_of(f"since:{rfc3339(clock())}")
    assert told == {number: "in_transit", other: "delivered"}
    before = len(yard.calls)
    assert (await round_of(cursor))[0] == {}
    assert len(yard.calls) == before  # it rests
    clock.forward(hours=1)
    told, cursor = await round_of(cursor)
    assert told == {number: "in_transit"}
    yard.move(moving["label_id"], "delivered")  # and the webhook is lost
    clock.forward(hours=1)
    told, cursor = await round_of(cursor)
    assert told == {}
    clock.forward(days=1)
    told, cursor = await round_of(cursor)
    assert told == {number: "delivered", other: "delivered"}
    clock.forward(days=46)
    assert (await round_of(cursor))[0] == {}


async def test_a_webhook_that_is_gone_is_made_again_and_then_left_alone() -> None:
    yard = sandbox()
    yard.disable()
    yard.move(yard.make_label()["label_id"], "in_transit")
    assert not yard.deliveries

    made = await audit(account(yard), HERE, "")
    again = await audit(account(yard), HERE, "")

    assert [finding.ok for finding in made] == [False, False]  # it was wrong, and is mended
    assert [finding.ok for finding in again] == [True, True]
    assert len([call for call in yard.calls if call[0] == "POST"]) == 2
    yard.move(yard.make_label()["label_id"], "in_transit")
    assert [delivery.kind for delivery in yard.deliveries] == ["batch", "track"]


async def test_a_webhook_of_another_system_is_left_to_it_and_shown() -> None:
    yard = sandbox()
    await audit(account(yard), "https://other.example/in", "")

    found = await audit(account(yard), HERE, "")

    assert not any(finding.ok for finding in found)
    assert all("https://other.example/in" in finding.message for finding in found)
    assert {webhook["url"] for webhook in yard.webhooks.values()} == {"https://other.example/in"}


async def test_an_older_address_of_ours_is_replaced() -> None:
    yard = sandbox()
    await audit(account(yard), "https://hub.example/old", "")

    found = await audit(account(yard), HERE, "")

    assert all("moved" in finding.message for finding in found)
    assert {webhook["url"] for webhook in yard.webhooks.values()} == {HERE}


async def test_the_check_tells_a_wrong_key_an_unknown_carrier_and_a_service_that_nobody_has() -> None:
    yard = sandbox()

    wrong = [each async for each in check(account(yard, api_key="other"))]
    good = [each async for each in check(account(yard, service="ups_ground"))]
    bad = [each async for each in check(account(yard, carriers=["se-1", "se-100001"], service="ups_ground"))]

    assert [each.ok for each in wrong] == [False]
    assert all(each.ok for each in good)
    assert [each.subject for each in bad if not each.ok] == ["carrier se-1", "service"]
