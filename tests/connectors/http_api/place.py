"""Connections as the examples describe them, with a way to a small server of each."""

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from connectors.http_api import CONNECTOR
from connectors.http_api.settings import HttpSettings
from hub.connector import Account, Connector, Event, Faulty, Headers, Hint, Ignored, Incoming, Reading
from hub.domain.records import Record
from hub.pipeline.registry import configured
from hub.sandbox import Sandbox
from hub.transport.verdict import verdict
from tests.conftest import Time
from tests.connectors.http_api.calendar import SECRET

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ENVIRON = {
    "ERP_TOKEN": "erp-token",
    "ERP_WEBHOOK_SECRET": "erp-secret",
    "MEMBERS_API_KEY": "members-key",
    "MEMBERS_WEBHOOK_SECRET": "members-secret",
    "CALENDAR_SECRET": "calendar-secret",
    "CALENDAR_WEBHOOK_SECRET": SECRET,
}

Said = Record | Hint | Ignored | Faulty


def table(name: str) -> dict[str, Any]:
    """The one connection of an example, with its variables filled in."""
    text = (EXAMPLES / f"{name}.toml").read_text()
    filled = re.sub(r"\$\{(\w+)\}", lambda match: ENVIRON[match[1]], text)
    (found,) = tomllib.loads(filled)["connections"].values()
    return dict(found)


def example(name: str) -> HttpSettings:
    return HttpSettings.model_validate(table(name))


def settings(**more: Any) -> HttpSettings:
    return HttpSettings.model_validate({"connector": "http", "base_url": "https://there.example"} | more)


def connector(given: HttpSettings) -> Connector:
    return configured(CONNECTOR, given)


def account(there: Callable[..., Any], given: HttpSettings, clock: Time) -> Account:
    """Straight to the server, with the verdicts of the hub's own way out and without its budget."""
    auth = CONNECTOR.way(given).auth
    headers = dict(auth.headers) if isinstance(auth, Headers) else {"Authorization": "Bearer at-1"}
    transport = httpx.ASGITransport(app=there)
    http = httpx.AsyncClient(transport=transport, base_url=given.base_url, headers=headers)

    async def judge(response: httpx.Response) -> None:
        await response.aread()
        if (fault := verdict(response, clock())) is not None:
            raise fault

    http.event_hooks["response"].append(judge)
    return Account(connection="there", settings=given, http=http, now=clock)


def read(made: Connector, given: HttpSettings, event: Event) -> list[Said]:
    reading = Reading(connection="there", settings=given, at=event.at)
    return list(made.read[event.kind](reading, event.body))


def said(given: HttpSettings, kind: str, body: bytes) -> list[Said]:
    return read(connector(given), given, Event(kind=kind, body=body))


def secrets_of(given: HttpSettings) -> list[str]:
    return [each.get_secret_value() for each in given.webhook.secrets]


def incoming(body: bytes, headers: Mapping[str, str]) -> Incoming:
    lower = {name.lower(): value for name, value in headers.items()}
    return Incoming(method="POST", url="https://hub.example/webhooks/there", headers=lower, body=body)


def heard(there: Sandbox, given: HttpSettings, clock: Time, after: int = 0) -> list[Said]:
    """All that its webhooks say, as the door would let them in."""
    made = connector(given)
    assert made.inbound
    found: list[Said] = []
    for delivery in there.deliveries[after:]:
        request = incoming(delivery.body, delivery.headers)
        made.inbound.verify(request, secrets_of(given), given, clock())
        found += [each for event in made.inbound.events(request, given) for each in read(made, given, event)]
    return found


def records(found: Iterable[Said]) -> list[Record]:
    return [each for each in found if isinstance(each, Record)]
