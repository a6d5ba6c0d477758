"""An account in the sandbox with a way to it, and what its webhooks and its API say as records."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.hubspot import CONNECTOR
from connectors.hubspot.sandbox import HubSpotSandbox
from connectors.hubspot.sandbox_portal import Json
from connectors.hubspot.settings import HubSpotSettings
from hub.card import Exchange
from hub.connector import Account, Event, Faulty, Hint, Ignored, Incoming, OrderView, Reading
from hub.domain.commands import Command, Mismatch
from hub.domain.errors import Missing, Unknown
from hub.domain.ids import CommandId
from hub.domain.records import Kind, Record, Source
from hub.transport.verdict import verdict
from tests import building

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "client-secret"
URL = "https://hub.example/webhooks/crm"

Said = Record | Hint | Ignored | Faulty


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def settings(**more: Any) -> HubSpotSettings:
    given = {
        "connector": "hubspot",
        "portal_id": "62515",
        "webhook_url": URL,
        "access_token": "sandbox-token",
        "base_url": "http://localhost",
        "currency": "EUR",
        "webhook": {"secrets": [SECRET]},
    }
    return HubSpotSettings.model_validate(given | more)


def reading(**more: Any) -> Reading:
    return Reading(connection="crm", settings=settings(**more))


def read(kind: str, body: bytes, **more: Any) -> list[Said]:
    return list(CONNECTOR.read[kind](reading(**more), body))


class _Line(httpx.ASGITransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AssertionError as lost:  # the answer ends in the middle
            raise Unknown("the answer was lost") from lost


async def _judge(response: httpx.Response) -> None:
    await response.aread()
    assert CONNECTOR.verdict is not None
    if error := CONNECTOR.verdict(response) or verdict(response, NOON):
        raise error


class Crm:
    """The sandbox, an account of it, and the records that came of it so far."""

    def __init__(self, *, options: Json | None = None, **sandbox: Any) -> None:
        self.clock = Clock()
        given: dict[str, Any] = {"secret": SECRET, "webhook_url": URL, "currency": "EUR", "now": self.clock}
        self.sandbox = HubSpotSandbox(**(given | sandbox))
        self.portal = self.sandbox.portal
        self.settings = settings(**(options or {}))
        self.exchanges: list[Exchange] = []
        http = httpx.AsyncClient(
            transport=_Line(app=self.sandbox),
            base_url="http://localhost",
            headers={"Authorization": "Bearer sandbox-token"},
            event_hooks={"response": [self._keep, _judge]},
        )
        self.account = Account(connection="crm", settings=self.settings, http=http, now=self.clock)
        self.records: dict[Source, Record] = {}
        self._heard = 0

    async def _keep(self, response: httpx.Response) -> None:
        await response.aread()
        self.exchanges.append(
            Exchange(
                method=response.request.method,
                path=response.request.url.path,
                query=response.request.url.query.decode(),
                request_headers=dict(response.request.headers),
                request=response.request.content,
                status=response.status_code,
                headers=dict(response.headers),
                response=response.content,
            )
        )

    async def push(self, wish: Command, id: str = "cmd_1") -> list[Record]:
        return self.take(await CONNECTOR.push[type(wish)].send(self.account, wish, CommandId(id)))

    async def pull(self, stream: str, cursor: str) -> tuple[list[Said], str, bool]:
        """One page."""
        page = await CONNECTOR.pull[stream](self.account, cursor)
        said = [said for event in page.events for said in self._read(event)]
        self.keep(said)
        return said, page.cursor, page.more

    def _read(self, event: Event) -> list[Said]:
        at = Reading(connection="crm", settings=self.settings, at=event.at)
        return list(CONNECTOR.read[event.kind](at, event.body))

    def take(self, events: Iterable[Event]) -> list[Record]:
        return self.keep([said for event in events for said in self._read(event)])

    def keep(self, said: Iterable[Said]) -> list[Record]:
        """As the hub does: the newest of each source."""
        records = [each for each in said if isinstance(each, Record)]
        for each in records:
            held = self.records.get(each.source)
            if held is None or held.version <= each.version:
                self.records[each.source] = each
        return records

    async def hear(self) -> list[Said]:
        """All that the webhooks have said since, as the door lets it in; what they hint at is fetched."""
        assert CONNECTOR.inbound
        said: list[Said] = []
        new, self._heard = self.sandbox.deliveries[self._heard :], len(self.sandbox.deliveries)
        for delivery in new:
            request = incoming(delivery.body, delivery.headers)
            CONNECTOR.inbound.verify(request, [SECRET], self.settings, self.clock())
            said += [each for event in CONNECTOR.inbound.events(request, self.settings) for each in self._read(event)]
        await self.follow(said)
        return said

    async def follow(self, said: Iterable[Said]) -> None:
        hints = {(each.kind, each.external_id): each.gone for each in said if isinstance(each, Hint)}
        for (kind, external_id), gone in hints.items():
            try:
                self.take(await CONNECTOR.fetch[kind](self.account, external_id))
            except Missing:
                if gone:
                    self.records.pop(Source("crm", Kind(kind), external_id), None)

    def view(self, *others: Record) -> OrderView:
        return building.view(*others, *self.records.values(), of="crm", settings=self.settings)

    async def settle(self, *others: Record, rounds: int = 6) -> list[Command | Mismatch]:
        """Plans and pushes until nothing is left to do. Returns all that was planned, and the last mismatches."""
        done: list[Command | Mismatch] = []
        for number in range(rounds):
            planned = plan(self.view(*others))
            done += planned
            wishes = [each for each in planned if isinstance(each, Command)]
            if not wishes:
                return done
            for wish in wishes:
                await self.push(wish, f"cmd_{number}")
        raise AssertionError(f"still not settled: {done}")


def plan(seen: OrderView) -> list[Command | Mismatch]:
    assert CONNECTOR.plan is not None
    return list(CONNECTOR.plan(seen))


def incoming(body: bytes, headers: Any) -> Incoming:
    lower = {name.lower(): value for name, value in headers.items()}
    return Incoming(method="POST", url="http://proxy.internal/x", headers=lower, body=body)


def reasons(said: Sequence[Said]) -> list[str]:
    return [each.reason for each in said if isinstance(each, Ignored)]
