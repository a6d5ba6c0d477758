"""Outgoing webhooks: each change once and in order while all is well, again and never lost while it is not."""

import asyncio
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from hub.domain.errors import HubError, TryLater
from hub.domain.records import OrderRecord
from hub.pipeline.apply import Said, apply
from hub.pipeline.publish import Endpoint, Publisher, begin, ping, publish
from hub.settings.model import EndpointSettings
from hub.store import endpoints
from hub.store.database import Database
from hub.store.golden import Cause
from hub.transport.outward import Gone
from tests.building import order
from tests.conftest import Time

SECRET, NEXT = "whsec_" + "Q" * 32, "whsec_" + "Z" * 32


class Listener:
    """Takes what it is sent, or raises what stands in `faults` for an order."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.bodies: list[bytes] = []
        self.faults: dict[str, HubError] = {}
        self.tries = 0

    async def __call__(self, url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool) -> None:
        self.tries += 1
        said = json.loads(body)
        fault = self.faults.get((said["data"].get("order") or {}).get("number", ""))
        if fault is not None:
            raise fault
        self.heard.append((headers["webhook-id"], said))
        self.headers.append(headers)
        self.bodies.append(body)


def endpoint(**more: Any) -> Endpoint:
    fields = {"url": "https://listener.example/hooks", "secrets": [SECRET]} | more
    return Endpoint(id="warehouse", settings=EndpointSettings.model_validate(fields))


async def say(db: Database, time: Time, *records: OrderRecord) -> None:
    for record in records:
        async with db.write() as connection:
            cause = Cause(id=f"evt_{record.number}_{record.version}", actor="shop")
            await apply(connection, [Said(record=record, cause=cause)], time())


async def all_of(publisher: Publisher, listening: Endpoint) -> None:
    while await publish(publisher, listening):
        pass


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def publisher(db: Database, time: Time, listener: Listener) -> Publisher:
    return Publisher(database=db, post=listener, clock=time)


def told(listener: Listener) -> list[tuple[str, int]]:
    return [(said["data"]["order"]["number"], said["data"]["sequence"]) for _, said in listener.heard]


async def test_a_new_endpoint_hears_what_happens_from_now_on_each_change_once(
    db: Database, time: Time, publisher: Publisher, listener: Listener
) -> None:
    await say(db, time, order("1"))
    await begin(publisher, endpoint())
    await say(db, time, order("2"), order("2", version=2, total=9_000), order("1", version=2, total=8_000))

    await all_of(publisher, endpoint())
    await all_of(publisher, endpoint())

    assert sorted(told(listener)) == [("#1", 2), ("#2", 1), ("#2", 2)]
    assert told(listener).index(("#2", 1)) < told(listener).index(("#2", 2))
    kinds = {(said["data"]["order"]["number"], said["data"]["sequence"]): said["type"] for _, said in listener.heard}
    assert kinds == {("#1", 2): "order.updated", ("#2", 1): "order.created", ("#2", 2): "order.updated"}


async def test_a_listener_proves_it_with_the_conventions_own_library_by_either_secret(
    db: Database, publisher: Publisher, time: Time, listener: Listener
) -> None:
    time.at = datetime.now(UTC)  # the library looks at the machine's clock
    rotating = endpoint(secrets=[NEXT, SECRET])
    await begin(publisher, rotating)
    await say(db, time, order("1"))
    await all_of(publisher, rotating)

    for secret in (SECRET, NEXT):
        assert Webhook(secret).verify(listener.bodies[0], dict(listener.headers[0]))["type"] == "order.created"
    with pytest.raises(Exception, match="No matching signature"):
        Webhook("whsec_" + "A" * 32).verify(listener.bodies[0], dict(listener.headers[0]))


async def test_what_is_not_taken_stops_its_order_and_is_tried_ever_later_until_it_is(
    db: Database, time: Time, publisher: Publisher, listener: Listener
) -> None:
    await begin(publisher, endpoint())
    await say(db, time, order("1"), order("1", version=2, total=9_000))
    listener.faults = {"#1": TryLater("503")}

    assert not await publish(publisher, endpoint())
    for wait, tries in ((5, 2), (5 * 60, 3), (30 * 60, 4)):
        time.forward(seconds=wait - 1)
        assert not await publish(publisher, endpoint())
        assert listener.tries == tries - 1
        time.forward(seconds=1)
        await publish(publisher, endpoint())
        assert listener.tries == tries
    listener.faults = {}
    time.forward(hours=2)
    await all_of(publisher, endpoint())

    assert told(listener) == [("#1", 1), ("#1", 2)]
    (status,) = await _statuses(db)
    assert (status.tries, status.failing_since, status.message, status.behind) == (0, None, "", 0)


async def test_a_repetition_has_the_same_id(db: Database, time: Time, publisher: Publisher, listener: Listener) -> None:
    """What a process that is killed between an answer and the commit leads to."""
    await begin(publisher, endpoint())
    await say(db, time, order("1"), order("2"))
    listener.faults = {"#2": TryLater("503")}
    await publish(publisher, endpoint())
    async with db.write() as connection:
        await endpoints.replay(connection, "warehouse", 0, time())
    listener.faults = {}

    await all_of(publisher, endpoint())

    ids = [message for message, said in listener.heard if said["data"]["order"]["number"] == "#1"]
    assert len(ids) == 2
    assert len(set(ids)) == 1


async def test_the_other_side_says_when_to_come_back(
    db: Database, time: Time, publisher: Publisher, listener: Listener
) -> None:
    await begin(publisher, endpoint())
    await say(db, time, order("1"))
    listener.faults = {"#1": TryLater("429", after=timedelta(hours=1))}

    await publish(publisher, endpoint())

    (status,) = await _statuses(db)
    assert status.due_at == time() + timedelta(hours=1)


async def test_what_was_taken_again_is_no_progress_for_a_listener_that_never_takes_one_change(
    db: Database, time: Time, listener: Listener
) -> None:
    async def post(url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool) -> None:
        await asyncio.sleep(0)  # as on a wire: the others are under way when the first one fails
        await listener(url, headers, body, allow_private=allow_private)

    publisher = Publisher(database=db, post=post, clock=time)
    await begin(publisher, endpoint())
    await say(db, time, order("1"), order("2"), order("3"))
    listener.faults = {"#2": TryLater("500")}

    for _ in range(12):
        await publish(publisher, endpoint())
        time.forward(hours=12)

    (status,) = await _statuses(db)
    assert status.disabled_at is not None
    assert listener.tries < 40


@pytest.mark.parametrize("gone", [True, False])
async def test_one_that_is_gone_or_fails_for_days_is_left_alone_until_a_person_resumes_it_and_nothing_is_lost(
    db: Database, time: Time, publisher: Publisher, listener: Listener, gone: bool
) -> None:
    await begin(publisher, endpoint())
    await say(db, time, order("1"))
    listener.faults = {"#1": Gone("410") if gone else TryLater("500")}
    for _ in range(30):
        await publish(publisher, endpoint())
        time.forward(hours=10)
    tries = listener.tries
    assert tries == 1 if gone else tries < 20
    (status,) = await _statuses(db)
    assert status.disabled_at is not None

    listener.faults = {}
    assert not await publish(publisher, endpoint())
    async with db.write() as connection:
        await endpoints.resume(connection, "warehouse", time())
    await all_of(publisher, endpoint())

    assert told(listener) == [("#1", 1)]


async def test_it_hears_only_what_it_asked_for_and_is_not_behind_for_the_rest(
    db: Database, time: Time, publisher: Publisher, listener: Listener
) -> None:
    picky = endpoint(events=["order.created"], channels=["shop"])
    await begin(publisher, picky)
    await say(db, time, order("1"), order("1", version=2, total=9_000), order("2", connection="other"))

    await all_of(publisher, picky)

    assert told(listener) == [("#1", 1)]
    (status,) = await _statuses(db)
    assert status.behind == 0


async def test_two_workers_never_tell_one_endpoint_at_once_and_a_dead_ones_lease_ends(
    db: Database, time: Time, publisher: Publisher, listener: Listener
) -> None:
    await begin(publisher, endpoint())
    await say(db, time, order("1"))
    async with db.write() as connection:
        assert await endpoints.claim(connection, "warehouse", time(), time() + timedelta(minutes=2)) is not None

    assert not await publish(publisher, endpoint())
    assert listener.tries == 0
    time.forward(minutes=3)
    await all_of(publisher, endpoint())

    assert told(listener) == [("#1", 1)]


async def test_a_replay_asked_for_while_a_batch_is_sent_is_not_undone_by_its_end(
    db: Database, time: Time, listener: Listener
) -> None:
    async def post(url: str, headers: Mapping[str, str], body: bytes, *, allow_private: bool) -> None:
        await listener(url, headers, body, allow_private=allow_private)
        if len(listener.heard) == 1:
            async with db.write() as connection:
                await endpoints.replay(connection, "warehouse", 0, time())

    publisher = Publisher(database=db, post=post, clock=time)
    await begin(publisher, endpoint())
    await say(db, time, order("1"))

    await all_of(publisher, endpoint())

    assert told(listener) == [("#1", 1), ("#1", 1)]


async def test_a_ping_is_signed_and_moves_nothing(db: Database, publisher: Publisher, listener: Listener) -> None:
    await begin(publisher, endpoint())

    await ping(publisher, endpoint())

    assert listener.heard[0][1]["type"] == "hub.ping"
    assert [status.cursor for status in await _statuses(db)] == [0]


async def _statuses(db: Database) -> Any:
    async with db.read() as connection:
        return await endpoints.statuses(connection)
