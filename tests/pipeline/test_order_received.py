"""Events of one thing are applied by one worker at a time, in the order received."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy

from hub.connector import Event, Ignored, Inbound, Incoming, Reading
from hub.pipeline import receive
from hub.pipeline.digest import digest
from hub.pipeline.receive import Door
from hub.pipeline.registry import Connection, Connections
from hub.store import inbox
from hub.store.database import Database
from hub.store.inbox import part_of
from tests.conftest import Time
from tests.laws.asking import events
from tests.pipeline.test_door import SETTINGS
from tests.toy.parcelboy import CONNECTOR

THINGS, EACH = 20, 15


class Watched:
    """A connector whose reader notes who reads what, and when."""

    def __init__(self) -> None:
        self.order: dict[str, list[int]] = defaultdict(list)
        self.under_way: dict[str, Any] = {}  # thing -> the worker that has read of it and not committed yet
        self.at_once: list[str] = []

    def connection(self) -> Connection:
        inbound = Inbound(verify=lambda *_: None, events=self.events)
        connector = replace(CONNECTOR, inbound=inbound, read={"parcel": self.read})
        return Connection(id="carrier", connector=connector, settings=SETTINGS, settings_digest="1")

    def events(self, incoming: Incoming, _: object) -> list[Event]:
        thing = incoming.body.decode().split(":")[0]
        return [Event(kind="parcel", body=incoming.body, key=incoming.body.decode(), about=thing)]

    def read(self, _: Reading, body: bytes) -> Iterable[Ignored]:
        thing, number = body.decode().split(":")
        worker = asyncio.current_task()
        if self.under_way.setdefault(thing, worker) is not worker:
            self.at_once.append(thing)
        self.order[thing].append(int(number))
        return [Ignored(reason="seen")]

    async def work(self, database: Database, connections: Connections, time: Time) -> None:
        sqlalchemy.event.listen(database.engine.sync_engine, "commit", self._committing)
        while self.waits():
            await digest(database, connections, time, limit=7)
            await asyncio.sleep(0)

    def _committing(self, _connection: object) -> None:
        """From here on others may go on with what this worker has read."""
        worker = asyncio.current_task()
        self.under_way = {thing: other for thing, other in self.under_way.items() if other is not worker}

    def waits(self) -> bool:
        return sum(len(each) for each in self.order.values()) < THINGS * EACH


async def test_two_workers_never_apply_events_of_one_thing_out_of_order_or_at_once(
    db: Database, time: Time, database_url: str
) -> None:
    watched = Watched()
    carrier = watched.connection()
    connections = Connections({"carrier": carrier})
    async with db.write() as held:
        await inbox.make_partitions(held)
    door = Door(db, time)
    opened = asyncio.create_task(door.open())
    bodies = [f"{thing}:{number}".encode() for number in range(EACH) for thing in range(THINGS)]
    coming = [Incoming(method="POST", url="", headers={}, body=body) for body in bodies]
    await asyncio.gather(*(door.receive(carrier, each) for each in coming))
    opened.cancel()
    await asyncio.gather(opened, return_exceptions=True)

    other = Database(database_url) if db.dialect == "postgresql" else db
    async with asyncio.timeout(300):
        await asyncio.gather(*(watched.work(each, connections, time) for each in (db, other)))
    if other is not db:
        await other.close()

    assert watched.at_once == []
    assert watched.order == {str(thing): list(range(EACH)) for thing in range(THINGS)}


async def test_an_event_that_names_nothing_stands_alone(db: Database, time: Time) -> None:
    door = Door(db, time)
    opened = asyncio.create_task(door.open())
    watched = Watched()
    named = watched.connection()
    inbound = Inbound(
        verify=lambda *_: None,
        events=lambda *_: [Event(kind="parcel", body=b"", key=key, about=about) for key, about in ALL],
    )

    await door.receive(
        replace(named, connector=replace(named.connector, inbound=inbound)),
        Incoming(method="POST", url="", headers={}, body=b""),
    )
    opened.cancel()
    await asyncio.gather(opened, return_exceptions=True)

    parts = {row.key: row.part for row in await events(db)}
    assert parts == {key: part_of("carrier", about or key) for key, about in ALL}
    assert parts["a1"] == parts["a2"] != parts["alone"]


ALL = [("a1", "a"), ("a2", "a"), ("alone", "")]


async def test_what_is_about_one_thing_is_kept_at_one_desk_whatever_comes_beside_it(
    db: Database, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[list[int]] = []  # by desk, the partitions of its rows

    class Watching:
        def __init__(self) -> None:
            self.parts: list[int] = []
            kept.append(self.parts)

        async def keep(self, rows: Sequence[inbox.Arrived]) -> set[str]:
            self.parts += [row.part for row in rows]
            await asyncio.sleep(0)
            return {row.id for row in rows}

        async def ring(self, _topic: str) -> None: ...

        async def close(self) -> None: ...

    monkeypatch.setattr(receive, "desks_of", lambda _: 2)
    monkeypatch.setattr(receive, "intake", lambda _: Watching())
    door, carrier = Door(db, time), Watched().connection()
    opened = asyncio.create_task(door.open())
    bodies = [f"{thing}:{number}".encode() for number in range(3) for thing in range(40)]
    coming = [Incoming(method="POST", url="", headers={}, body=body) for body in bodies]
    answers = await asyncio.gather(*(door.receive(carrier, each) for each in coming))
    opened.cancel()
    await asyncio.gather(opened, return_exceptions=True)

    assert sum(each.new for each in answers) == len(bodies)
    first, second = (set(parts) for parts in kept if parts)
    assert first and second and not first & second
