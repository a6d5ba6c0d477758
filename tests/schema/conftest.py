"""A window on a real database, real fold and real intents; only the vendors are missing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import event
from starlette.applications import Starlette

from hub.connector import Category
from hub.domain.errors import Refused
from hub.domain.intents import Intended, IntentKey
from hub.domain.order import Order
from hub.domain.records import Record
from hub.pipeline.apply import Said, apply
from hub.pipeline.intend import intend
from hub.pipeline.publish import Endpoint
from hub.settings.model import EndpointSettings
from hub.store import connections, endpoints
from hub.store.database import Database
from hub.store.endpoints import EndpointStatus
from hub.store.golden import Cause
from schema.context import Caller
from schema.http import graphql_routes
from tests.conftest import Time

KEYS = {
    "reader": frozenset({"read"}),
    "writer": frozenset({"read", "write"}),
    "looker": frozenset({"introspect"}),
    "raw": frozenset({"read", "raw"}),
    "admin": frozenset({"admin"}),
}


WAREHOUSE = Endpoint(
    id="warehouse",
    settings=EndpointSettings.model_validate(
        {"url": "https://warehouse.example/hooks?token=canary", "secrets": ["whsec_" + "Q" * 32]}
    ),
)


@dataclass(frozen=True, slots=True)
class Info:
    id: str
    connector: str
    title: str
    category: Category
    enabled: bool = True
    refresh_lives: timedelta | None = timedelta(days=60)


@dataclass(eq=False)
class RealHub:
    """The movements that the window needs, as the wiring joins them."""

    database: Database
    clock: Time
    connections: Mapping[str, Info] = field(
        default_factory=lambda: {
            "shop": Info("shop", "shopify", "Shopify", Category.STORE),
            "pay": Info("pay", "stripe", "Stripe", Category.PAYMENTS),
        }
    )
    endpoints: Mapping[str, Endpoint] = field(default_factory=lambda: {"warehouse": WAREHOUSE})
    replayed: list[str] = field(default_factory=list)
    bell: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, *records: Record, cause: str = "evt_1") -> None:
        async with self.database.write() as connection:
            await apply(
                connection, [Said(record=each, cause=Cause(id=cause, actor="shop")) for each in records], self.clock()
            )
        self.bell.set()

    async def intend(
        self,
        record: Record,
        actor: str,
        intent: IntentKey | None,
        *,
        check: Callable[[Order], None] | None = None,
        expected_version: int | None = None,
    ) -> Intended:
        return await intend(
            self.database, self.clock, record, actor, intent, check=check, expected_version=expected_version
        )

    async def replay_event(self, event_id: str) -> bool:
        if event_id in self.replayed:
            raise Refused("the event waits already")
        self.replayed.append(event_id)
        return True

    def missing_event(self, event_id: str) -> str:
        return f"there is no event {event_id} any more"

    async def retry_command(self, command_id: str, actor: str) -> bool:
        raise Refused("the command is done: only a parked one can be tried again")

    async def pause_connection(self, connection_id: str, why: str, actor: str) -> None:
        async with self.database.write() as connection:
            await connections.meet(connection, connection_id, "")
            if not await connections.pause_by(connection, connection_id, why, actor, self.clock()):
                raise Refused("a person has paused it already")

    async def resume_connection(self, connection_id: str, actor: str) -> None:
        async with self.database.write() as connection:
            if not await connections.resume(connection, connection_id):
                raise Refused("the connection is not paused")

    async def endpoint_statuses(self) -> Sequence[EndpointStatus]:
        async with self.database.read() as connection:
            return await endpoints.statuses(connection)

    async def replay_endpoint(self, endpoint: str, cursor: int) -> None:
        async with self.database.write() as connection:
            await endpoints.replay(connection, endpoint, cursor, self.clock())

    async def resume_endpoint(self, endpoint: str) -> None:
        async with self.database.write() as connection:
            await endpoints.resume(connection, endpoint, self.clock())

    async def wait_for_change(self, cursor: int, timeout: float) -> None:
        await self.bell.wait()
        self.bell.clear()


@dataclass(eq=False)
class Window:
    hub: RealHub
    app: Starlette
    http: httpx.AsyncClient
    stop: asyncio.Event
    statements: list[str] = field(default_factory=list)

    async def ask(self, query: str, *, holder: str = "reader", **variables: Any) -> dict[str, Any]:
        response = await self.http.post(
            "/graphql",
            content=orjson.dumps({"query": query, "variables": variables}),
            headers={"Authorization": f"Bearer {holder}", "Content-Type": "application/json"},
        )
        answer: dict[str, Any] = response.json()
        return answer

    async def data(self, query: str, *, holder: str = "reader", **variables: Any) -> dict[str, Any]:
        answer = await self.ask(query, holder=holder, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def code(self, query: str, *, holder: str = "reader", **variables: Any) -> str:
        answer = await self.ask(query, holder=holder, **variables)
        return str(answer["errors"][0]["extensions"]["code"])


async def authenticate(token: str) -> Caller | None:
    return Caller(f"key_{token}", token, KEYS[token]) if token in KEYS else None


@pytest.fixture
async def window(db: Database, time: Time) -> AsyncIterator[Window]:
    hub, stop = RealHub(db, time), asyncio.Event()
    app = Starlette(routes=graphql_routes(hub, authenticate, stop=stop, now=time))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub.test") as http:
        window = Window(hub, app, http, stop)

        def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
            window.statements.append(statement)

        event.listen(db.engine.sync_engine, "before_cursor_execute", note)
        yield window
