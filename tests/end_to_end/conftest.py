"""The hub as it is wired for production, from a `hub.toml`; where a test is about HTTP, behind its own front.

Only three things differ from a running process: time is handed in, the movements are called one by one, and one of the
vendors is invented (a carrier, whose sandbox can be told to misbehave).
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import func, select
from starlette.types import ASGIApp

from hub import measuring
from hub.connector import Connector, discover
from hub.domain.records import Record
from hub.front import Limits, bind, serve
from hub.pipeline.apply import Said, apply
from hub.pipeline.deliver import claim, deliver
from hub.pipeline.digest import digest
from hub.pipeline.plan import plan
from hub.pipeline.pull import begin, fetch
from hub.pipeline.registry import Connection, Connections
from hub.settings import load
from hub.store import inbox
from hub.store.database import Database
from hub.store.golden import Cause
from hub.store.sealing import new_key
from hub.store.tables import AuditRow, InboxRow, IntentRow, OrderRow, OutboxRow, RecordRow
from hub.wiring import OrderHub, hub_of
from tests.conftest import Time
from tests.toy.parcelboy import CONNECTOR as PARCELBOY
from tests.toy.sandbox import ParcelboySandbox

SETTINGS = """\
[hub]
public_url = "https://hub.example"
[database]
url = "${DATABASE_URL}"
[security]
sealing_keys = ["${SEALING_KEY}"]

[connections.shop]
connector = "shopify"
shop = "acme.myshopify.com"
access_token = "${SECRET}"
webhook.secrets = ["${SHOP_SECRET}"]

[connections.pay]
connector = "stripe"
api_key = "${SECRET}"
webhook.secrets = ["${PAY_SECRET}", "${PAY_SECRET_OLD}"]

[connections.books]
connector = "quickbooks"
realm_id = "1"
client_id = "c"
client_secret = "${SECRET}"
refresh_token = "${SECRET}"
item_id = "1"
webhook.secrets = ["${BOOKS_SECRET}"]

[connections.carrier]
connector = "parcelboy"
token = "${SECRET}"
base_url = "${CARRIER_URL}"
webhook.secrets = ["${CARRIER_SECRET}"]

[connections.resting]
connector = "parcelboy"
enabled = false
token = "${SECRET}"
webhook.secrets = ["${CARRIER_SECRET}"]
"""
ENVIRON = {
    "SECRET": "token-of-ours",
    "SHOP_SECRET": "shop-secret",
    "PAY_SECRET": "whsec_new",
    "PAY_SECRET_OLD": "whsec_old",
    "BOOKS_SECRET": "books-secret",
    "CARRIER_SECRET": "whsec",
    "CARRIER_URL": "http://127.0.0.1:1",
}
TABLES = (InboxRow, RecordRow, OrderRow, OutboxRow, IntentRow, AuditRow)


@asynccontextmanager
async def listening(app: ASGIApp) -> AsyncIterator[str]:
    """Serves an application on loopback, through the hub's own front. Yields its address."""
    socket, stop, ready = bind("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
    task = asyncio.create_task(serve(app, socket, stop=stop, limits=Limits(stop=1), ready=ready.set))
    try:
        await ready.wait()
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        stop.set()
        await task


@dataclass(eq=False, kw_only=True)
class Running:
    hub: OrderHub
    http: httpx.AsyncClient  # to the hub's front
    time: Time
    key: str  # an API key for all of GraphQL

    @property
    def database(self) -> Database:
        return self.hub.database

    def connection(self, name: str) -> Connection:
        found = self.hub.connection(name)
        assert found is not None
        return found

    @property
    def connections(self) -> Connections:
        return Connections({name: each for name in self.hub.connections if (each := self.hub.connection(name))})

    async def post(
        self, name: str, body: bytes, *, kind: str = "", headers: dict[str, str] | None = None, **more: str
    ) -> httpx.Response:
        """A genuine delivery of the vendor's, unless `headers` say otherwise."""
        if headers is None:
            headers = self.signed(name, body, kind)
        return await self.http.post(
            f"/webhooks/{name}", content=body, headers={"Content-Type": "application/json"} | headers | more
        )

    def signed(self, name: str, body: bytes, kind: str = "") -> dict[str, str]:
        connection = self.connection(name)
        assert connection.connector.sign is not None
        return dict(connection.connector.sign(connection.settings, kind, body, self.time()))

    async def say(self, *records: Record) -> None:
        async with self.database.write() as held:
            cause = Cause(id="evt_test", actor="test")
            await apply(held, [Said(record=each, cause=cause) for each in records], self.time())

    async def digest(self) -> None:
        while await digest(self.database, self.connections, self.time):
            pass

    async def plan(self) -> None:
        while await plan(self.database, self.connections, self.time):
            pass

    async def deliver(self, name: str) -> int:
        """One round of the connection's lane. How many commands were claimed."""
        leased = await claim(self.hub.courier, self.connection(name), 100)
        for each in leased:
            await deliver(self.hub.courier, self.connection(name), each)
        return len(leased)

    async def fetch(self, name: str) -> int:
        return await fetch(self.hub.courier, self.connection(name))

    async def counts(self) -> dict[str, int]:
        """Rows by table: what was written."""
        async with self.database.read() as held:
            return {
                table.__tablename__: await held.scalar(select(func.count()).select_from(table)) or 0 for table in TABLES
            }

    async def rows(self, table: Any) -> list[Any]:
        async with self.database.read() as held:
            return list((await held.execute(select(table.__table__).order_by(table.id))).all())

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        response = await self.http.post(
            "/graphql",
            content=orjson.dumps({"query": query, "variables": variables}),
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        answer: dict[str, Any] = response.json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def metric(self, name: str, **labels: str) -> float:
        """A sample of `/metrics`; 0 where there is none."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        for line in (await self.http.get("/metrics")).text.splitlines():
            sample, _, value = line.rpartition(" ")
            if sample.partition("{")[0] == name and all(each in sample for each in wanted):
                return float(value)
        return 0.0


class Houses:
    """Makes hubs on one database: a second one is the same hub after an upgrade or with other settings."""

    def __init__(self, folder: Path, database_url: str, time: Time, stack: AsyncExitStack) -> None:
        self._folder, self._time, self._stack = folder, time, stack
        self._environ = ENVIRON | {"DATABASE_URL": database_url, "SEALING_KEY": new_key()}

    async def open(
        self, connectors: Mapping[str, Connector] | None = None, *, front: bool = False, **environ: str
    ) -> Running:
        """`front`: served on loopback, instead of called in process."""
        file = self._folder / "hub.toml"
        file.write_text(SETTINGS)
        known = {**discover(), "parcelboy": PARCELBOY, **(connectors or {})}
        hub = await self._stack.enter_async_context(
            hub_of(load(file, known, self._environ | environ), known, self._time)
        )
        stop = asyncio.Event()
        door = asyncio.create_task(hub.open_door())
        self._stack.push_async_callback(asyncio.wait, [door])
        self._stack.callback(door.cancel)
        app = hub.serve_app(stop)
        address = await self._stack.enter_async_context(listening(app)) if front else "http://hub.test"
        transport = None if front else httpx.ASGITransport(app)
        client = httpx.AsyncClient(base_url=address, transport=transport, trust_env=False)
        http = await self._stack.enter_async_context(client)
        self._stack.callback(stop.set)
        running = Running(hub=hub, http=http, time=self._time, key=await hub.create_key("tests", ["admin"]))
        async with hub.database.write() as held:
            await inbox.make_partitions(held)
        for each in running.connections:
            await begin(hub.courier, each)
        return running


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a look at the hub says is asserted here, not how soon it says so on a busy machine."""
    monkeypatch.setattr(measuring, "_PATIENCE", 60.0)


@pytest.fixture
async def houses(tmp_path: Path, database_url: str, time: Time) -> AsyncIterator[Houses]:
    async with AsyncExitStack() as stack:
        yield Houses(tmp_path, database_url, time, stack)


@pytest.fixture
async def house(houses: Houses) -> Running:
    return await houses.open()


@pytest.fixture
async def served(houses: Houses) -> Running:
    """The same behind its front, for what is about HTTP itself."""
    return await houses.open(front=True)


@pytest.fixture
def parcelboy(time: Time) -> ParcelboySandbox:
    return ParcelboySandbox(secret="whsec", now=time)


@pytest.fixture
async def with_carrier(houses: Houses, parcelboy: ParcelboySandbox) -> AsyncIterator[Running]:
    """With the invented carrier as a server of its own."""
    async with listening(parcelboy) as address:
        yield await houses.open(CARRIER_URL=address)
