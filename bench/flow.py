"""From webhook to vendor call done: a shop sells, the processor tells of the money, the books are written.

Everything is a process of its own: the hub (`hub serve`: door and worker in one), each vendor, the sender. Per order
about seven webhooks come in, and the books are asked for a customer, an invoice and a payment: each looked for first,
as their connector does to be safe.
"""

import asyncio
import base64
import contextlib
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import func, select, text

from bench.ground import Ground, Kind, ready
from bench.numbers import Figures, medians
from bench.processes import HUB, Child, child, sent
from bench.requests import raw
from bench.sizes import Sizes
from bench.vendor import VENDORS
from hub.store.database import Database
from hub.store.tables import CursorRow, OutboxRow

COMMANDS = 3  # for each order: customer, invoice, payment
_CONNECTIONS = {"shopify": "shop", "stripe": "payments"}
_PATIENCE = 180.0  # seconds
_LEFT = text(
    "SELECT (SELECT count(*) FROM inbox WHERE part >= 0), (SELECT count(*) FROM orders WHERE plan_due > 0),"
    " (SELECT count(*) FROM outbox WHERE lane_due), (SELECT count(*) FROM hints)"
)
_ENDED = text(
    "SELECT (SELECT count(*) FROM outbox WHERE state = 'done'), (SELECT count(*) FROM outbox WHERE state <> 'done'),"
    " (SELECT count(*) FROM orders)"
)
_PARKED = text("SELECT kind, reason FROM inbox WHERE state = 'parked' LIMIT 3")


async def flow(ground: Ground, kinds: Sequence[Kind], sizes: Sizes) -> dict[str, Any]:
    """By database: events and vendor commands a second, end to end, each round on new databases and new vendors."""
    rounds: dict[str, list[Figures]] = {kind: [] for kind in kinds}
    for _ in range(sizes.rounds):
        for kind in kinds:
            rounds[kind].append(await _round(ground, kind, sizes))
    return {kind: medians(each) for kind, each in rounds.items()}


async def _round(ground: Ground, kind: Kind, sizes: Sizes) -> Figures:
    async with contextlib.AsyncExitStack() as stack:
        url = stack.enter_context(ground.empty(kind))
        database = await ready(url)
        stack.push_async_callback(database.close)
        vendors: dict[str, Child] = {}
        for vendor in VENDORS:
            command = (sys.executable, "-m", "bench.vendor", vendor)
            vendors[vendor] = await stack.enter_async_context(child(ground.folder / f"{vendor}.log", command))
        file = ground.settings(url, {name: each.url for name, each in vendors.items()})
        log = ground.folder / f"flow-{kind}.log"
        hub = await stack.enter_async_context(child(log, (*HUB, "serve", "-c", str(file))))
        await begun(database)
        requests = await _day(vendors, sizes.flow_orders)
        idle = hub.resident_mb()
        before = {"hub": hub.cpu_seconds(), "books": vendors["quickbooks"].cpu_seconds()}
        load = await sent(hub, requests, ground.folder, senders=sizes.senders)
        await _drained(database, load["started_at"])
        seconds = await _proven(database, vendors["quickbooks"], sizes.flow_orders) - load["started_at"]
        return {
            "events_per_second": len(requests) / seconds,
            "commands_per_second": COMMANDS * sizes.flow_orders / seconds,
            "seconds": seconds,
            "ack_per_second": load["per_second"],
            "ack_p99_ms": load["p99_ms"],
            "hub_cpu_ms_per_event": (hub.cpu_seconds() - before["hub"]) * 1000 / len(requests),
            "books_cpu_share": (vendors["quickbooks"].cpu_seconds() - before["books"]) / seconds,
            "events": float(len(requests)),
            "idle_mb": idle,
            "after_mb": hub.resident_mb(),
        }


async def begun(database: Database) -> None:
    """Until the first pulls are over: a new hub asks each vendor for what it missed, which is not what is measured."""
    until = time.monotonic() + _PATIENCE
    soon = datetime.now(UTC) + timedelta(minutes=10)
    waits = select(func.count()).where(CursorRow.last_ok_at.is_(None) | (CursorRow.due_at < soon))
    while True:
        async with database.read() as connection:
            streams = await connection.scalar(select(func.count()).select_from(CursorRow))
            if streams and not await connection.scalar(waits):
                return
        if time.monotonic() > until:
            raise RuntimeError("the first pulls did not end")
        await asyncio.sleep(0.05)


async def _day(vendors: Mapping[str, Child], orders: int) -> list[bytes]:
    """The webhooks of so many orders, each sold to a customer of its own and paid by card."""
    async with httpx.AsyncClient() as http:

        async def act(vendor: str, **said: Any) -> dict[str, Any]:
            response = await http.post(f"{vendors[vendor].url}/_sandbox/act", json=said)
            result: dict[str, Any] = response.raise_for_status().json()
            return result

        for number in range(orders):
            email = f"buyer{number}@example.com"
            paid = await act("stripe", act="pay", amount=5500, currency="usd", email=email, name=f"Buyer {number}")
            await act(
                "shopify",
                act="place_order",
                email=email,
                customer={"first_name": "Buyer", "last_name": str(number)},
                lines=[
                    {"sku": "MUG", "title": "Mug", "quantity": 2, "price": "12.50"},
                    {"sku": "HAT", "title": "Hat", "quantity": 1, "price": "30.00"},
                ],
                transactions=[{"gateway": "stripe", "amount": "55.00", "payment_id": paid["payment_intent"]}],
            )
        told = [await _told(http, name, vendors[vendor]) for vendor, name in _CONNECTIONS.items()]
    # One system's tale and the other's run side by side, as they would.
    return [each for _, each in sorted((place / len(tale), each) for tale in told for place, each in enumerate(tale))]


async def _told(http: httpx.AsyncClient, connection: str, vendor: Child) -> list[bytes]:
    response = await http.get(f"{vendor.url}/_sandbox/deliveries", timeout=60)
    path = f"/webhooks/{connection}"
    return [raw(path, each["headers"], base64.b64decode(each["body"])) for each in response.json()]


async def _drained(database: Database, started_at: float) -> None:
    """Until nothing is left to do."""
    while True:
        async with database.read() as connection:
            left = tuple((await connection.execute(_LEFT)).one())
        if not any(left):
            return
        if time.time() - started_at > _PATIENCE:
            raise RuntimeError(f"the hub did not come to rest: events, plans, commands, fetches left: {left}")
        await asyncio.sleep(0.25)


async def _proven(database: Database, books: Child, orders: int) -> float:
    """When the last command ended, by the hub's clock. Raises where work was not done, or done twice."""
    async with database.read() as connection:
        done, undone, sales = (await connection.execute(_ENDED)).one()
        parked = (await connection.execute(_PARKED)).all()
        last = await connection.scalar(select(func.max(OutboxRow.done_at)))
    async with httpx.AsyncClient() as http:
        held = (await http.get(f"{books.url}/_sandbox/state", timeout=60)).json()
    written = {name: len(held[name]) for name in ("invoices", "payments")}
    if (done, undone, sales) != (COMMANDS * orders, 0, orders) or set(written.values()) != {orders} or parked:
        raise RuntimeError(f"not all was done once: {done=} {undone=} {sales=} {written=} {orders=} {parked=}")
    assert isinstance(last, datetime)
    return last.timestamp()
