"""Two connectors as any other: a shop that tells of its orders, and a sink that is told at which revision each is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from bench.same_work.work import CALL, SIGNATURE, is_genuine
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
    Push,
    Reading,
    Way,
)
from hub.domain.clock import parse_time
from hub.domain.commands import Command
from hub.domain.errors import Forged, Unreadable
from hub.domain.ids import CommandId
from hub.domain.money import Money
from hub.domain.records import Address, DealRecord, Kind, Line, OrderRecord, Source
from hub.options import Url

# ------------------------------------------------------------------------------------------------------- the shop


class _Named(msgspec.Struct, frozen=True):
    id: str


class _Customer(msgspec.Struct, frozen=True):
    email: str
    name: str


class _Line(msgspec.Struct, frozen=True):
    id: str
    sku: str
    title: str
    quantity: int
    unit_price: int
    total: int


class _Address(msgspec.Struct, frozen=True):
    name: str
    company: str
    line1: str
    line2: str
    city: str
    region: str
    postal_code: str
    country: str
    phone: str


class _Order(msgspec.Struct, frozen=True):
    number: str
    revision: int
    created_at: str
    updated_at: str
    currency: str
    total: int
    customer: _Customer
    lines: tuple[_Line, ...]
    shipping_address: _Address
    billing_address: _Address
    note: str


class _Webhook(msgspec.Struct, frozen=True):
    order: _Order


_named = msgspec.json.Decoder(_Named)
_webhook = msgspec.json.Decoder(_Webhook)


def _verify(incoming: Incoming, _secrets: Sequence[str], _settings: ConnectionSettings, _now: datetime) -> None:
    if not is_genuine(incoming.body, incoming.headers.get(SIGNATURE.lower(), "")):
        raise Forged(f"{SIGNATURE} does not match")


def _events(incoming: Incoming, _settings: ConnectionSettings) -> Sequence[Event]:
    try:
        named = _named.decode(incoming.body)
    except msgspec.MsgspecError as fault:
        raise Unreadable(str(fault)) from fault
    return [Event(kind="order", body=incoming.body, key=named.id)]


def _read(reading: Reading, body: bytes) -> Iterable[OrderRecord]:
    try:
        order = _webhook.decode(body).order
    except msgspec.MsgspecError as fault:
        raise Unreadable(str(fault)) from fault
    currency = order.currency
    zero, total = Money.zero(currency), Money(order.total, currency)
    yield OrderRecord(
        source=Source(reading.connection, Kind.ORDER, order.number),
        version=order.revision,
        created_at=parse_time(order.created_at),
        updated_at=parse_time(order.updated_at),
        number=order.number,
        currency=currency,
        total=total,
        subtotal=total,
        discount=zero,
        tax=zero,
        shipping=zero,
        placed_at=parse_time(order.created_at),
        lines=tuple(
            Line(
                id=each.id,
                title=each.title,
                sku=each.sku,
                quantity=each.quantity,
                unit_price=Money(each.unit_price, currency),
                discount=zero,
                tax=zero,
                total=Money(each.total, currency),
            )
            for each in order.lines
        ),
        email=order.customer.email,
        name=order.customer.name,
        shipping_address=_address(order.shipping_address),
        billing_address=_address(order.billing_address),
        note=order.note,
    )


def _address(said: _Address) -> Address:
    return Address(**{name: getattr(said, name) for name in said.__struct_fields__})


SHOP = Connector(
    slug="bench_shop",
    title="A shop",
    category=Category.STORE,
    settings=ConnectionSettings,
    way=lambda _settings: Way(base_url="http://127.0.0.1:9", auth=Headers(headers={}), limits=Limits(requests=1)),
    inbound=Inbound(verify=_verify, events=_events),
    read={"order": _read},
    recognise=lambda _name, body: [Event(kind="order", body=body)],
)

# ------------------------------------------------------------------------------------------------------- the sink


class SinkSettings(ConnectionSettings):
    base_url: Url


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell(Command):
    """One revision after another, so that the sink hears of each. It knows an order by the shop's number."""

    action: ClassVar[str] = "tell"

    order: str
    revision: int
    claim: str  # the hub's own id of the order, by which the answer finds home
    at: datetime


class _Answer(msgspec.Struct, frozen=True):
    id: str
    order: str
    revision: int
    claim: str
    at: datetime


_answer = msgspec.json.Decoder(_Answer)


def _plan(view: OrderView) -> Iterable[Tell]:
    told = max((record.version for record in view.said), default=0)
    for record in view.others:
        if isinstance(record, OrderRecord) and record.version > told:
            yield Tell(order=record.number, revision=told + 1, claim=view.order.id, at=record.created_at)


async def _tell(account: Account, wish: Tell, key: CommandId) -> Sequence[Event]:
    body = {"order": wish.order, "revision": wish.revision, "claim": wish.claim, "at": wish.at.isoformat()}
    answer = await account.http.post(CALL, json=body, headers={"Idempotency-Key": key})
    return [Event(kind="told", body=answer.content)]


def _told(reading: Reading, body: bytes) -> Iterable[DealRecord]:
    try:
        said = _answer.decode(body)
    except msgspec.MsgspecError as fault:
        raise Unreadable(str(fault)) from fault
    yield DealRecord(
        source=Source(reading.connection, Kind.DEAL, said.id),
        version=said.revision,
        claims=(said.claim,),
        created_at=said.at,
        updated_at=said.at,
        name=said.order,
        stage=f"revision {said.revision}",
    )


SINK = Connector(
    slug="bench_sink",
    title="A sink",
    category=Category.OTHER,
    settings=SinkSettings,
    way=lambda settings: Way(
        base_url=settings.base_url,
        auth=Headers(headers={}),
        # By the minute: turns that nobody took lapse after a ninth of that time, which is soon on a busy machine.
        limits=Limits(requests=1_000_000, per=timedelta(minutes=1), at_once=32),
    ),
    read={"told": _told},
    recognise=lambda _name, body: [Event(kind="told", body=body)],
    plan=_plan,
    push={Tell: Push(send=_tell, safety=KeyHeader("Idempotency-Key", timedelta(hours=24)))},
)
