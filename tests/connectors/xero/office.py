"""An organisation in the sandbox with a way to it."""

from typing import Any

import httpx

from connectors.xero import CONNECTOR
from connectors.xero.sandbox import TENANT, WALK_IN, XeroSandbox
from connectors.xero.settings import XeroSettings
from hub.card import Exchange
from hub.connector import Account, OrderView, Reading
from hub.domain.commands import Command, Mismatch
from hub.domain.order import Customer, Order
from hub.domain.records import CustomerRecord, Record
from tests.conftest import Time
from tests.connectors.books import sales
from tests.connectors.books.way import Books, Line, Tokens, judge


def settings(**more: Any) -> XeroSettings:
    given = {
        "connector": "xero",
        "tenant_id": TENANT,
        "client_id": "sandbox-client",
        "client_secret": "sandbox-client-secret",
        "refresh_token": "refresh-0",
        "sales_account": "200",
        "payment_account": "090",
        "walk_in_contact": WALK_IN,
        "currencies": ["EUR"],
    }
    return XeroSettings.model_validate(given | more)


def reading(**more: Any) -> Reading:
    return Reading(connection="books", settings=settings(**more))


class _Line(Line):
    def __init__(self, app: XeroSandbox) -> None:
        super().__init__(app)
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        self.exchanges.append(
            Exchange(
                method=request.method,
                path=request.url.path,
                query=request.url.query.decode(),
                request_headers=dict(request.headers),
                request=request.content,
                status=response.status_code,
                headers=dict(response.headers),
                response=await response.aread(),
            )
        )
        return response


class Office(Books):
    def __init__(self, **more: Any) -> None:
        self.clock = Time()
        given = {name: more.pop(name) for name in ("per_minute", "per_day", "key_seconds") if name in more}
        self.sandbox = XeroSandbox(now=self.clock, **given)
        chosen = settings(**more)
        self.line = _Line(self.sandbox)
        client = httpx.AsyncClient(
            transport=self.line,
            base_url="http://localhost",
            auth=Tokens(b"/connect/token", {"xero-tenant-id": chosen.tenant_id}),
            event_hooks={"response": [judge(CONNECTOR)]},
        )
        super().__init__(CONNECTOR, Account(connection="books", settings=chosen, http=client, now=self.clock))

    def count(self, plural: str) -> int:
        return len([each for each in self.sandbox.state()[plural] if each.get("ContactID") != WALK_IN])


def view(
    order: Order,
    said: tuple[Record, ...] = (),
    customer: Customer | None = None,
    customer_said: tuple[CustomerRecord, ...] = (),
    chosen: XeroSettings | None = None,
) -> OrderView:
    return sales.seen(order, chosen or settings(), said, customer, customer_said)


def planned(seen: OrderView) -> list[Command | Mismatch]:
    assert CONNECTOR.plan is not None
    return list(CONNECTOR.plan(seen))
