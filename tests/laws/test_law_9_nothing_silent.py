"""Law 9: each input ends as applied, duplicate, stale, ignored (why) or parked (why, replayable), and can be seen."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.quickbooks import CONNECTOR as QUICKBOOKS
from connectors.shopify import CONNECTOR as SHOPIFY
from connectors.stripe import CONNECTOR as STRIPE
from hub.connector import Connector, Event, Faulty, Hint, Ignored, Page
from hub.domain.errors import Malformed
from hub.pipeline.digest import digest
from hub.pipeline.registry import Connections
from hub.sandbox import Delivery
from hub.store import inbox
from hub.store.database import Database
from hub.store.listing import events as listed
from hub.store.reading_work import events_by_id
from tests.building import START, order, payment
from tests.conftest import Time
from tests.laws.asking import changes, commands, events, orders
from tests.laws.test_law_2_whole_histories import empty
from tests.small_hub import SmallHub
from tests.toy.parcelboy import CONNECTOR as PARCELBOY
from tests.toy.sandbox import ParcelboySandbox
from tests.toy.teller import CONNECTOR as TELLER
from tests.toy.teller import tell, tellers

ENDS = {"applied", "stale", "ignored", "parked"}
VENDORS: dict[str, tuple[Connector, dict[str, Any]]] = {
    "shop": (SHOPIFY, {"connector": "shopify", "shop": "acme.myshopify.com", "access_token": "t"}),
    "pay": (STRIPE, {"connector": "stripe", "api_key": "sk_test_1"}),
    "books": (
        QUICKBOOKS,
        {"connector": "quickbooks", "realm_id": "1", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
        | {"item_id": "1"},
    ),
}


@pytest.fixture
async def street(db: Database, time: Time) -> AsyncIterator[SmallHub]:
    """All three vendors; nobody is called."""
    nobody = ParcelboySandbox(now=time)
    vendors = {
        name: (connector, connector.settings.model_validate(given | {"webhook": {"secrets": ["s"]}}), nobody)
        for name, (connector, given) in VENDORS.items()
    }
    hub = SmallHub(db, time, vendors)
    yield hub
    await hub.close()


async def digest_as(house: SmallHub, connector: Connector, name: str = "carrier") -> None:
    """As after an upgrade: the same connection with another version of its connector."""
    known = house.connections
    house.connections = Connections({name: replace(known[name], connector=connector)})
    await house.digest()
    house.connections = known


async def revive(house: SmallHub, event_id: str) -> bool:
    async with house.db.write() as held:
        return await inbox.revive(held, event_id, house.time())


# ------------------------------------------------------------------------------------------------ any input at all

_PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False), st.text(max_size=12)
)
_JSON = st.recursive(
    _PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
# Words that readers look for, so that a body gets past the first check and meets the second.
_FRAME = ["id", "type", "data", "object", "created", "eventNotifications", "realmId", "dataChangeEvent", "entities"]
_FIELDS = ["amount", "currency", "status", "metadata", "name", "operation", "total_price", "line_items", "created_at"]
_WORDS = st.sampled_from([*_FRAME, *_FIELDS])
_VALUES = _JSON | st.sampled_from(
    ["payment_intent", "charge", "eur", "succeeded", "evt_1", "\x00", "2026-11-22T12:00:00Z"]
)
_BODIES = st.dictionaries(_WORDS, _VALUES | st.dictionaries(_WORDS, _VALUES, max_size=6), max_size=8)
_KINDS = st.sampled_from(["orders/create", "orders/updated", "refunds/create", "customers/update", "moons/create"])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(said=st.lists(st.tuples(st.sampled_from(sorted(VENDORS)), _KINDS, _BODIES), min_size=1, max_size=8))
async def test_whatever_is_signed_and_taken_ends_in_a_state_that_says_why(
    street: SmallHub, said: list[tuple[str, str, dict[str, Any]]]
) -> None:
    await empty(street.db)
    taken = 0
    for name, kind, body in said:
        connection = street.connections[name]
        assert connection.connector.sign is not None
        raw = json.dumps(body).encode("utf-8", "surrogatepass")
        headers = connection.connector.sign(connection.settings, kind, raw, street.time())
        try:
            received = await street.post(name, Delivery(kind=kind, headers=headers, body=raw))
        except Malformed:
            continue
        taken += received.new + received.duplicates

    await street.digest()

    rows = await events(street.db)
    assert sum(row.deliveries for row in rows) == taken
    for row in rows:
        assert row.state in ENDS and row.done_at is not None and row.part == inbox.DONE
        assert row.reason or row.state == "applied"
    async with street.db.read() as held:
        assert set(await events_by_id(held, [row.id for row in rows])) == {row.id for row in rows}
        assert len(await listed(held, "", "", 100)) == len(rows)


# ------------------------------------------------------------------------------------------------------- each end


async def test_applied_stale_and_duplicate_are_told_apart(db: Database) -> None:
    systems = tellers("shop")
    await tell(
        db, [(order(version=2), ""), (order(version=1), ""), (order(version=2), "again"), (order(version=2), "")]
    )
    async with db.write() as held:
        await inbox.make_partitions(held)
    while await digest(db, systems, lambda: START, limit=1):
        pass

    rows = await events(db)
    assert sorted(row.state for row in rows) == ["applied", "stale", "stale"]
    assert sum(row.deliveries for row in rows) == 4
    assert {row.reason for row in rows if row.state == "stale"} == {"nothing newer than we know"}
    assert {row.order_id for row in rows} == {order().source.key}


async def test_a_bug_of_a_reader_parks_its_event_and_a_fixed_one_replays_it(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    def broken(_reading: object, _body: bytes) -> Sequence[Any]:
        return [1 / 0]

    await parcel(house, parcelboy)
    await digest_as(house, replace(PARCELBOY, read={"parcel": broken}))
    [parked] = await events(house.db)
    assert parked.state == "parked" and "ZeroDivisionError" in parked.reason

    assert await revive(house, parked.id)
    await house.digest()

    [row] = await events(house.db)
    assert (row.state, row.reason) == ("applied", "")
    assert [len(each.shipments) for each in await orders(house.db)] == [1]


async def parcel(house: SmallHub, parcelboy: ParcelboySandbox, id: str = "p1") -> None:
    said = {"id": id, "revision": 1, "order": f"ord_{id}", "tracking": id, "created_at": "2026-11-22T11:00:00Z"}
    parcelboy.parcels[id] = said
    parcelboy.move(id, "in_transit")
    await house.post("carrier", parcelboy.deliveries[-1])


async def test_one_bad_item_parks_its_event_and_its_siblings_are_applied(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    def partly(_reading: object, _body: bytes) -> Sequence[Any]:
        return [order("1"), Faulty(path="$.items[1].total: a number is expected"), order("3")]

    await parcel(house, parcelboy)
    await digest_as(house, replace(PARCELBOY, read={"parcel": partly}))

    [row] = await events(house.db)
    assert (row.state, row.reason) == ("parked", "$.items[1].total: a number is expected")
    assert {each.number for each in await orders(house.db)} == {"#1", "#3"}


async def test_what_is_ignored_says_why_and_a_later_version_may_read_it(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    def not_of_use(_reading: object, _body: bytes) -> Sequence[Any]:
        return [Ignored(reason="a test parcel")]

    await parcel(house, parcelboy)
    await digest_as(house, replace(PARCELBOY, read={"parcel": not_of_use}))
    [row] = await events(house.db)
    assert (row.state, row.reason) == ("ignored", "a test parcel")

    await revive(house, row.id)
    await house.digest()
    assert [each.state for each in await events(house.db)] == ["applied"]


async def test_the_events_of_a_connection_that_was_taken_out_are_parked_and_come_back_with_it(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    await parcel(house, parcelboy)
    known, house.connections = house.connections, Connections({})
    await house.digest()
    [row] = await events(house.db)
    assert row.state == "parked" and "'carrier'" in row.reason

    house.connections = known
    await revive(house, row.id)
    await house.digest()
    assert [each.state for each in await events(house.db)] == ["applied"]


async def test_an_event_that_cannot_be_stored_is_parked_alone_and_its_batch_goes_on(db: Database) -> None:
    """Larger than any column: the database refuses it, and every other event of the batch is applied."""
    poison = order("7", total=2**64)
    await tell(db, [(order("1"), ""), (poison, ""), (order("2"), "")])
    async with db.write() as held:
        await inbox.make_partitions(held)
    while await digest(db, tellers("shop"), lambda: START):
        pass

    assert [row.state for row in await events(db)] == ["applied", "parked", "applied"]
    assert "could not be applied" in (await events(db))[1].reason
    assert {each.number for each in await orders(db)} == {"#1", "#2"}


async def test_what_a_fault_says_is_stored_whatever_characters_are_in_it(db: Database) -> None:
    """PostgreSQL takes no NUL and no database takes half a surrogate: the words of a fault must not stop the rest."""

    def odd(_reading: object, _body: bytes) -> Sequence[Any]:
        return [Faulty(path="$.name: \x00 \ud800 is not a name")]

    systems = Connections({"shop": replace(tellers("shop")["shop"], connector=replace(TELLER, read={"order": odd}))})
    await tell(db, [(order("1"), "")])
    async with db.write() as held:
        await inbox.make_partitions(held)
    while await digest(db, systems, lambda: START):
        pass

    [row] = await events(db)
    assert row.state == "parked" and "is not a name" in row.reason


async def test_what_a_page_brings_and_nobody_can_read_is_parked_too_and_the_page_goes_on(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    async def page(_account: object, cursor: str) -> Page:
        good = {"id": "p2", "revision": 1, "order": "ord_y", "status": "pending", "tracking": "T"}
        good |= {"created_at": "2026-11-22T11:00:00Z", "updated_at": "2026-11-22T11:00:00Z"}
        bad = Event(kind="parcel", body=b'{"id": 7}')
        return Page(events=[bad, Event(kind="parcel", body=json.dumps(good).encode())], cursor="1", more=False)

    known = house.connections["carrier"]
    house.connections = Connections({"carrier": replace(known, connector=replace(PARCELBOY, pull={"parcels": page}))})
    await house.pull()

    [row] = await events(house.db)
    assert (row.state, row.body) == ("parked", b'{"id": 7}')
    assert [len(each.shipments) for each in await orders(house.db)] == [1]


async def test_a_hint_that_nobody_can_follow_is_kept_and_says_what_it_waits_for(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    def hint(_reading: object, _body: bytes) -> Sequence[Any]:
        return [Hint(kind="shipment", external_id="p1")]

    await parcel(house, parcelboy)
    await digest_as(house, replace(PARCELBOY, read={"parcel": hint}))

    [row] = await events(house.db)
    assert (row.state, row.reason) == ("applied", "shipment p1 is fetched")


async def test_every_change_of_an_order_names_what_caused_it(house: SmallHub, parcelboy: ParcelboySandbox) -> None:
    sale = order(claims=("stripe/pi_1",))
    await house.say(sale, cause="evt_sale")
    await house.say(payment(), cause="evt_paid")
    await house.settle()
    parcelboy.move("p1", "delivered")
    await house.post("carrier", parcelboy.deliveries[-1])
    await house.digest()

    [command] = await commands(house.db)
    [event] = await events(house.db)
    told = await changes(house.db)
    assert [row.cause for row in told] == ["evt_sale", "evt_paid", command.id, event.id]
    assert [row.seq for row in told] == [1, 2, 3, 4]
    assert all(row.actor and row.summary for row in told)
