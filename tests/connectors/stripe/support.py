"""A sandbox, an account at it, and readings of what it sends."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from pydantic import SecretStr

from connectors.stripe import CONNECTOR
from connectors.stripe.sandbox import StripeSandbox
from connectors.stripe.settings import StripeSettings
from hub.connector import Account, Event, Faulty, Headers, Hint, Ignored, Reading, WebhookSettings
from hub.domain.records import PaymentRecord, Record, Source

SECRET = "whsec_one"
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
T = TypeVar("T")

VERSIONS = ["2020-08-27", "2026-10-28.endive"]  # with lists inside their objects, and without


class Time:
    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def settings(**more: Any) -> StripeSettings:
    webhook = WebhookSettings(secrets=(SecretStr(SECRET),))
    return StripeSettings(connector="stripe", api_key=SecretStr("sk_test_sandbox"), webhook=webhook, **more)


def reading(at: datetime | None = None, **more: Any) -> Reading:
    return Reading(connection="stripe_eu", settings=settings(**more), at=at)


def read(event: Event, **more: Any) -> list[Record | Hint | Ignored | Faulty]:
    return list(CONNECTOR.read[event.kind](reading(event.at, **more), event.body))


def read_all(events: Iterable[Event], **more: Any) -> list[Record | Hint | Ignored | Faulty]:
    return [each for event in events for each in read(event, **more)]


def only(kind: type[T], items: Iterable[object]) -> list[T]:
    return [item for item in items if isinstance(item, kind)]


def newest(records: Iterable[Record]) -> dict[Source, Record]:
    """As the hub keeps them: the newest per source, ties broken by content and not by arrival."""
    kept: dict[Source, Record] = {}
    for record in sorted(records, key=lambda record: (record.version, repr(record))):
        kept[record.source] = record
    return kept


def told(sandbox: StripeSandbox) -> list[Event]:
    return [Event(kind=each.kind, body=each.body, key=json.loads(each.body)["id"]) for each in sandbox.deliveries]


def sandbox(version: str = VERSIONS[1], time: Time | None = None) -> StripeSandbox:
    return StripeSandbox(secret=SECRET, now=time or Time(), api_version=version)


def changed(event: Event, **fields: Any) -> Event:
    whole = json.loads(event.body)
    whole["data"]["object"].update(fields)
    return Event(kind=event.kind, body=json.dumps(whole).encode())


def last(stripe: StripeSandbox, kind: str) -> Event:
    return next(event for event in reversed(told(stripe)) if event.kind == kind)


def final(stripe: StripeSandbox) -> dict[str, Record]:
    return {str(key.external_id): each for key, each in newest(only(Record, read_all(told(stripe)))).items()}


def payment(found: object) -> PaymentRecord:
    assert isinstance(found, PaymentRecord)
    return found


async def _judge(response: httpx.Response) -> None:
    await response.aread()
    assert CONNECTOR.verdict
    if error := CONNECTOR.verdict(response):
        raise error


@asynccontextmanager
async def account(app: Any, now: Callable[[], datetime], **more: Any) -> AsyncIterator[Account]:
    """As the hub builds it, over the given ASGI application or transport."""
    chosen = settings(**more)
    way = CONNECTOR.way(chosen)
    assert isinstance(way.auth, Headers)
    transport = app if isinstance(app, httpx.AsyncBaseTransport) else httpx.ASGITransport(app=app)
    hooks = {"response": [_judge]}
    async with httpx.AsyncClient(
        base_url=way.base_url,
        headers=way.auth.headers,
        transport=transport,
        event_hooks=hooks,
    ) as http:
        yield Account(connection="stripe_eu", settings=chosen, http=http, now=now)
