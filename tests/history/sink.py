"""Books of few words, with a ledger of every request and of every effect.

Two kinds of work, as vendors are of two kinds: entries are protected by an idempotency key that the books honour;
letters are not, and can only be looked for.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any, ClassVar

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
    Find,
    Headers,
    KeyHeader,
    Limits,
    OrderView,
    Push,
    Reading,
    Way,
)
from hub.domain.clock import parse_time, rfc3339, utc_now
from hub.domain.commands import Command
from hub.domain.ids import CommandId
from hub.domain.money import Money
from hub.domain.records import (
    InvoiceRecord,
    InvoiceStatus,
    Kind,
    Record,
    ShipmentRecord,
    ShipmentStatus,
    Source,
)
from hub.sandbox import Act, Sandbox


class Settings(ConnectionSettings):
    base_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enter(Command):
    """The order's total, as it is now."""

    action: ClassVar[str] = "enter"

    order: str
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLetter(Command):
    """One for each order."""

    action: ClassVar[str] = "send_letter"
    once: ClassVar[bool] = True

    order: str


class Written(msgspec.Struct, frozen=True):
    """An entry or a letter."""

    number: int
    order: str
    total: int
    key: str
    at: str


def _read_entry(reading: Reading, body: bytes) -> Iterable[Record]:
    entry = msgspec.json.decode(body, type=Written)
    at = parse_time(entry.at)
    yield InvoiceRecord(
        source=Source(reading.connection, Kind.INVOICE, entry.order),
        version=entry.number,
        claims=(entry.order,),
        created_at=at,
        updated_at=at,
        number=str(entry.number),
        status=InvoiceStatus.PAID,
        total=Money(entry.total, "EUR"),
        balance=Money.zero("EUR"),
    )


def _read_letter(reading: Reading, body: bytes) -> Iterable[Record]:
    letter = msgspec.json.decode(body, type=Written)
    at = parse_time(letter.at)
    yield ShipmentRecord(
        source=Source(reading.connection, Kind.SHIPMENT, letter.key),
        version=1,
        claims=(letter.order,),
        created_at=at,
        updated_at=at,
        status=ShipmentStatus.PENDING,
        tracking_numbers=(),
        shipped_at=None,
        delivered_at=None,
    )


def _plan(view: OrderView) -> Iterable[Command]:
    order = view.order
    if not order.is_sale:
        return
    entered = [each.total for each in view.said if isinstance(each, InvoiceRecord)]
    if entered != [order.total]:
        yield Enter(order=order.id, total=order.total.minor)
    if not any(isinstance(each, ShipmentRecord) for each in view.said):
        yield SendLetter(order=order.id)


async def _enter(account: Account, wish: Enter, key: CommandId) -> list[Event]:
    body = {"order": wish.order, "total": wish.total}
    answer = await account.http.post("/entries", json=body, headers={"Idempotency-Key": key})
    msgspec.json.decode(answer.content, type=Written)
    return [Event(kind="entry", body=answer.content)]


async def _send_letter(account: Account, wish: SendLetter, key: CommandId) -> list[Event]:
    answer = await account.http.post("/letters", json={"order": wish.order, "total": 0, "key": key})
    msgspec.json.decode(answer.content, type=Written)
    return [Event(kind="letter", body=answer.content)]


async def _find_letter(account: Account, _wish: SendLetter, key: CommandId) -> list[Event] | None:
    found = (await account.http.get("/letters", params={"key": key})).json()
    return [Event(kind="letter", body=msgspec.json.encode(each)) for each in found] or None


CONNECTOR = Connector(
    slug="sink",
    title="Sink",
    category=Category.ACCOUNTING,
    settings=Settings,
    way=lambda settings: Way(
        base_url=settings.base_url,
        auth=Headers(headers={}),
        limits=Limits(requests=1_000, at_once=6, deadline=timedelta(seconds=3)),
    ),
    read={"entry": _read_entry, "letter": _read_letter},
    recognise=lambda *_: [],
    plan=_plan,
    push={
        Enter: Push(send=_enter, safety=KeyHeader("Idempotency-Key", timedelta(days=30))),
        SendLetter: Push(send=_send_letter, safety=Find(look=_find_letter, before=False)),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that changes something, as it reached the books; `effect`: it did change something."""

    action: str
    order: str
    total: int
    key: str
    effect: bool


@dataclass(eq=False)
class SinkSandbox(Sandbox):
    ledger: list[Asked] = field(default_factory=list)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)  # by idempotency key
    letters: list[dict[str, Any]] = field(default_factory=list)
    delay: float = 0.0  # seconds from an effect to its answer

    def routes(self) -> list[Route]:
        return [
            Route("/entries", self._enter, methods=["POST"]),
            Route("/letters", self._letter, methods=["POST"]),
            Route("/letters", self._look),
        ]

    def acts(self) -> Mapping[str, Act]:
        return {}

    def state(self) -> dict[str, Any]:
        return {"ledger": [asdict(each) for each in self.ledger]}

    def _note(self, action: str, wish: Mapping[str, Any], key: str, *, effect: bool) -> None:
        self.ledger.append(Asked(action=action, order=wish["order"], total=wish["total"], key=key, effect=effect))

    def _written(self, wish: Mapping[str, Any], key: str) -> dict[str, Any]:
        number = len(self.entries) + len(self.letters) + 1
        return {"number": number, "order": wish["order"], "total": wish["total"], "key": key, "at": rfc3339(utc_now())}

    async def _enter(self, request: Request) -> Response:
        wish, key = await request.json(), request.headers["idempotency-key"]
        known = self.entries.get(key)
        self._note("enter", wish, key, effect=known is None)
        if known is None:
            known = self.entries[key] = self._written(wish, key)
        elif (known["order"], known["total"]) != (wish["order"], wish["total"]):
            return JSONResponse({"error": "another wish under this key"}, status_code=409)
        await asyncio.sleep(self.delay)
        return JSONResponse(known)

    async def _letter(self, request: Request) -> Response:
        wish = await request.json()
        self._note("send_letter", wish, wish["key"], effect=True)
        letter = self._written(wish, wish["key"])
        self.letters.append(letter)
        await asyncio.sleep(self.delay)
        return JSONResponse(letter)

    async def _look(self, request: Request) -> Response:
        return JSONResponse([each for each in self.letters if each["key"] == request.query_params["key"]])
