"""A store in the sandbox with a way to it, and what its webhooks and its API say as records."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import httpx

from connectors.woocommerce import CONNECTOR
from connectors.woocommerce.sandbox import WooCommerceSandbox
from connectors.woocommerce.settings import WooCommerceSettings
from hub.connector import Account, Event, Faulty, Hint, Ignored, Incoming, Reading
from hub.domain.errors import Unknown
from hub.domain.records import Record
from hub.sandbox import Delivery
from hub.transport.verdict import verdict
from tests.conftest import Time

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "store-secret"
URL = "https://hub.example/webhooks/store"

Said = Record | Hint | Ignored | Faulty


def settings(**more: Any) -> WooCommerceSettings:
    given = {
        "connector": "woocommerce",
        "store": "https://store.example/",
        "consumer_key": "ck_1",
        "consumer_secret": "cs_1",
        "webhook": {"secrets": [SECRET]},
    }
    return WooCommerceSettings.model_validate(given | more)


def sandbox(clock: Time, **more: Any) -> WooCommerceSandbox:
    given: dict[str, Any] = {"secret": SECRET, "consumer_key": "ck_1", "consumer_secret": "cs_1", "now": clock}
    return WooCommerceSandbox(**(given | more))


class Wire(httpx.ASGITransport):
    """Calls a lost answer what the hub's own way out calls it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AssertionError:  # the answer ended before it was whole
            raise Unknown("the answer was lost") from None


def account(store: WooCommerceSandbox, **more: Any) -> Account:
    """Straight to the sandbox, with the verdicts of the hub's own way out, which is tested in its own room."""
    given = settings(**more)
    way = CONNECTOR.way(given)
    http = httpx.AsyncClient(transport=Wire(app=store), base_url=way.base_url, headers=way.auth.headers)

    async def judge(response: httpx.Response) -> None:
        await response.aread()
        assert CONNECTOR.verdict
        if error := CONNECTOR.verdict(response) or verdict(response, store.now()):
            raise error

    http.event_hooks["response"].append(judge)
    return Account(connection="store", settings=given, http=http, now=store.now)


def read(kind: str, body: bytes | dict[str, Any], **more: Any) -> list[Said]:
    reading = Reading(connection="store", settings=settings(**more))
    return list(CONNECTOR.read[kind](reading, body if isinstance(body, bytes) else json.dumps(body).encode()))


def read_events(events: Iterable[Event], **more: Any) -> list[Said]:
    return [said for event in events for said in read(event.kind, event.body, **more)]


def records(said: Iterable[Said]) -> list[Record]:
    return [each for each in said if isinstance(each, Record)]


def incoming(delivery: Delivery) -> Incoming:
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    return Incoming(method="POST", url=URL, headers=headers, body=delivery.body)


def heard(store: WooCommerceSandbox, after: int = 0) -> list[Said]:
    """All that the webhooks said, as the door would let them in."""
    said: list[Said] = []
    assert CONNECTOR.inbound
    for delivery in store.deliveries[after:]:
        if CONNECTOR.inbound.is_ping and CONNECTOR.inbound.is_ping(incoming(delivery)):
            continue
        CONNECTOR.inbound.verify(incoming(delivery), [SECRET], settings(), store.now())
        said += read_events(CONNECTOR.inbound.events(incoming(delivery), settings()))
    return said


def newest(said: Iterable[Said]) -> dict[str, Record]:
    """By kind and external id, the newest record of each."""
    held: dict[str, Record] = {}
    for record in records(said):
        name = f"{record.kind}/{record.source.external_id}"
        known = held.get(name)
        if known is None or record.version >= known.version:
            held[name] = record
    return held


def order_body(**more: Any) -> dict[str, Any]:
    """An order as the store tells it: two mugs for 25.00, 2.00 of tax, 5.00 of shipping."""
    line = {"id": 11, "name": "Mug", "sku": "MUG", "quantity": 2, "subtotal": "25.00", "total": "25.00",
            "total_tax": "2.00", "price": 12.5}  # fmt: skip
    given: dict[str, Any] = {
        "id": 77,
        "status": "processing",
        "currency": "USD",
        "number": "77",
        "order_key": "wc_order_77",
        "date_created_gmt": "2026-11-22T11:00:00",
        "date_modified_gmt": "2026-11-22T11:30:00",
        "date_paid_gmt": "2026-11-22T11:00:05",
        "total": "32.00",
        "total_tax": "2.00",
        "shipping_total": "5.00",
        "customer_id": 0,
        "billing": {"first_name": "Ada", "last_name": "Example", "email": "Ada@Example.com", "country": "US"},
        "payment_method": "stripe",
        "transaction_id": "pi_1",
        "line_items": [line],
        "refunds": [],
        "meta_data": [],
    }
    return given | more
