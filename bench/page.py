"""The GraphQL page of fifty orders with all their children, through the real application with an API key, against the
same rows by hand-written SQL, put together and encoded with orjson."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import ASGIApp, Message, Scope

from bench.ground import Ground
from bench.numbers import Figures, medians, paired, percentile
from bench.sizes import Sizes
from hub.connector import discover
from hub.settings import load
from hub.store.database import Database
from hub.wiring import hub_of

PAGE = 50
_WARM = 5

QUERY = """
fragment M on Money { amount currencyCode }
fragment R on ExternalRef { connection kind externalId }
fragment A on Address { name company line1 line2 city region postalCode country phone }
query Page($first: Int) { orders(first: $first) { edges { cursor node {
  id number channel currencyCode version isSale mayFulfil stage stages { stage at }
  paymentState invoiceState fulfilmentState placedAt updatedAt cancelledAt
  total { ...M } subtotal { ...M } discount { ...M } tax { ...M } shipping { ...M } tip { ...M } fees { ...M }
  captured { ...M } refunded { ...M } invoiced { ...M } credited { ...M }
  email phone name shippingAddress { ...A } billingAddress { ...A } tags note
  lines { id title sku quantity unitPrice { ...M } discount { ...M } tax { ...M } total { ...M } isFulfillable }
  payments { id status verified amount { ...M } authorized { ...M } captured { ...M } refunded { ...M } brand last4
    createdAt capturedAt source { ...R } sources { ...R } }
  refunds { id paymentId amount { ...M } status createdAt } refundRequests { id } disputes { status }
  invoices { id number status total { ...M } balance { ...M } source { ...R } }
  creditNotes { id number total { ...M } }
  shipments { id status carrier trackingNumbers lines { lineId quantity } shippedAt source { ...R } }
  holds { id kind reason isActive } sources { connection kind externalId version agrees }
  customer { id name email phone addresses { ...A } }
  timeline(first: 10) { nodes { seq at summary actor fields { path before after } } }
  drifts { about expected found } events(first: 5) { id kind state } commands(first: 5) { id action state }
} } pageInfo { hasNextPage endCursor } } }
"""


async def page(ground: Ground, url: str, database: Database, sizes: Sizes) -> dict[str, Any]:
    """`ratio`: how many times as long the page takes as the same rows by hand."""
    async with hub_of(load(ground.settings(url), discover(), {}), discover()) as hub:
        key = await hub.create_key("bench", ["read"])
        app = hub.serve_app(asyncio.Event())
        asked = orjson.dumps({"query": QUERY, "variables": {"first": PAGE}})

        async def through_graphql() -> bytes:
            return await _post(app, "/graphql", key, asked)

        async def by_hand() -> bytes:
            async with database.read() as connection:
                return orjson.dumps(await _by_hand(connection))

        answer = orjson.loads(await through_graphql())
        nodes = [edge["node"] for edge in answer["data"]["orders"]["edges"]]
        if "errors" in answer or [each["id"] for each in nodes] != [
            each["id"] for each in orjson.loads(await by_hand())
        ]:
            raise RuntimeError(f"the page is not the page by hand: {answer.get('errors')}")
        mine: list[Figures] = []
        least: list[Figures] = []
        for _ in range(sizes.rounds):
            mine.append(await _timed(through_graphql, sizes.pages))
            least.append(await _timed(by_hand, sizes.pages))
    return {"graphql": medians(mine), "by_hand": medians(least), "ratio": paired(mine, least, "p50_ms")}


async def _timed(ask: Callable[[], Awaitable[bytes]], pages: int) -> Figures:
    for _ in range(_WARM):
        size = len(await ask())
    took = []
    before = time.process_time()
    for _ in range(pages):
        started = time.perf_counter()
        await ask()
        took.append(time.perf_counter() - started)
    cpu = (time.process_time() - before) / pages
    return {
        "p50_ms": percentile(took, 0.5) * 1000,
        "p99_ms": percentile(took, 0.99) * 1000,
        "cpu_ms": cpu * 1000,
        "kilobytes": size / 1000,
    }


async def _post(app: ASGIApp, path: str, key: str, body: bytes) -> bytes:
    scope: Scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1"),
            (b"authorization", f"Bearer {key}".encode()),
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    said: list[bytes] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        said.append(message.get("body", b""))

    await app(scope, receive, send)
    return b"".join(said)


# One statement for each family of rows, as a programmer would write them for this page alone.
_ORDERS = text("SELECT id, version, customer_key, document FROM orders ORDER BY placed_at DESC, id DESC LIMIT :first")
_CUSTOMERS = text(
    "SELECT k.key, c.document FROM keys k JOIN customers c ON c.cluster = k.cluster WHERE k.key IN :ids"
).bindparams(bindparam("ids", expanding=True))
_CHILDREN = {
    name: text(statement).bindparams(bindparam("ids", expanding=True))
    for name, statement in {
        "timeline": "SELECT order_id, seq, at, summary, actor, fields FROM changes"
        " WHERE order_id IN :ids AND seq <= 10",
        "drifts": "SELECT order_id, connection, about, expected, found FROM drifts WHERE order_id IN :ids",
        "events": "SELECT order_id, id, kind, state FROM inbox WHERE order_id IN :ids",
        "commands": "SELECT order_id, id, action, state FROM outbox WHERE order_id IN :ids",
    }.items()
}


async def _by_hand(connection: AsyncConnection) -> list[dict[str, Any]]:
    orders = (await connection.execute(_ORDERS, {"first": PAGE})).all()
    keys = sorted({order.customer_key for order in orders} - {""})
    customers = {row.key: row.document for row in await connection.execute(_CUSTOMERS, {"ids": keys})}
    ids = [order.id for order in orders]
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for name, statement in _CHILDREN.items():
        rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
        found[name] = rows
        for row in (await connection.execute(statement, {"ids": ids})).mappings():
            each = dict(row)
            rows[each.pop("order_id")].append(each)
    for changes in found["timeline"].values():
        for change in changes:
            change["fields"] = orjson.loads(change["fields"])
    return [
        {
            **orjson.loads(order.document),
            "version": order.version,
            "customer": orjson.loads(customers[order.customer_key]) if order.customer_key in customers else None,
            **{name: of_orders.get(order.id, []) for name, of_orders in found.items()},
        }
        for order in orders
    ]
