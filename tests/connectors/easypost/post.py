"""EasyPost's stand-in with a way to it, and what it says as records."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors.easypost import CONNECTOR
from connectors.easypost.card import SHIP_FROM
from connectors.easypost.sandbox import EasyPostSandbox
from connectors.easypost.settings import EasyPostSettings
from hub.connector import Event, Faulty, Find, Hint, Ignored, Incoming, Reading
from hub.domain.commands import Command
from hub.domain.ids import CommandId
from hub.domain.records import Address, Record, ShipmentRecord
from hub.sandbox import Delivery
from tests.conftest import Time
from tests.connectors.shipping.line import Line, account_over

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "post-sécret"
KEY = "EZTK-post"
HOME = Address(
    name="Ada Lovelace",
    line1="179 N Harbor Dr",
    city="Redondo Beach",
    region="CA",
    postal_code="90277",
    country="US",
)

Said = Record | Hint | Ignored | Faulty


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


class Post:
    def __init__(self, **chosen: Any) -> None:
        self.clock = Time(NOON)
        self.vendor = EasyPostSandbox(secret=SECRET, api_key=KEY, now=self.clock)
        self.settings = buying(**chosen)
        self.line = Line(app=self.vendor)
        self.account = account_over(self.line, CONNECTOR, self.settings, self.vendor)

    async def deliver(self, wish: Command) -> list[ShipmentRecord]:
        """As the hub does it: a look first, then the call."""
        push = CONNECTOR.push[type(wish)]
        assert isinstance(push.safety, Find)
        found = await push.safety.look(self.account, wish, CommandId("cmd_1"))
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
