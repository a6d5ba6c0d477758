"""The door where a vendor proves itself by public keys, shakes hands, or wants an answer of its own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import pytest
from starlette.routing import BaseRoute

from hub.app import make_app
from hub.connector import ConnectionSettings, Event, Finding, Inbound, Incoming
from hub.domain.errors import Forged, NeedsAttention, TryLater
from hub.pipeline.audit import audit
from hub.pipeline.receive import Door, Received
from hub.pipeline.registry import Connection
from hub.store import connections
from hub.store.database import Database
from tests.conftest import Time
from tests.small_hub import SmallHub
from tests.toy.parcelboy import CONNECTOR, Settings
from tests.toy.sandbox import ParcelboySandbox

SETTINGS = Settings.model_validate({"connector": "parcelboy", "token": "t", "webhook": {"secrets": ["s"]}})


def verify(incoming: Incoming, _secrets: Sequence[str], _settings: Any, _now: datetime) -> None:
    if incoming.headers.get("x-key", "").encode() != incoming.published:
        raise Forged("not signed with the published key")


def key_address(incoming: Incoming, _settings: Any) -> str:
    if incoming.headers.get("x-host", "vendor.test") != "vendor.test":
        raise Forged("not the vendor's host")
    return "https://vendor.test/keys"


def connection(**inbound: Any) -> Connection:
    slots = {
        "verify": verify,
        "events": lambda incoming, _settings: [Event(kind="parcel", body=incoming.body, key="1")],
        **inbound,
    }
    return Connection(
        id="carrier", connector=replace(CONNECTOR, inbound=Inbound(**slots)), settings=SETTINGS, settings_digest="1"
    )


def incoming(**headers: str) -> Incoming:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return Incoming(method="POST", url="https://hub.example/webhooks/carrier", headers=given, body=b"")


class Keys:
    def __init__(self, *keys: bytes) -> None:
        self.keys, self.asked = list(keys), 0

    async def __call__(self, address: str, *, anew: bool = False) -> bytes:
        self.asked += 1
        if not self.keys:
            raise TryLater("the vendor does not answer")
        return self.keys[-1 if anew else 0]


async def test_an_address_that_is_not_the_vendors_is_never_asked(db: Database, time: Time) -> None:
    keys = Keys(b"k")

    with pytest.raises(Forged):
        await Door(db, time, published=keys).receive(
            connection(published=key_address, events=lambda _i, _s: []), incoming(x_host="evil.test", x_key="k")
        )

    assert keys.asked == 0


@pytest.mark.parametrize(("key", "asked"), [("new", 2), ("old", 1)])
async def test_a_delivery_signed_with_the_vendors_next_key_is_let_in(
    db: Database, time: Time, key: str, asked: int
) -> None:
    keys = Keys(b"old", b"new")
    quiet = connection(published=key_address, events=lambda _i, _s: [])

    await Door(db, time, published=keys).receive(quiet, incoming(x_key=key))

    assert keys.asked == asked
    with pytest.raises(Forged):
        await Door(db, time, published=keys).receive(quiet, incoming(x_key="other"))


class Hub:
    public_url = "https://hub.example"

    def __init__(self, door: Door, known: Connection) -> None:
        self.door, self.known = door, known
        self.away: list[str] = []

    def connection(self, connection_id: str) -> Connection | None:
        return self.known if connection_id == self.known.id else None

    async def receive(self, known: Connection, incoming: Incoming) -> Received:
        return await self.door.receive(known, incoming)

    async def turned_away(self, connection_id: str, what: str, detail: str) -> None:
        self.away.append(what)

    async def unready(self) -> str:
        return ""

    async def measure(self) -> None:
        raise AssertionError


async def posted(hub: Hub, body: bytes = b"{}", **headers: str) -> httpx.Response:
    routes: Sequence[BaseRoute] = []
    app = make_app(hub, routes)
    given = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://hub") as http:
        return await http.post("/webhooks/carrier", content=body, headers=given)


async def test_while_the_keys_cannot_be_had_the_vendor_is_asked_to_come_again(db: Database, time: Time) -> None:
    hub = Hub(Door(db, time, published=Keys()), connection(published=key_address))

    answer = await posted(hub, x_key="k")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert hub.away == []


async def test_a_handshake_is_answered_and_nothing_of_it_is_kept(db: Database, time: Time) -> None:
    known = connection(is_ping=lambda incoming: incoming.body == b"webhook_id=7")
    hub = Hub(Door(db, time), known)

    assert (await posted(hub, b"webhook_id=7", content_type="application/x-www-form-urlencoded")).status_code == 200
    assert (await posted(hub, b"webhook_id=8", x_key="k")).status_code == 401


async def test_a_vendor_reads_the_answer_that_it_wants(db: Database, time: Time) -> None:
    known = connection(answer=("text/plain", b""), events=lambda _incoming, _settings: [])
    answer = await posted(Hub(Door(db, time), known))

    assert (answer.status_code, answer.content) == (200, b"")
    assert "set-cookie" not in answer.headers


async def test_an_audit_hears_our_address_and_newest_secret_and_refused_credentials_pause(
    db: Database, time: Time
) -> None:
    heard: list[tuple[str, str]] = []

    async def look(account: Any, url: str, secret: str) -> list[Finding]:
        heard.append((url, secret))
        if len(heard) > 1:
            raise NeedsAttention("401")
        return [Finding(ok=True, subject="webhooks", message="as they should be")]

    settings = ConnectionSettings.model_validate({"connector": "parcelboy", "webhook": {"secrets": ["new", "old"]}})
    watched = replace(CONNECTOR, audit=look)
    house = SmallHub(db, time, {"carrier": (watched, SETTINGS, ParcelboySandbox())})
    await house.open()
    known = replace(house.connections["carrier"], settings=settings)
    known = replace(known, settings=SETTINGS.model_copy(update={"webhook": settings.webhook}))

    assert await audit(house.courier, known, "") == []
    first = await audit(house.courier, known, "https://hub.example/webhooks/carrier")
    second = await audit(house.courier, known, "https://hub.example/webhooks/carrier")

    assert heard == [("https://hub.example/webhooks/carrier", "new")] * 2
    assert [each.ok for each in (*first, *second)] == [True, False]
    async with db.read() as held:
        assert await connections.paused(held, "carrier")
    await house.close()
