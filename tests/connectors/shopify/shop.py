"""A shop in the sandbox with a way to it, and what its webhooks and its API say as records."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.shopify import CONNECTOR
from connectors.shopify.sandbox import ShopifySandbox
from connectors.shopify.settings import ShopifySettings
from hub.connector import Account, Event, Faulty, Hint, Ignored, Incoming, Reading
from hub.domain.records import Record
from hub.sandbox import Delivery

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SHOP = "acme.myshopify.com"
SECRET = "shop-secret"
MUG = {"sku": "MUG", "title": "Mug", "quantity": 2, "price": "12.50"}
HAT = {"sku": "HAT", "title": "Hat", "quantity": 1, "price": "30.00"}

Said = Record | Hint | Ignored | Faulty


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def settings(**more: Any) -> ShopifySettings:
    given = {
        "connector": "shopify",
        "shop": SHOP,
        "access_token": "token-1",
        "webhook": {"secrets": [SECRET]},
    }
    return ShopifySettings.model_validate(given | more)


def sandbox(clock: Clock, **more: Any) -> ShopifySandbox:
    given: dict[str, Any] = {"secret": SECRET, "shop": SHOP, "access_token": "token-1", "now": clock}
    return ShopifySandbox(**(given | more))


def account(shop: ShopifySandbox, *, waits: bool = True, **more: Any) -> Account:
    """Straight to the sandbox; the hub's own way out is tested in its own room. Like it, this one waits as asked, on
    the clock of the test."""
    given = settings(**more)
    way = CONNECTOR.way(given)
    headers = way.auth.headers
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=shop), base_url=way.base_url, headers=headers)
    clock = shop.now

    async def wait(response: httpx.Response) -> None:
        await response.aread()
        assert CONNECTOR.pause
        if isinstance(clock, Clock):
            clock.forward(seconds=CONNECTOR.pause(response))

    if waits:
        http.event_hooks["response"].append(wait)
    return Account(connection="shop", settings=given, http=http, now=shop.now)


def read(kind: str, body: bytes, **more: Any) -> list[Said]:
    reading = Reading(connection="shop", settings=settings(**more))
    return list(CONNECTOR.read[kind](reading, body))


def read_events(events: Iterable[Event]) -> list[Said]:
    return [said for event in events for said in read(event.kind, event.body)]


def records(said: Iterable[Said]) -> list[Record]:
    return [each for each in said if isinstance(each, Record)]


def incoming(delivery: Delivery) -> Incoming:
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    return Incoming(method="POST", url="https://hub.example/webhooks/shop", headers=headers, body=delivery.body)


def heard(shop: ShopifySandbox, after: int = 0) -> list[Said]:
    """All that the webhooks said, as the door would let them in."""
    said: list[Said] = []
    assert CONNECTOR.inbound
    for delivery in shop.deliveries[after:]:
        CONNECTOR.inbound.verify(incoming(delivery), [SECRET], settings(), shop.now())
        said += read_events(CONNECTOR.inbound.events(incoming(delivery), settings()))
    return said


def newest(said: Iterable[Said]) -> dict[str, Record]:
    """By source, the newest record of each."""
    held: dict[str, Record] = {}
    for record in records(said):
        known = held.get(str(record.source))
        if known is None or record.version >= known.version:
            held[str(record.source)] = record
    return held
