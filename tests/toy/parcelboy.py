"""Parcelboy, an invented carrier: the newcomer's connector of CONTRIBUTING.md, whose labels let goods leave."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec
from pydantic import SecretStr

from hub.card import Card
from hub.connector import (
    Account,
    Category,
    ConnectionSettings,
    Connector,
    Event,
    Headers,
    Inbound,
    Incoming,
    KeyHeader,
    Limits,
    OrderView,
    Page,
    Push,
    Reading,
    Way,
)
from hub.domain.clock import parse_time
from hub.domain.commands import Command
from hub.domain.errors import Forged, Unreadable
from hub.domain.ids import CommandId
from hub.domain.records import Kind, ShipmentRecord, ShipmentStatus, Source, vendor_key


class Settings(ConnectionSettings):
    base_url: str = "https://api.parcelboy.example"
    token: SecretStr


class Parcel(msgspec.Struct, frozen=True):
    id: str
    revision: int
    order: str  # our reference
    status: ShipmentStatus
    tracking: str
    created_at: str
    updated_at: str


_decode = msgspec.json.Decoder(Parcel).decode


def verify(incoming: Incoming, secrets: Sequence[str], _settings: Settings, _now: datetime) -> None:
    given = incoming.headers.get("x-parcelboy-signature", "").encode("latin-1", "replace")
    for secret in secrets:
        if hmac.compare_digest(hmac.new(secret.encode(), incoming.body, hashlib.sha256).hexdigest().encode(), given):
            return
    raise Forged("x-parcelboy-signature does not match")


def events(incoming: Incoming, _settings: Settings) -> list[Event]:
    return [Event(kind="parcel", body=incoming.body, key=hashlib.sha256(incoming.body).hexdigest())]


def read(reading: Reading, body: bytes) -> Iterable[ShipmentRecord]:
    try:
        parcel = _decode(body)
        created, updated = parse_time(parcel.created_at), parse_time(parcel.updated_at)
    except ValueError as fault:
        raise Unreadable(str(fault)) from fault
    moving = parcel.status in (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED)
    yield ShipmentRecord(
        source=Source(reading.connection, Kind.SHIPMENT, parcel.id),
        version=parcel.revision,
        claims=(parcel.order, vendor_key("tracking", parcel.tracking)),
        created_at=created,
        updated_at=updated,
        status=parcel.status,
        carrier="Parcelboy",
        tracking_numbers=(parcel.tracking,),
        shipped_at=updated if moving else None,
        delivered_at=updated if parcel.status is ShipmentStatus.DELIVERED else None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyLabel(Command):
    action: ClassVar[str] = "buy_label"
    releases_goods: ClassVar[bool] = True

    order: str


def plan(view: OrderView) -> Iterable[BuyLabel]:
    if view.order.is_sale and not view.said:
        yield BuyLabel(order=view.order.id)


async def buy_label(account: Account, wish: BuyLabel, key: CommandId) -> list[Event]:
    answer = await account.http.post("/parcels", json={"order": wish.order}, headers={"Idempotency-Key": key})
    _decode(answer.content)  # a page of some proxy is no label: raises, and the key is sent again
    return [Event(kind="parcel", body=answer.content)]


async def fetch(account: Account, external_id: str) -> list[Event]:
    return [Event(kind="parcel", body=(await account.http.get(f"/parcels/{external_id}")).content)]


async def pull(account: Account, cursor: str) -> Page:
    answer = (await account.http.get("/parcels", params={"after": cursor})).json()
    found = [Event(kind="parcel", body=msgspec.json.encode(parcel)) for parcel in answer["parcels"]]
    return Page(events=found, cursor=answer["cursor"], more=answer["more"])


def sign(settings: Any, _kind: str, body: bytes, _now: datetime) -> dict[str, str]:
    secret = settings.webhook.secrets[0].get_secret_value().encode()
    return {"X-Parcelboy-Signature": hmac.new(secret, body, hashlib.sha256).hexdigest()}


def _card() -> Card:
    from tests.toy.card import card

    return card()


CONNECTOR = Connector(
    slug="parcelboy",
    title="Parcelboy",
    category=Category.SHIPPING,
    settings=Settings,
    way=lambda settings: Way(
        base_url=settings.base_url,
        auth=Headers(headers={"Authorization": f"Bearer {settings.token.get_secret_value()}"}),
        limits=Limits(requests=50, at_once=4, deadline=timedelta(seconds=10)),
    ),
    inbound=Inbound(verify=verify, events=events),
    read={"parcel": read},
    recognise=lambda _name, body: [Event(kind="parcel", body=body)],
    plan=plan,
    fetch={"shipment": fetch},
    pull={"parcels": pull},
    push={BuyLabel: Push(send=buy_label, safety=KeyHeader("Idempotency-Key", timedelta(hours=24)))},
    sign=sign,
    card=_card,
)
