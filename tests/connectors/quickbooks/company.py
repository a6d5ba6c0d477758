"""A company in the sandbox with a way to it."""

from typing import Any

import httpx

from connectors.quickbooks import CONNECTOR
from connectors.quickbooks.sandbox import QuickBooksSandbox
from connectors.quickbooks.settings import QuickBooksSettings
from hub.connector import Account, Event, OrderView, Reading
from hub.domain.commands import Command, Mismatch
from hub.domain.order import Customer, Order
from hub.domain.records import CustomerRecord, Record
from tests.conftest import Time
from tests.connectors.books import sales
from tests.connectors.books.way import Books, Line, Tokens, judge


def settings(**more: Any) -> QuickBooksSettings:
    given = {
        "connector": "quickbooks",
        "realm_id": "4620816365000000001",
        "client_id": "sandbox-client",
        "client_secret": "sandbox-client-secret",
        "refresh_token": "refresh-0",
        "item_id": "1",
        "walk_in_customer_id": "1",
        "multicurrency": True,
    }
    return QuickBooksSettings.model_validate(given | more)


def reading(**more: Any) -> Reading:
    return Reading(connection="books", settings=settings(**more))


class Company(Books):
    def __init__(self, **more: Any) -> None:
        self.clock = Time()
        sandbox = {name: more.pop(name) for name in ("per_minute", "webhook_format", "secret") if name in more}
        self.sandbox = QuickBooksSandbox(now=self.clock, **sandbox)
        chosen = settings(**more)
        client = httpx.AsyncClient(
            transport=Line(app=self.sandbox),
            base_url="http://localhost/v3/company/4620816365000000001",
            auth=Tokens(b"/oauth2/v1/tokens/bearer"),
            event_hooks={"response": [judge(CONNECTOR)]},
        )
        super().__init__(CONNECTOR, Account(connection="books", settings=chosen, http=client, now=self.clock))

    async def everything(self) -> list[Event]:
        """What change data capture tells since the beginning of the day."""
        return list((await CONNECTOR.pull["changes"](self.account, "cdc:2026-11-22T00:00:00Z")).events)


def view(
    order: Order,
    said: tuple[Record, ...] = (),
    customer: Customer | None = None,
    customer_said: tuple[CustomerRecord, ...] = (),
    chosen: QuickBooksSettings | None = None,
) -> OrderView:
    return sales.seen(order, chosen or settings(), said, customer, customer_said)


def planned(seen: OrderView) -> list[Command | Mismatch]:
    assert CONNECTOR.plan is not None
    return list(CONNECTOR.plan(seen))
