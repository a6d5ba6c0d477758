"""A small connector for the command line's tests."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from pydantic import SecretStr

from hub.connector import (
    Category,
    ConnectionSettings,
    Connector,
    Event,
    Faulty,
    Headers,
    Hint,
    Ignored,
    Inbound,
    Limits,
    Reading,
    Way,
)
from hub.domain.errors import Unreadable
from hub.domain.records import CustomerRecord, Kind, Source

AT = datetime(2026, 11, 22, 12, tzinfo=UTC)


class ShopwaveSettings(ConnectionSettings):
    shop: str
    token: SecretStr


def recognise(name: str, body: bytes) -> Sequence[Event]:
    try:
        said = json.loads(body)
    except ValueError:
        raise Unreadable(f"{name}: not JSON") from None
    return [Event(kind=item["kind"], body=json.dumps(item).encode()) for item in said]


def read(reading: Reading, body: bytes) -> Iterator[CustomerRecord | Hint | Ignored | Faulty]:
    item = json.loads(body)
    match item["what"]:
        case "customer":
            source = Source(reading.connection, Kind.CUSTOMER, "7")
            yield CustomerRecord(source=source, version=1, created_at=AT, updated_at=AT, name=reading.settings.shop)
        case "hint":
            yield Hint(kind="order", external_id="8")
        case "ignored":
            yield Ignored(reason="of no use")
        case "faulty":
            yield Faulty(path="lines[3].price: expected str")
        case "unreadable":
            raise Unreadable("id: expected int")
        case _:
            raise KeyError("a mistake of the connector")


SHOPWAVE = Connector(
    slug="shopwave",
    title="Shopwave",
    category=Category.STORE,
    settings=ShopwaveSettings,
    way=lambda _: Way(base_url="https://shopwave.example", auth=Headers(headers={}), limits=Limits(requests=1)),
    read={"thing": read},
    ignored={"theme": "no order has one"},
    recognise=recognise,
    inbound=Inbound(verify=lambda *_: None, events=lambda *_: []),
    sign=lambda settings, kind, body, _: {"X-Shop": settings.shop, "X-Kind": kind, "X-Size": str(len(body))},
)
