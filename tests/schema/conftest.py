"""A window on a real database, real fold and real intents; only the vendors are missing."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
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
from hub.store.database import Database
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


@dataclass(frozen=True, slots=True)
class Info:
    id: str
    connector: str
    title: str
    category: Category
    enabled: bool = True


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

    async def retry_command(self, command_id: str, actor: str) -> bool:
        raise Refused("the command is done: only a parked one can be tried again")

    async def resume_connection(self, connection_id: str) -> None:
        raise Refused("the connection is not paused")

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
