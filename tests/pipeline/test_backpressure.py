"""When the database is slow, senders are asked to come again; memory and patience have an end."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import create_engine

from hub.connector import Event, Incoming
from hub.domain.errors import TryLater
from hub.observe import metrics
from hub.pipeline.desk import Patience
from hub.pipeline.digest import INBOX
from hub.pipeline.receive import Door, Received
from hub.store.database import Database
from hub.webhooks import MOST_BYTES, WebhookDoor
from tests.conftest import Time
from tests.laws.asking import events
from tests.pipeline.test_door import Hub, connection


def sent(key: str) -> Incoming:
    return Incoming(method="POST", url="", headers={}, body=key.encode())


OPEN = connection(
    verify=lambda *_: None,
    events=lambda incoming, _: [Event(kind="parcel", body=incoming.body, key=incoming.body.decode()[:20])],
)


@contextlib.contextmanager
def held(database_url: str) -> Iterator[None]:
    """Another process keeps the inbox from being written."""
    url = database_url.replace("postgresql://", "postgresql+psycopg://")
    engine = create_engine(url)
    with engine.connect() as other:
        other.exec_driver_sql("BEGIN IMMEDIATE" if url.startswith("sqlite") else "LOCK TABLE inbox IN SHARE MODE")
        yield
        other.rollback()
    engine.dispose()


@contextlib.asynccontextmanager
async def opened(door: Door) -> AsyncIterator[None]:
    task = asyncio.create_task(door.open())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_who_waits_too_long_is_told_to_come_again_and_a_newcomer_at_once(
    db: Database, time: Time, database_url: str
) -> None:
    door = Door(db, time, patience=Patience(queue=0, answer=0.2))
    async with opened(door):
        with held(database_url):
            first = asyncio.create_task(door.receive(OPEN, sent("first")))
            await asyncio.sleep(0)
            with pytest.raises(TryLater, match="too slow"):
                await door.receive(OPEN, sent("second"))
            assert not first.done()
            with pytest.raises(TryLater, match="did not answer"):
                await first

        # Its commit came about all the same: what comes again is a duplicate.
        assert await at_last(door, sent("first")) == Received(new=0, duplicates=1)
        assert await at_last(door, sent("second")) == Received(new=1, duplicates=0)

    assert sorted(row.key for row in await events(db)) == ["first", "second"]


async def at_last(door: Door, incoming: Incoming) -> Received:
    """A sender that comes again until it is taken."""
    while True:
        try:
            return await door.receive(OPEN, incoming)
        except TryLater:
            await asyncio.sleep(0.01)


async def test_what_was_given_up_before_its_commit_began_is_never_written(db: Database, time: Time) -> None:
    door = Door(db, time, patience=Patience(answer=0.05))

    with pytest.raises(TryLater):
        await door.receive(OPEN, sent("early"))  # the door is not open yet
    door.patience = Patience()

    async with opened(door):
        assert await door.receive(OPEN, sent("late")) == Received(new=1, duplicates=0)
    assert [row.key for row in await events(db)] == ["late"]


async def test_every_commit_is_followed_by_a_bell_in_other_processes(
    db: Database, time: Time, database_url: str
) -> None:
    other = Database(database_url) if db.dialect == "postgresql" else db
    listening = asyncio.create_task(other.listen())
    try:
        async with opened(door := Door(db, time)):
            await door.receive(OPEN, sent("before"))
            for number in range(5):
                heard = other.heard(INBOX)
                await door.receive(OPEN, sent(str(number)))
                await other.wait(INBOX, heard, 30)
                assert other.heard(INBOX) > heard
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        if other is not db:
            await other.close()


# ------------------------------------------------------------------------------------------------------- bodies


class Client:
    """One request, chunk by chunk, and what it was answered."""

    def __init__(self, chunks: Sequence[bytes], **headers: str) -> None:
        self._chunks = list(chunks)
        self.pulled = 0
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.scope = {
            "type": "http",
            "method": "POST",
            "path": "/webhooks/carrier",
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in names.items()],
        }

    async def receive(self) -> dict[str, Any]:
        self.pulled += 1
        await asyncio.sleep(0)
        more = self.pulled < len(self._chunks)
        return {"type": "http.request", "body": self._chunks[self.pulled - 1], "more_body": more}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = dict(message["headers"])

    async def ask(self, door: WebhookDoor) -> int:
        await door(self.scope, self.receive, self.send)
        return self.status


CHUNK = b" " * 65536


@pytest.mark.parametrize("headers", [{"content_length": str(MOST_BYTES + 1)}, {}, {"content_length": "10"}])
async def test_a_body_over_the_limit_is_never_held_whole(db: Database, time: Time, headers: dict[str, str]) -> None:
    door = WebhookDoor(Hub(Door(db, time), OPEN))
    client = Client([CHUNK] * (10 * MOST_BYTES // len(CHUNK)), **headers)

    assert await client.ask(door) == 413

    most = 0 if headers.get("content_length", "10") != "10" else MOST_BYTES // len(CHUNK) + 1
    assert client.pulled <= most
    assert door.held == 0


async def test_bodies_that_are_read_at_the_same_time_have_a_limit_together_and_give_their_room_back(
    db: Database, time: Time
) -> None:
    door = WebhookDoor(Hub(Door(db, time, patience=Patience(answer=0.2)), OPEN), most=10 * len(CHUNK))
    clients = [Client([CHUNK] * 4) for _ in range(5)]
    before = metrics.events_received.labels("carrier", "busy")._value.get()

    statuses = await asyncio.gather(*(each.ask(door) for each in clients))

    turned_away = [each for each in clients if each.pulled < 4]
    assert turned_away
    assert set(statuses) == {503}  # nobody commits here: who found room waited in vain
    assert {each.headers[b"retry-after"] for each in clients} == {b"5"}
    assert door.held == 0
    assert metrics.events_received.labels("carrier", "busy")._value.get() == before + 5


async def test_what_nobody_will_read_takes_no_room(db: Database, time: Time) -> None:
    hub = Hub(Door(db, time), OPEN)
    door = WebhookDoor(hub, most=1)
    client = Client([CHUNK] * 4)
    client.scope["path"] = "/webhooks/nobody"

    assert await client.ask(door) == 404


async def test_a_forged_delivery_is_turned_away_though_the_database_cannot_note_it(db: Database, time: Time) -> None:
    class Broken(Hub):
        async def turned_away(self, connection_id: str, what: str, detail: str) -> None:
            raise OSError("the database is gone")

    client = Client([b"{}"], x_key="not theirs")

    assert await client.ask(WebhookDoor(Broken(Door(db, time), connection()))) == 401
