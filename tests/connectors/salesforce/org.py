"""An org in the sandbox with a way to it, and what its messages and its API say as records."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.salesforce import CONNECTOR
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.salesforce.settings import SalesforceSettings
from hub.connector import Account, Event, Faulty, Hint, Ignored, Incoming, OrderView, Reading
from hub.domain.commands import Command, Mismatch
from hub.domain.errors import Missing, Unknown
from hub.domain.ids import CommandId
from hub.domain.records import CustomerRecord, DealRecord, Kind, Record, Source
from hub.transport.verdict import verdict
from tests import building

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECRET = "the-key"
ORG = "00D5e0000000001EAA"
URL = "https://hub.example/webhooks/crm"

Said = Record | Hint | Ignored | Faulty


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


def settings(**more: Any) -> SalesforceSettings:
    given = {
        "connector": "salesforce",
        "base_url": "http://localhost",
        "organization_id": ORG,
        "client_id": "sandbox-client",
        "client_secret": "sandbox-client-secret",
        "refresh_token": "sandbox-refresh",
        "currency": "EUR",
        "webhook": {"secrets": [SECRET]},
    }
    return SalesforceSettings.model_validate(given | more)


def reading(at: datetime | None = None, **more: Any) -> Reading:
    return Reading(connection="crm", settings=settings(**more), at=at)


def read(kind: str, body: bytes, at: datetime | None = None, **more: Any) -> list[Said]:
    return list(CONNECTOR.read[kind](reading(at, **more), body))


class _Line(httpx.ASGITransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AssertionError as lost:  # the answer ends in the middle
            raise Unknown("the answer was lost") from lost


async def judge(response: httpx.Response) -> None:
    await response.aread()
    assert CONNECTOR.verdict is not None
    if error := CONNECTOR.verdict(response) or verdict(response, NOON):
        raise error


class Crm:
    """The sandbox, an account of it, and the records that came of it so far."""

    def __init__(self, *, options: dict[str, Any] | None = None, **sandbox: Any) -> None:
        self.clock = Clock()
        given: dict[str, Any] = {"secret": SECRET, "currency": "EUR", "now": self.clock}
        self.sandbox = SalesforceSandbox(**(given | sandbox))
        self.org = self.sandbox.org
        self.settings = settings(**(options or {}))
        self.sandbox._access.add("token")
        http = httpx.AsyncClient(
            transport=_Line(app=self.sandbox),
            base_url=CONNECTOR.way(self.settings).base_url,
            headers={"Authorization": "Bearer token"},
            event_hooks={"response": [judge]},
        )
        self.account = Account(connection="crm", settings=self.settings, http=http, now=self.clock)
        self.records: dict[Source, Record] = {}
        self._heard = 0

    async def push(self, wish: Command, command: str = "cmd_1") -> list[Record]:
        return self.take(await CONNECTOR.push[type(wish)].send(self.account, wish, CommandId(command)))

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
        """All that the messages have said since, as the door lets it in; what they hint at is fetched."""
        assert CONNECTOR.inbound
        said: list[Said] = []
        new, self._heard = self.sandbox.deliveries[self._heard :], len(self.sandbox.deliveries)
        for delivery in new:
            request = incoming(delivery.body, delivery.query)
            CONNECTOR.inbound.verify(request, [SECRET], self.settings, self.clock())
            said += [each for event in CONNECTOR.inbound.events(request, self.settings) for each in self._read(event)]
        for hint in {each for each in said if isinstance(each, Hint)}:
            try:
                self.take(await CONNECTOR.fetch[hint.kind](self.account, hint.external_id))
            except Missing:
                continue
        return said

    def blind(self) -> None:
        """The next look finds nothing: as if it had come before all that there is."""
        live, looks = self.org.live, iter([True])
        self.org.live = lambda objects: [] if next(looks, False) else live(objects)  # type: ignore[method-assign]

    def contacts(self) -> list[CustomerRecord]:
        return [each for each in self.records.values() if isinstance(each, CustomerRecord)]

    def deals(self) -> list[DealRecord]:
        return [each for each in self.records.values() if isinstance(each, DealRecord)]

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


def incoming(body: bytes, query: str = f"key={SECRET}", **headers: str) -> Incoming:
    return Incoming(method="POST", url=f"{URL}?{query}" if query else URL, headers=headers, body=body)


def customer(external_id: str) -> Source:
    return Source("crm", Kind.CUSTOMER, external_id)


def reasons(said: Sequence[Said]) -> list[str]:
    return [each.reason for each in said if isinstance(each, Ignored)]
