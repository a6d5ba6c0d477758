"""EasyPost's stand-in with a way to it, and what it says as records."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.easypost import CONNECTOR
from connectors.easypost.card import SHIP_FROM
from connectors.easypost.sandbox import EasyPostSandbox
from connectors.easypost.settings import EasyPostSettings
from hub.connector import Account, Event, Faulty, Hint, Ignored, Incoming, Reading
from hub.domain.commands import Command
from hub.domain.errors import Unknown
from hub.domain.ids import CommandId
from hub.domain.records import Record, ShipmentRecord
from hub.sandbox import Delivery
from hub.transport.verdict import verdict

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "post-sécret"
KEY = "EZTK-post"

Said = Record | Hint | Ignored | Faulty


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def settings(**more: Any) -> EasyPostSettings:
    given = {"connector": "easypost", "api_key": KEY, "mode": "test", "webhook": {"secrets": [SECRET]}}
    return EasyPostSettings.model_validate(given | more)


def buying(**more: Any) -> EasyPostSettings:
    return settings(buy_labels="when_ready", ship_from=SHIP_FROM, **more)


def read(kind: str, body: bytes, **more: Any) -> list[Said]:
    return list(CONNECTOR.read[kind](Reading(connection="post", settings=settings(**more)), body))


def incoming(delivery: Delivery) -> Incoming:
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    return Incoming(method="POST", url="https://hub.example/webhooks/post", headers=headers, body=delivery.body)


class _Line(httpx.ASGITransport):
    """The vendor's own end of the line; an answer that ends in the middle is lost. Can fail before a call is made."""

    cut: str = ""  # a path's end: calls to it die on the way, before the vendor has heard of them

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.cut and request.url.path.endswith(self.cut):
            raise Unknown("killed before the call")
        try:
            return await super().handle_async_request(request)
        except AssertionError as lost:
            raise Unknown("the answer was lost") from lost


class Post:
    def __init__(self, **chosen: Any) -> None:
        self.clock = Clock()
        self.vendor = EasyPostSandbox(secret=SECRET, api_key=KEY, now=self.clock)
        self.settings = buying(**chosen)
        way = CONNECTOR.way(self.settings)
        self.line = _Line(app=self.vendor)
        http = httpx.AsyncClient(
            transport=self.line,
            base_url=way.base_url,
            headers=way.auth.headers,
            event_hooks={"response": [self._judge]},
        )
        self.account = Account(connection="post", settings=self.settings, http=http, now=self.clock)

    async def _judge(self, response: httpx.Response) -> None:
        await response.aread()
        assert CONNECTOR.verdict is not None
        if error := CONNECTOR.verdict(response) or verdict(response, NOON):
            raise error

    async def deliver(self, wish: Command) -> list[ShipmentRecord]:
        """As the hub does it: a look first, then the call."""
        push = CONNECTOR.push[type(wish)]
        found = await push.safety.look(self.account, wish, CommandId("cmd_1"))  # type: ignore[union-attr]
        return self.parcels(found if found is not None else await push.send(self.account, wish, CommandId("cmd_1")))

    def parcels(self, events: Iterable[Event]) -> list[ShipmentRecord]:
        said = [each for event in events for each in read(event.kind, event.body)]
        return [each for each in said if isinstance(each, ShipmentRecord)]

    async def fetched(self, id: str) -> ShipmentRecord:
        (parcel,) = self.parcels(await CONNECTOR.fetch["shipment"](self.account, id))
        return parcel

    def labels(self) -> list[str]:
        return [each["id"] for each in self.vendor.shipments.values() if each["postage_label"]]

    async def heard(self, after: int = 0) -> Sequence[Said]:
        """What the webhooks said, as the door would let them in."""
        said: list[Said] = []
        assert CONNECTOR.inbound is not None
        for delivery in self.vendor.deliveries[after:]:
            CONNECTOR.inbound.verify(incoming(delivery), [SECRET], self.settings, self.clock())
            for event in CONNECTOR.inbound.events(incoming(delivery), self.settings):
                said += read(event.kind, event.body)
        return said
