"""A ShipEngine account in the sandbox with a way to it, and what its webhooks and its API say as records."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

from connectors.shipengine import CONNECTOR
from connectors.shipengine.commands import BuyLabel
from connectors.shipengine.sandbox import ShipEngineSandbox
from connectors.shipengine.sandbox_keys import jwks, new_key
from connectors.shipengine.settings import ShipEngineSettings
from hub.connector import Account, Event, Faulty, Hint, Ignored, Incoming, Reading
from hub.domain.records import Address, Record, ShipmentRecord
from hub.sandbox import Delivery
from tests.conftest import Time
from tests.connectors.shipping.line import Line, account_over

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ORDER = "ord_" + "0" * 26
SHIP_FROM = {
    "name": "Packing Table",
    "phone": "555-0199",
    "line1": "4009 Marathon Blvd",
    "city": "Austin",
    "region": "TX",
    "postal_code": "78756",
    "country": "US",
}
BUYING = {"buy_labels": "when_ready", "carriers": ["se-100001", "se-100002"], "ship_from": SHIP_FROM}
ADA = Address(
    name="Ada Lovelace",
    line1="525 S Winchester Blvd",
    city="San Jose",
    region="CA",
    postal_code="95128",
    country="US",
    phone="555-0111",
)

Said = Record | Hint | Ignored | Faulty
key = cache(new_key)  # one for all tests: a key takes a tenth of a second


def settings(**more: Any) -> ShipEngineSettings:
    return ShipEngineSettings.model_validate({"connector": "shipengine", "api_key": "sandbox-key", **more})


def sandbox(clock: Time | None = None, **more: Any) -> ShipEngineSandbox:
    return ShipEngineSandbox(**{"private_key": key(), "now": clock or Time(NOON), **more})


def account(yard: ShipEngineSandbox, **more: Any) -> Account:
    return account_over(Line(app=yard), CONNECTOR, settings(**{**BUYING, **more}), yard)


def read(kind: str, body: bytes, **more: Any) -> list[Said]:
    return list(CONNECTOR.read[kind](Reading(connection="yard", settings=settings(**more)), body))


def read_events(events: Iterable[Event]) -> list[Said]:
    return [said for event in events for said in read(event.kind, event.body)]


def shipments(said: Iterable[Said]) -> list[ShipmentRecord]:
    return [each for each in said if isinstance(each, ShipmentRecord)]


def incoming(yard: ShipEngineSandbox, delivery: Delivery) -> Incoming:
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    url = "https://hub.example/webhooks/yard"
    return Incoming(method="POST", url=url, headers=headers, body=delivery.body, published=jwks(yard.private_key))


def heard(yard: ShipEngineSandbox, after: int = 0) -> list[Said]:
    """All that the webhooks said, as the door would let them in."""
    said: list[Said] = []
    assert CONNECTOR.inbound
    for delivery in yard.deliveries[after:]:
        request = incoming(yard, delivery)
        CONNECTOR.inbound.verify(request, (), settings(), yard.now())
        said += read_events(CONNECTOR.inbound.events(request, settings()))
    return said


def newest(said: Iterable[Said]) -> dict[str, ShipmentRecord]:
    """By external id, as the hub keeps them: an older word never replaces a newer one."""
    held: dict[str, ShipmentRecord] = {}
    for record in shipments(said):
        known = held.get(record.source.external_id)
        if known is None or record.version > known.version:
            held[record.source.external_id] = record
    return held


def wish(**more: Any) -> BuyLabel:
    return BuyLabel(**{"subject": ORDER, "to": ADA, "email": "ada@example.com", "weight": "1000", **more})
