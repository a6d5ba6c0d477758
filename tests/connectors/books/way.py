"""A way to books in their sandbox, and what they have told over it."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping

import httpx

from hub.connector import Account, Connector, Event, OrderView, Reading
from hub.domain.commands import Command
from hub.domain.errors import Unknown
from hub.domain.ids import CommandId
from hub.domain.order import Customer, Order
from hub.domain.records import CustomerRecord, Record, Source
from hub.transport.verdict import verdict
from tests.connectors.books.sales import NOON, seen


class Tokens(httpx.Auth):
    """The least that speaks to the token server; the hub's own way is tested in its own room."""

    requires_response_body = True

    def __init__(self, path: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.access, self.refresh = "", "refresh-0"
        self._path, self._headers = path, headers or {}

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers.update({"Authorization": f"Bearer {self.access}"} | dict(self._headers))
        response = yield request
        if response.status_code == 401:
            form = {"grant_type": "refresh_token", "refresh_token": self.refresh}
            url = request.url.copy_with(raw_path=self._path)
            basic = httpx.BasicAuth("sandbox-client", "sandbox-client-secret")
            answer = yield next(basic.auth_flow(httpx.Request("POST", url, data=form)))
            tokens = answer.json()
            self.access, self.refresh = tokens["access_token"], tokens["refresh_token"]
            request.headers["Authorization"] = f"Bearer {self.access}"
            yield request


class Line(httpx.ASGITransport):
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await super().handle_async_request(request)
        except AssertionError as lost:  # the answer ends in the middle
            raise Unknown("the answer was lost") from lost


def judge(connector: Connector) -> Callable[[httpx.Response], Awaitable[None]]:
    async def judged(response: httpx.Response) -> None:
        await response.aread()
        assert connector.verdict is not None
        if response.status_code != 401 and (error := connector.verdict(response) or verdict(response, NOON)):
            raise error

    return judged


class Books:
    """The newest record of each thing that the books have told of."""

    def __init__(self, connector: Connector, account: Account) -> None:
        self.connector, self.account = connector, account
        self.records: dict[Source, Record] = {}

    async def push(self, wish: Command, id: str) -> list[Record]:
        return self.read(await self.connector.push[type(wish)].send(self.account, wish, CommandId(id)))

    def read(self, events: Iterable[Event]) -> list[Record]:
        at = Reading(connection=self.account.connection, settings=self.account.settings)
        found = [each for event in events for each in self.connector.read[event.kind](at, event.body)]
        records = [each for each in found if isinstance(each, Record)]
        for each in records:
            held = self.records.get(each.source)
            if held is None or held.version <= each.version:
                self.records[each.source] = each
        return records

    def view(self, order: Order, customer: Customer | None = None) -> OrderView:
        said = [each for each in self.records.values() if not each.deleted]
        theirs = [each for each in said if isinstance(each, CustomerRecord) and customer and customer.id in each.claims]
        documents = [each for each in said if not isinstance(each, CustomerRecord)]
        ordered = tuple(sorted(documents, key=lambda each: each.source))
        return seen(order, self.account.settings, ordered, customer, tuple(theirs))
