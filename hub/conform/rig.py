"""A hub in this process: its movements called by hand, its time in hand, a sandbox at the far end."""

import asyncio
import inspect
from collections.abc import Awaitable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from sqlalchemy import func, select

from hub.card import CONNECTION, WEBHOOK_URL, Made
from hub.conform import till
from hub.conform.result import expect
from hub.conform.wire import Wire
from hub.connector import ConnectionSettings, Connector, Incoming
from hub.domain.records import Record
from hub.pipeline.apply import Said, apply
from hub.pipeline.deliver import Courier, claim, deliver
from hub.pipeline.digest import digest
from hub.pipeline.plan import plan
from hub.pipeline.pull import begin, fetch, pull
from hub.pipeline.receive import Door, Received
from hub.pipeline.registry import Connection, Connections, configured
from hub.sandbox import Delivery, Sandbox
from hub.store import connections, inbox, lanes, outbox
from hub.store.credentials import Credentials
from hub.store.database import Database
from hub.store.golden import Cause
from hub.store.tables import CustomerRow, DriftRow, HintRow, InboxRow, OrderRow, OutboxRow, RecordRow
from hub.transport.client import WayOut

_RESTLESS = 120  # commands or pages of a handful of orders: whoever is not done by then never is
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

T = TypeVar("T")


class Time:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


async def settled(value: "Awaitable[T] | T") -> T:
    """Acts of a card may be coroutines or not."""
    return await value if inspect.isawaitable(value) else value


class Rig:
    """One hub with two connections: the connector under test, and the till."""

    def __init__(
        self,
        connector: Connector,
        settings: ConnectionSettings,
        sandbox: Sandbox,
        time: Time,
        database: Database,
        credentials: Credentials,
    ) -> None:
        connector = configured(connector, settings)
        self.sandbox, self.time, self.wire = sandbox, time, Wire(sandbox)
        self.db, self._credentials = database, credentials
        self.there = Connection(id=CONNECTION, connector=connector, settings=settings, settings_digest="1")
        tills = Connection(
            id=till.TILL,
            connector=till.CONNECTOR,
            settings=ConnectionSettings(connector=till.TILL),
            settings_digest="1",
        )
        self.connections = Connections({CONNECTION: self.there, till.TILL: tills})
        self._ways = [self._way()]
        self.courier = self._courier(self._ways[0])
        self.ahead = timedelta()  # of the hub's clock at the door, to the vendor's
        self.door = Door(self.db, lambda: self.time() + self.ahead, published=self._published)

    def _way(self) -> WayOut:
        return WayOut(self._credentials, self.time, lambda: self.wire, ticks=lambda: self.time().timestamp())

    def _courier(self, way: WayOut) -> Courier:
        return Courier(
            database=self.db,
            account=lambda each: way.account(each.id, each.connector, each.settings),
            clock=self.time,
            connections=self.connections,
            jitter=lambda: 0.0,
        )

    def another_process(self) -> Courier:
        """With the same database, and nothing else in common."""
        self._ways.append(self._way())
        return self._courier(self._ways[-1])

    async def open(self) -> None:
        async with self.db.write() as held:
            await inbox.make_partitions(held)
        for each in self.connections:
            await begin(self.courier, each)

    async def close(self) -> None:
        for way in self._ways:
            await way.aclose()
        await self.db.close()

    # ------------------------------------------------------------------------------------------------- what comes

    async def say(self, told: Sequence[Record]) -> None:
        """As if the records had come in one batch of events."""
        async with self.db.write() as held:
            cause = Cause(id="evt_kit", actor="kit")
            await apply(held, [Said(record=each, cause=cause) for each in told], self.time())

    async def post(self, *deliveries: Delivery) -> list[Received | BaseException]:
        """All at once. What the door said to each: an error of ours is what the vendor would be answered."""
        return await posted(self.door, self.there, WEBHOOK_URL, deliveries)

    async def _published(self, address: str, *, anew: bool = False) -> bytes:
        response = await self.wire.handle_async_request(httpx.Request("GET", address))
        return await response.aread()

    # -------------------------------------------------------------------------------------------------- movements

    async def digest(self) -> None:
        while await digest(self.db, self.connections, self.time):
            pass

    async def hear(self, patience: int = 20) -> None:
        """Digests what came and fetches what it hinted at, later too; asks nothing of anybody."""
        while True:
            await self.digest()
            if await fetch(self.courier, self.there):
                continue
            async with self.db.read() as held:
                due = await held.scalar(select(func.min(HintRow.due_at)))
            if due is None or not patience or await self.paused():
                return
            patience -= 1
            self._move_to(due)

    async def pull(self) -> None:
        pages = 0
        while await pull(self.courier, self.there):
            pages += 1
            expect(pages < _RESTLESS, f"never comes to an end: {pages} pages, and the pull wants more")
        await self.hear()

    async def pull_anew(self) -> None:
        """At the time when each stream is due again."""
        self.time.forward(seconds=self.there.settings.sync.every.total_seconds() + 1)
        await self.pull()

    async def work(self) -> int:
        """Plans, and delivers what is due now. How many commands it moved."""
        await self.hear()
        while await plan(self.db, self.connections, self.time):
            pass
        count = 0
        for leased in await claim(self.courier, self.there, 100):
            await deliver(self.courier, self.there, leased)
            count += 1
        return count

    async def settle(self, patience: int = 30) -> None:
        """Until nothing is left to do; what waits for a later time, by moving the clock. Ends where it is paused."""
        moved = 0
        while True:
            if count := await self.work():
                moved += count
                expect(moved < _RESTLESS, f"never comes to rest: {moved} commands, and the plan wants more")
                continue
            async with self.db.read() as held:
                due = await lanes.next_due(held, CONNECTION)
            if due is None or not patience or await self.paused():
                return
            patience -= 1
            self._move_to(due)

    def _move_to(self, at: datetime) -> None:
        self.time.at = max(self.time.at, at) + timedelta(milliseconds=1)

    async def plan_all(self) -> None:
        """Looks at every order again, as after a change that concerned none."""
        async with self.db.write() as held:
            await held.execute(OrderRow.__table__.update().values(plan_due=1))  # type: ignore[attr-defined]

    # ------------------------------------------------------------------------------------------------ what is held

    async def paused(self) -> str:
        async with self.db.read() as held:
            return await connections.paused(held, CONNECTION)

    async def golden(self) -> dict[str, bytes]:
        """Every golden document, by its id."""
        async with self.db.read() as held:
            rows = [
                *await held.execute(select(OrderRow.id, OrderRow.document)),
                *await held.execute(select(CustomerRow.id, CustomerRow.document)),
            ]
        return {row.id: bytes(row.document) for row in rows}

    async def record(self, made: Made) -> Any:
        """The row of what the connector read of it; `None` where it read nothing."""
        async with self.db.read() as held:
            found = await held.execute(
                select(RecordRow.__table__).where(
                    RecordRow.connection == CONNECTION,
                    RecordRow.kind == made.kind.value,
                    RecordRow.external_id == made.external_id,
                )
            )
            return found.one_or_none()

    async def commands(self) -> Sequence[Any]:
        """Those to the connector under test, without superseded ones."""
        async with self.db.read() as held:
            rows = await held.execute(
                select(OutboxRow.__table__)
                .where(OutboxRow.connection == CONNECTION, OutboxRow.state != outbox.CommandState.SUPERSEDED)
                .order_by(OutboxRow.id)
            )
            return rows.all()

    async def drifts(self) -> Sequence[Any]:
        async with self.db.read() as held:
            return (await held.execute(select(DriftRow.__table__).where(DriftRow.connection == CONNECTION))).all()

    async def events(self) -> Sequence[Any]:
        async with self.db.read() as held:
            return (await held.execute(select(InboxRow.__table__))).all()


async def posted(
    door: Door, connection: Connection, address: str, deliveries: Sequence[Delivery]
) -> list[Received | BaseException]:
    """All of them at once at a door that is open for as long."""
    opened = asyncio.create_task(door.open())
    try:
        return await asyncio.gather(
            *(door.receive(connection, incoming(each, address)) for each in deliveries), return_exceptions=True
        )
    finally:
        opened.cancel()
        await asyncio.gather(opened, return_exceptions=True)


def incoming(delivery: Delivery, address: str = WEBHOOK_URL) -> Incoming:
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    url = f"{address}?{delivery.query}" if delivery.query else address
    return Incoming(method="POST", url=url, headers=headers, body=delivery.body)
