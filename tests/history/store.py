"""A store of few words: signed webhooks of orders with revisions, and a stream of all that changed."""

import hashlib
import hmac
import json
import os
import signal
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connector import (
    Account,
    Category,
    ConnectionSettings,
    Connector,
    Event,
    Headers,
    Inbound,
    Incoming,
    Limits,
    Page,
    Reading,
    Way,
)
from hub.domain.clock import parse_time, rfc3339, utc_now
from hub.domain.errors import Forged, Unreadable
from hub.domain.money import Money
from hub.domain.records import Kind, OrderRecord, Source
from hub.sandbox import Act, Sandbox

SECRET = "history-store-secret"
SIGNATURE = "x-store-signature"


class Settings(ConnectionSettings):
    base_url: str


class Sale(msgspec.Struct, frozen=True):
    id: str
    revision: int
    total: int  # grows with each revision, so that every state of an order can be told from any other
    placed_at: str
    deadly: bool = False  # whoever reads it dies

    @property
    def key(self) -> str:
        return f"{self.id}/{self.revision}"


def total_of(number: int, revision: int) -> int:
    return number * 1_000 + revision


def signed(body: bytes) -> dict[str, str]:
    return {SIGNATURE: hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(), "content-type": "application/json"}


def _verify(incoming: Incoming, secrets: Sequence[str], _settings: Settings, _now: datetime) -> None:
    given = incoming.headers.get(SIGNATURE, "")
    for secret in secrets:
        if hmac.compare_digest(hmac.new(secret.encode(), incoming.body, hashlib.sha256).hexdigest(), given):
            return
    raise Forged(f"{SIGNATURE} does not match")


def _sale(body: bytes) -> Sale:
    try:
        return msgspec.json.decode(body, type=Sale)
    except msgspec.MsgspecError as fault:
        raise Unreadable(str(fault)) from fault


def _events(incoming: Incoming, _settings: Settings) -> list[Event]:
    return [Event(kind="sale", body=incoming.body, key=_sale(incoming.body).key)]


def _read(reading: Reading, body: bytes) -> Iterable[OrderRecord]:
    sale = _sale(body)
    if sale.deadly:
        os.kill(os.getpid(), signal.SIGKILL)
    placed, zero = parse_time(sale.placed_at), Money.zero("EUR")
    yield OrderRecord(
        source=Source(reading.connection, Kind.ORDER, sale.id),
        version=sale.revision,
        claims=(),
        created_at=placed,
        updated_at=placed + timedelta(seconds=sale.revision),
        number=sale.id,
        currency="EUR",
        total=Money(sale.total, "EUR"),
        subtotal=Money(sale.total, "EUR"),
        discount=zero,
        tax=zero,
        shipping=zero,
        placed_at=placed,
        lines=(),
        email=f"{sale.id}@buyers.example",
    )


async def _pull(account: Account, cursor: str) -> Page:
    after = 0 if cursor.startswith("since:") else int(cursor)
    answer = (await account.http.get("/sales", params={"after": str(after)})).json()
    events = [Event(kind="sale", body=msgspec.json.encode(each)) for each in answer["sales"]]
    return Page(events=events, cursor=str(after + len(events)), more=answer["more"])


CONNECTOR = Connector(
    slug="store",
    title="Store",
    category=Category.STORE,
    settings=Settings,
    way=lambda settings: Way(
        base_url=settings.base_url,
        auth=Headers(headers={}),
        limits=Limits(requests=1_000, at_once=4, deadline=timedelta(seconds=5)),
    ),
    inbound=Inbound(verify=_verify, events=_events),
    read={"sale": _read},
    recognise=lambda _name, body: [Event(kind="sale", body=body)],
    pull={"sales": _pull},
)


@dataclass(eq=False)
class StoreSandbox(Sandbox):
    sales: list[dict[str, Any]] = field(default_factory=list)  # all that ever changed, oldest first

    def routes(self) -> list[Route]:
        return [Route("/sales", self._list)]

    def acts(self) -> Mapping[str, Act]:
        return {}

    def state(self) -> dict[str, Any]:
        return {"sales": self.sales}

    def sell(self, number: int, revision: int, *, prefix: str = "s", deadly: bool = False) -> Sale:
        sale = Sale(
            id=f"{prefix}{number}",
            revision=revision,
            total=total_of(number, revision),
            placed_at=rfc3339(utc_now()) if revision == 1 else self._placed(f"{prefix}{number}"),
            deadly=deadly,
        )
        if not deadly:
            self.sales.append(json.loads(msgspec.json.encode(sale)))
        return sale

    def _placed(self, sale: str) -> str:
        return next(str(each["placed_at"]) for each in self.sales if each["id"] == sale)

    async def _list(self, request: Request) -> Response:
        after = int(request.query_params["after"])
        page = self.sales[after : after + 100]
        return JSONResponse({"sales": page, "more": after + len(page) < len(self.sales)})
