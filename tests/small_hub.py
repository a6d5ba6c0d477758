"""A hub without its process: the movements called one by one, the time in hand, vendors' sandboxes as the far end."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from hub.conform.rig import posted
from hub.conform.wire import Cut
from hub.connector import Connector
from hub.domain.records import Record
from hub.pipeline.apply import Said, apply
from hub.pipeline.deliver import Courier, claim, deliver
from hub.pipeline.digest import digest
from hub.pipeline.plan import plan
from hub.pipeline.pull import begin, fetch, pull
from hub.pipeline.receive import Door, Received
from hub.pipeline.registry import Connection, Connections
from hub.sandbox import Delivery, Sandbox
from hub.store import inbox, lanes
from hub.store.credentials import Credentials
from hub.store.database import Database
from hub.store.golden import Cause
from hub.store.sealing import Sealer, new_key
from hub.transport.client import WayOut
from tests.conftest import Time

__all__ = ["Cut", "SmallHub"]


class SmallHub:
    def __init__(self, db: Database, time: Time, vendors: Mapping[str, tuple[Connector, Any, Sandbox]]) -> None:
        self.db, self.time = db, time
        self.sandboxes = {name: sandbox for name, (_, _, sandbox) in vendors.items()}
        self.connections = Connections(
            {
                name: Connection(id=name, connector=connector, settings=settings, settings_digest="1")
                for name, (connector, settings, _) in vendors.items()
            }
        )
        credentials = Credentials(db, Sealer([new_key()]), time)
        self._ways = {
            name: WayOut(credentials, time, partial(Cut, sandbox)) for name, sandbox in self.sandboxes.items()
        }
        self.courier = Courier(
            database=db,
            account=lambda each: self._ways[each.id].account(each.id, each.connector, each.settings),
            clock=time,
            connections=self.connections,
            jitter=lambda: 0.0,
        )
        self.door = Door(db, time)

    async def open(self) -> None:
        async with self.db.write() as connection:
            await inbox.make_partitions(connection)
        for each in self.connections:
            await begin(self.courier, each)

    async def close(self) -> None:
        for way in self._ways.values():
            await way.aclose()

    async def say(self, *records: Record, cause: str = "evt_test") -> None:
        """As if the records had come in one batch of events."""
        async with self.db.write() as connection:
            said = [Said(record=each, cause=Cause(id=cause, actor=each.source.connection)) for each in records]
            await apply(connection, said, self.time())

    async def post(self, name: str, delivery: Delivery) -> Received:
        address = f"https://hub.example/webhooks/{name}"
        (answer,) = await posted(self.door, self.connections[name], address, [delivery])
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def digest(self) -> None:
        while await digest(self.db, self.connections, self.time):
            pass

    async def plan(self) -> None:
        while await plan(self.db, self.connections, self.time):
            pass

    async def deliver(self) -> int:
        count = 0
        for each in self.connections:
            for leased in await claim(self.courier, each, 100):
                await deliver(self.courier, each, leased)
                count += 1
        return count

    async def pull(self) -> None:
        for each in self.connections:
            while await pull(self.courier, each):
                pass

    async def settle(self, patience: int = 30) -> None:
        """Until nothing is left to do now; with patience, also what waits for a later time, by moving the clock."""
        while True:
            await self.digest()
            await self.plan()
            moved = await self.deliver()
            for each in self.connections:
                moved += await fetch(self.courier, each)
            if moved:
                continue
            async with self.db.read() as connection:
                due = [at for each in self.connections if (at := await lanes.next_due(connection, each.id))]
            if not due or not patience:
                return
            patience -= 1
            self.time.at = max(self.time.at, min(due))
            self.time.forward(milliseconds=1)
