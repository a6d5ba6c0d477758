"""An account of a CRM in its sandbox with a way to it, and what its webhooks and its API say as records."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx

from hub.card import Exchange
from hub.connector import Account, Connector, Event, Faulty, Hint, Ignored, Incoming, OrderView, Reading
from hub.domain.commands import Command, Mismatch
from hub.domain.errors import Missing, Unknown
from hub.domain.ids import CommandId
from hub.domain.records import CustomerRecord, DealRecord, Kind, Record, Source
from hub.sandbox import Delivery, Sandbox
from hub.transport.verdict import verdict
from tests import building
from tests.conftest import Time

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
URL = "https://hub.example/webhooks/crm"

Said = Record | Hint | Ignored | Faulty


class _Line(httpx.ASGITransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AssertionError as lost:  # the answer ends in the middle
            raise Unknown("the answer was lost") from lost


class CrmAccount(ABC):
    """The sandbox, an account of it, and the records that came of it so far."""

    connector: ClassVar[Connector]
    secret: ClassVar[str]

    def __init__(self, sandbox: Sandbox, settings: Any, *, clock: Time, token: str) -> None:
        self.clock = clock
        self.settings = settings
        self.exchanges: list[Exchange] = []
        http = httpx.AsyncClient(
            transport=_Line(app=sandbox),
            base_url=self.connector.way(settings).base_url,
            headers={"Authorization": f"Bearer {token}"},
            event_hooks={"response": [self._keep, self._judge]},
        )
        self.account = Account(connection="crm", settings=settings, http=http, now=clock)
        self.records: dict[Source, Record] = {}
        self._deliveries = sandbox.deliveries
        self._heard = 0

    @staticmethod
    @abstractmethod
    def incoming(delivery: Delivery) -> Incoming: ...

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

    async def _judge(self, response: httpx.Response) -> None:
        assert self.connector.verdict is not None
        if error := self.connector.verdict(response) or verdict(response, NOON):
            raise error

    async def push(self, wish: Command, command: str = "cmd_1") -> list[Record]:
        return self.take(await self.connector.push[type(wish)].send(self.account, wish, CommandId(command)))

    async def pull(self, stream: str, cursor: str) -> tuple[list[Said], str, bool]:
        """One page."""
        page = await self.connector.pull[stream](self.account, cursor)
        said = [said for event in page.events for said in self._read(event)]
        self.keep(said)
        return said, page.cursor, page.more

    async def walk(self, stream: str, cursor: str) -> tuple[list[Said], str, int]:
        """All pages of a stream: what they said, where it ends, and how many they were."""
        said: list[Said] = []
        for pages in range(1, 100):
            found, cursor, more = await self.pull(stream, cursor)
            said += found
            if not more:
                return said, cursor, pages
        raise AssertionError(f"no end: {cursor}")

    def _read(self, event: Event) -> list[Said]:
        at = Reading(connection="crm", settings=self.settings, at=event.at)
        return list(self.connector.read[event.kind](at, event.body))

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
        inbound = self.connector.inbound
        assert inbound
        said: list[Said] = []
        new, self._heard = self._deliveries[self._heard :], len(self._deliveries)
        for delivery in new:
            request = self.incoming(delivery)
            inbound.verify(request, [self.secret], self.settings, self.clock())
            said += [each for event in inbound.events(request, self.settings) for each in self._read(event)]
        await self.follow(said)
        return said

    async def follow(self, said: Iterable[Said]) -> None:
        hints = {(each.kind, each.external_id): each.gone for each in said if isinstance(each, Hint)}
        for (kind, external_id), gone in hints.items():
            try:
                self.take(await self.connector.fetch[kind](self.account, external_id))
            except Missing:
                if gone:
                    self.records.pop(Source("crm", Kind(kind), external_id), None)

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
            planned = plan(self.connector, self.view(*others))
            done += planned
            wishes = [each for each in planned if isinstance(each, Command)]
            if not wishes:
                return done
            for wish in wishes:
                await self.push(wish, f"cmd_{number}")
        raise AssertionError(f"still not settled: {done}")


def plan(connector: Connector, seen: OrderView) -> list[Command | Mismatch]:
    assert connector.plan is not None
    return list(connector.plan(seen))


def ids(said: Iterable[Said]) -> list[str]:
    return [each.source.external_id for each in said if isinstance(each, Record)]


def reasons(said: Sequence[Said]) -> list[str]:
    return [each.reason for each in said if isinstance(each, Ignored)]
