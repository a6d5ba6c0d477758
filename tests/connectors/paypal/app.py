"""An app in the sandbox with a way to it, and what its webhooks and its API say as records."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import httpx

from connectors.paypal import CONNECTOR
from connectors.paypal.sandbox import PayPalSandbox
from connectors.paypal.settings import PayPalSettings
from hub.connector import Account, Event, Faulty, Hint, Ignored, Incoming, Reading
from hub.domain.records import Record
from hub.sandbox import Delivery

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
HOOK = "4JH86294D6297924G"
ADDRESS = "http://127.0.0.1:8080"
ODDITIES = [b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff\xfe", b"\x00", b'{"id": 1e999}', b"[" * 500, b"{}"]

Said = Record | Hint | Ignored | Faulty


def settings(**more: Any) -> PayPalSettings:
    given = {
        "connector": "paypal",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-secret",
        "webhook": {"secrets": [HOOK]},
    }
    return PayPalSettings.model_validate(given | more)


def of(app: PayPalSandbox, **more: Any) -> PayPalSettings:
    return settings(base_url=ADDRESS, trusted_roots=app.root, **more)


async def account(app: PayPalSandbox, **more: Any) -> Account:
    """Straight to the sandbox with a token; the hub's own way out is tested in its own room. Like it, this one raises
    what a bad answer means."""
    given = of(app, **more)

    async def judge(response: httpx.Response) -> None:
        await response.aread()
        assert CONNECTOR.verdict
        if error := CONNECTOR.verdict(response):
            raise error

    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=given.url)
    basic = (given.client_id, given.client_secret.get_secret_value())
    answer = await http.post("/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=basic)
    http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
    http.event_hooks["response"].append(judge)
    return Account(connection="pay", settings=given, http=http, now=app.now)


def read(kind: str, body: bytes, **more: Any) -> list[Said]:
    return list(CONNECTOR.read[kind](Reading(connection="pay", settings=settings(**more)), body))


def read_events(events: Iterable[Event], **more: Any) -> list[Said]:
    return [said for event in events for said in read(event.kind, event.body, **more)]


def records(said: Iterable[Said]) -> list[Record]:
    return [each for each in said if isinstance(each, Record)]


def incoming(app: PayPalSandbox, delivery: Delivery) -> Incoming:
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    url = "https://hub.example/webhooks/pay"
    return Incoming(method="POST", url=url, headers=headers, body=delivery.body, published=app.api.chain)


def heard(app: PayPalSandbox, after: int = 0, **more: Any) -> list[Said]:
    """All that the webhooks said, as the door would let them in."""
    assert CONNECTOR.inbound
    said: list[Said] = []
    for delivery in app.deliveries[after:]:
        request = incoming(app, delivery)
        CONNECTOR.inbound.verify(request, [HOOK], of(app), app.now())
        said += read_events(CONNECTOR.inbound.events(request, of(app)), **more)
    return said


def newest(said: Iterable[Said]) -> dict[str, Record]:
    """By kind and external id, the newest record of each, whatever the order of arrival."""
    held: dict[str, Record] = {}
    for record in sorted(records(said), key=lambda record: (record.version, repr(record))):
        held[f"{record.source.kind}/{record.source.external_id}"] = record
    return held
