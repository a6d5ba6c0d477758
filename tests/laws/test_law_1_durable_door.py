"""Law 1: 2xx only after the event is committed, and the same event twice is one event."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import psycopg
import pytest
from sqlalchemy import create_engine, event, func, select

from connectors.shopify import CONNECTOR as SHOPIFY
from connectors.shopify.sandbox import ShopifySandbox
from connectors.shopify.settings import ShopifySettings
from hub.connector import Event, Inbound, Incoming
from hub.domain.errors import Forged
from hub.pipeline.receive import Door, Received
from hub.sandbox import Delivery
from hub.store.database import Database
from hub.store.tables import InboxRow
from tests.conftest import Time
from tests.laws.asking import events
from tests.small_hub import SmallHub
from tests.toy.parcelboy import CONNECTOR as PARCELBOY
from tests.toy.sandbox import ParcelboySandbox


def scan(parcelboy: ParcelboySandbox, number: int = 1) -> Delivery:
    parcelboy.parcels["p1"] = {
        "id": "p1",
        "revision": number,
        "order": "ord_x",
        "tracking": "PB1",
        "created_at": "2026-11-22T11:00:00Z",
    }
    parcelboy.move("p1", "in_transit")
    return parcelboy.deliveries[-1]


@pytest.fixture
def committed(database_url: str) -> Iterator[Callable[[], int]]:
    """How many events another process sees at this moment."""
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)

    def count() -> int:
        with engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(InboxRow)) or 0

    yield count
    engine.dispose()


@contextlib.contextmanager
def kept_from_writing(database_url: str) -> Iterator[None]:
    """Another process holds the inbox."""
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    with engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if url.startswith("sqlite") else "LOCK TABLE inbox IN SHARE MODE")
        yield
        connection.rollback()
    engine.dispose()


async def test_an_answer_comes_after_the_commit_of_its_event_and_never_before(
    house: SmallHub, parcelboy: ParcelboySandbox, committed: Callable[[], int], database_url: str
) -> None:
    async with open_door(house) as receive:
        with kept_from_writing(database_url):
            waiting = asyncio.create_task(receive(scan(parcelboy)))
            await asyncio.wait([waiting], timeout=0.2)
            assert not waiting.done()
            assert committed() == 0

        assert await waiting == Received(new=1, duplicates=0)
        assert committed() == 1


BROKEN = {
    ("postgresql", "before the insert"): (
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$;"
        "CREATE TRIGGER broken BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION fail()"
    ),
    ("postgresql", "as late as can be"): (
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the disk is full'; END $$;"
        "CREATE CONSTRAINT TRIGGER broken AFTER INSERT ON inbox DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION fail()"
    ),
    ("sqlite", "before the insert"): (
        "CREATE TRIGGER broken BEFORE INSERT ON inbox BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"
    ),
    ("sqlite", "as late as can be"): (
        "CREATE TRIGGER broken AFTER INSERT ON inbox BEGIN SELECT RAISE(FAIL, 'the disk is full'); END"
    ),
}


@pytest.mark.parametrize("where", ["before the insert", "as late as can be"])
async def test_a_database_that_fails_gets_no_acknowledgement_and_the_door_stays_open(
    house: SmallHub, parcelboy: ParcelboySandbox, where: str
) -> None:
    async with house.db.write() as held:
        await held.exec_driver_sql(BROKEN[house.db.dialect, where])
    delivery = scan(parcelboy)

    async with open_door(house) as receive:
        with pytest.raises((psycopg.Error, sqlite3.Error), match="the disk is full"):
            await receive(delivery)
        assert await events(house.db) == []
        async with house.db.write() as held:
            on = " ON inbox" if house.db.dialect == "postgresql" else ""
            await held.exec_driver_sql(f"DROP TRIGGER broken{on}")
        assert await receive(delivery) == Received(new=1, duplicates=0)


REFUSED = {
    "postgresql": (
        "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN IF NEW.key = 'bad' THEN RAISE 'no' USING ERRCODE = 'data_exception'; END IF; RETURN NEW; END $$;"
        "CREATE TRIGGER broken BEFORE INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION fail()"
    ),
    "sqlite": "CREATE TRIGGER broken BEFORE INSERT ON inbox WHEN NEW.key = 'bad' BEGIN SELECT RAISE(FAIL, 'no'); END",
}


async def test_one_event_that_the_database_will_not_keep_never_sinks_those_that_came_with_it(house: SmallHub) -> None:
    async with house.db.write() as held:
        await held.exec_driver_sql(REFUSED[house.db.dialect])

    answers = await kept_together(house, [Event(kind="parcel", body=b"", key=key) for key in ("one", "bad", "two")])

    assert answers[0] == answers[2] == Received(new=1, duplicates=0)
    assert isinstance(answers[1], psycopg.DataError | sqlite3.IntegrityError)
    assert [row.key for row in await events(house.db)] == ["one", "two"]


async def test_words_and_times_that_no_database_could_give_back_are_kept_as_far_as_they_can_be(house: SmallHub) -> None:
    odd = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5)))  # before the year 1, where UTC is

    answers = await kept_together(
        house, [Event(kind="a\0\ud800", body=b"\0", key="\0" + "k" * 300, about="\ud800", at=odd)]
    )

    assert answers == [Received(new=1, duplicates=0)]
    [row] = await events(house.db)
    assert (row.kind, row.key, row.at, row.body) == ("a\ufffd?", "\ufffd" + "k" * 254, None, b"\0")


async def kept_together(house: SmallHub, sent: list[Event]) -> list[Received | BaseException]:
    """One delivery each, in one commit."""
    inbound = Inbound(verify=lambda *_: None, events=lambda incoming, _: [sent[int(incoming.body)]])
    carrier = replace(house.connections["carrier"], connector=replace(PARCELBOY, inbound=inbound))
    door = Door(house.db, house.time)
    waiting = [
        asyncio.create_task(door.receive(carrier, Incoming(method="POST", url="", headers={}, body=b"%d" % number)))
        for number in range(len(sent))
    ]
    await asyncio.sleep(0)
    opened = asyncio.create_task(door.open())
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    opened.cancel()
    await asyncio.gather(opened, return_exceptions=True)
    return answers


async def test_a_connection_that_died_while_nobody_used_it_turns_no_sender_away(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    if house.db.dialect == "sqlite":
        pytest.skip("a file has no connection to lose")
    async with open_door(house) as receive:
        await receive(scan(parcelboy, 1))
        async with house.db.write() as held:
            await held.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

        assert await receive(scan(parcelboy, 2)) == Received(new=1, duplicates=0)


@contextlib.asynccontextmanager
async def open_door(house: SmallHub) -> AsyncIterator[Callable[[Delivery], Coroutine[Any, Any, Received]]]:
    """One door for several deliveries, as a process has it."""
    door = Door(house.db, house.time)
    opened = asyncio.create_task(door.open())

    async def receive(delivery: Delivery) -> Received:
        headers = {name.lower(): value for name, value in delivery.headers.items()}
        incoming = Incoming(method="POST", url="https://hub.example/x", headers=headers, body=delivery.body)
        return await door.receive(house.connections["carrier"], incoming)

    try:
        yield receive
    finally:
        opened.cancel()
        await asyncio.gather(opened, return_exceptions=True)


async def test_who_waits_when_the_process_stops_is_told_to_send_it_again(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    door = Door(house.db, house.time)
    delivery = scan(parcelboy)
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    incoming = Incoming(method="POST", url="https://hub.example/x", headers=headers, body=delivery.body)
    async with house.db.write() if house.db.dialect == "sqlite" else contextlib.nullcontext():
        waiting = asyncio.create_task(door.receive(house.connections["carrier"], incoming))
        await asyncio.sleep(0)
        opened = asyncio.create_task(door.open())
        await asyncio.sleep(0)
        opened.cancel()
        await asyncio.gather(opened, return_exceptions=True)

    with pytest.raises(ConnectionAbortedError):
        await waiting
    assert await events(house.db) == []


async def test_the_same_event_many_times_at_once_is_one_row_and_one_is_told_that_it_is_new(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    delivery = scan(parcelboy)
    async with open_door(house) as first, open_door(house) as second:  # two processes
        answers = await asyncio.gather(*(each(delivery) for each in (first, second) for _ in range(20)))

    assert sum(each.new for each in answers) == 1
    assert sum(each.duplicates for each in answers) == 39
    [row] = await events(house.db)
    assert row.deliveries == 40


async def test_an_event_that_was_digested_is_not_applied_again_when_it_comes_again(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    delivery = scan(parcelboy)
    await house.post("carrier", delivery)
    await house.digest()
    [before] = await events(house.db)

    assert await house.post("carrier", delivery) == Received(new=0, duplicates=1)

    [after] = await events(house.db)
    assert (after.state, after.part, after.done_at) == (before.state, -1, before.done_at)
    assert after.deliveries == 2


async def test_one_connections_event_never_hides_anothers(house: SmallHub) -> None:
    """Two accounts of one vendor may well use the same event id."""

    def events_of(_: Incoming, __: object) -> list[Event]:
        return [Event(kind="parcel", body=b"{}", key="evt_1")]

    inbound = Inbound(verify=lambda *_: None, events=events_of)
    carrier = house.connections["carrier"]
    twins = [replace(carrier, id=name, connector=replace(PARCELBOY, inbound=inbound)) for name in ("eu", "us")]
    door = Door(house.db, house.time)
    opened = asyncio.create_task(door.open())
    incoming = Incoming(method="POST", url="https://hub.example/x", headers={}, body=b"{}")

    answers = await asyncio.gather(*(door.receive(each, incoming) for each in twins))

    opened.cancel()
    await asyncio.gather(opened, return_exceptions=True)
    assert answers == [Received(new=1, duplicates=0)] * 2
    assert {row.connection for row in await events(house.db)} == {"eu", "us"}


async def test_what_is_forged_never_reaches_the_database(house: SmallHub, parcelboy: ParcelboySandbox) -> None:
    delivery = scan(parcelboy)
    statements: list[str] = []
    event.listen(house.db.engine.sync_engine, "before_cursor_execute", lambda *said: statements.append(said[2]))

    with pytest.raises(Forged):
        await house.post("carrier", replace(delivery, body=delivery.body.replace(b"in_transit", b"delivered")))

    assert statements == []


async def test_where_the_vendors_id_is_not_signed_another_body_under_it_is_another_event(
    db: Database, time: Time
) -> None:
    """Shopify's event id is a header that the signature does not cover: a copied id must not swallow a later body."""
    settings = ShopifySettings.model_validate(
        {"connector": "shopify", "shop": "acme.myshopify.com", "access_token": "t", "webhook": {"secrets": ["s"]}}
    )
    shop = ShopifySandbox(secret="s", shop="acme.myshopify.com", access_token="t", now=time)
    house = SmallHub(db, time, {"shop": (SHOPIFY, settings, shop)})
    assert SHOPIFY.sign is not None
    first, second = b'{"id": 1, "note": "first"}', b'{"id": 1, "note": "second"}'
    genuine = dict(SHOPIFY.sign(settings, "orders/create", first, time()))
    copied = dict(SHOPIFY.sign(settings, "orders/create", second, time()))
    for header in ("X-Shopify-Event-Id", "X-Shopify-Webhook-Id"):
        copied[header] = genuine[header]

    answers = [
        await house.post("shop", Delivery(kind="orders/create", headers=headers, body=body))
        for headers, body in ((genuine, first), (copied, second), (genuine, first))
    ]
    await house.close()

    assert [each.new for each in answers] == [1, 1, 0]
    assert {row.body for row in await events(db)} == {first, second}
