"""An organisation in the sandbox with a way to it, and orders to book."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors.xero import CONNECTOR
from connectors.xero.sandbox import TENANT, WALK_IN, XeroSandbox
from connectors.xero.settings import XeroSettings
from hub.card import Exchange
from hub.connector import Account, OrderView, Reading
from hub.domain.commands import Command, Mismatch
from hub.domain.errors import Unknown
from hub.domain.ids import CommandId, CustomerId, OrderId
from hub.domain.money import Money
from hub.domain.order import (
    Customer,
    FulfilmentState,
    InvoiceState,
    Order,
    Payment,
    PaymentState,
    Refund,
    SourceView,
    Stage,
)
from hub.domain.records import CustomerRecord, Kind, Line, PaymentStatus, Record, RefundStatus, Source
from hub.transport.verdict import verdict

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SALE = Source("shop", Kind.ORDER, "1001")
PERSON = Source("shop", Kind.CUSTOMER, "7")
PAID = Source("cards", Kind.PAYMENT, "pi_1")
BACK = Source("cards", Kind.REFUND, "re_1")


class Clock:
    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


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


class _Tokens(httpx.Auth):
    """The least that speaks to the token server; the hub's own way is tested in its own room."""

    requires_response_body = True

    def __init__(self, tenant: str) -> None:
        self.access, self.refresh, self.tenant = "", "refresh-0", tenant

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        request.headers["Authorization"] = f"Bearer {self.access}"
        request.headers["xero-tenant-id"] = self.tenant
        response = yield request
        if response.status_code == 401:
            form = {"grant_type": "refresh_token", "refresh_token": self.refresh}
            url = request.url.copy_with(raw_path=b"/connect/token")
            basic = httpx.BasicAuth("sandbox-client", "sandbox-client-secret")
            answer = yield next(basic.auth_flow(httpx.Request("POST", url, data=form)))
            tokens = answer.json()
            self.access, self.refresh = tokens["access_token"], tokens["refresh_token"]
            request.headers["Authorization"] = f"Bearer {self.access}"
            yield request


async def judge(response: httpx.Response) -> None:
    await response.aread()
    assert CONNECTOR.verdict is not None
    if response.status_code != 401 and (error := CONNECTOR.verdict(response) or verdict(response, NOON)):
        raise error


class _Line(httpx.ASGITransport):
    def __init__(self, app: XeroSandbox) -> None:
        super().__init__(app)
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            response = await super().handle_async_request(request)
        except AssertionError as lost:  # the answer ends in the middle
            raise Unknown("the answer was lost") from lost
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


class Office:
    def __init__(self, **more: Any) -> None:
        self.clock = Clock()
        given = {name: more.pop(name) for name in ("per_minute", "per_day", "key_seconds") if name in more}
        self.sandbox = XeroSandbox(now=self.clock, **given)
        chosen = settings(**more)
        self.line = _Line(self.sandbox)
        client = httpx.AsyncClient(
            transport=self.line,
            base_url="http://localhost",
            auth=_Tokens(chosen.tenant_id),
            event_hooks={"response": [judge]},
        )
        self.account = Account(connection="books", settings=chosen, http=client, now=self.clock)
        self.records: dict[Source, Record] = {}

    async def push(self, wish: Command, id: str) -> list[Record]:
        return self.read(await CONNECTOR.push[type(wish)].send(self.account, wish, CommandId(id)))

    def read(self, events: Any) -> list[Record]:
        at = Reading(connection="books", settings=self.account.settings)
        found = [each for event in events for each in CONNECTOR.read[event.kind](at, event.body)]
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
        return view(order, ordered, customer, tuple(theirs), self.account.settings)

    def count(self, plural: str) -> int:
        return len([each for each in self.sandbox.state()[plural] if each.get("ContactID") != WALK_IN])


def view(
    order: Order,
    said: tuple[Record, ...] = (),
    customer: Customer | None = None,
    customer_said: tuple[CustomerRecord, ...] = (),
    chosen: XeroSettings | None = None,
) -> OrderView:
    return OrderView(
        connection="books",
        settings=chosen or settings(),
        order=order,
        said=said,
        others=(),
        customer=customer,
        customer_said=customer_said,
    )


def planned(seen: OrderView) -> list[Command | Mismatch]:
    assert CONNECTOR.plan is not None
    return list(CONNECTOR.plan(seen))


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def line(minor: int, quantity: int = 1, discount: int = 0, currency: str = "USD", tax: int = 0) -> Line:
    total = Money(minor * quantity - discount, currency)
    price = Money(minor, currency)
    return Line(
        id="1",
        title="Cup",
        quantity=quantity,
        unit_price=price,
        discount=Money(discount, currency),
        tax=Money(tax, currency),
        total=total,
    )


def order(total: int = 10_000, currency: str = "USD", **more: Any) -> Order:
    zero, whole = Money.zero(currency), Money(total, currency)
    plain = Order(
        id=OrderId(SALE.key),
        number="#1001",
        channel="shop",
        currency=currency,
        stage=Stage.PAID,
        stages=(),
        payment_state=PaymentState.PAID,
        invoice_state=InvoiceState.NOT_INVOICED,
        fulfilment_state=FulfilmentState.UNFULFILLED,
        placed_at=NOON,
        updated_at=NOON,
        cancelled_at=None,
        cancel_reason="",
        test=False,
        total=whole,
        subtotal=whole,
        discount=zero,
        tax=zero,
        shipping=zero,
        tip=zero,
        fees=zero,
        tax_included=False,
        authorized=zero,
        captured=whole,
        refunded=zero,
        invoiced=zero,
        credited=zero,
        email="",
        phone="",
        name="",
        customer=None,
        shipping_address=None,
        billing_address=None,
        tags=(),
        note="",
        lines=(line(total, currency=currency),),
        payments=(),
        refunds=(),
        refund_requests=(),
        disputes=(),
        invoices=(),
        credit_notes=(),
        shipments=(),
        holds=(),
        sources=(SourceView(source=SALE, version=1, updated_at=NOON),),
    )
    return replace(plain, **more)


def payment(minor: int = 10_000, source: Source = PAID, currency: str = "USD", **more: Any) -> Payment:
    amount, zero = Money(minor, currency), Money.zero(currency)
    plain = Payment(
        id=source.key,
        source=source,
        sources=(source,),
        status=PaymentStatus.CAPTURED,
        amount=amount,
        authorized=zero,
        captured=amount,
        refunded=zero,
        verified=True,
        can_capture=False,
        created_at=NOON,
    )
    return replace(plain, **more)


def refund(minor: int, **more: Any) -> Refund:
    plain = Refund(
        id=BACK.key,
        source=BACK,
        payment=PAID.key,
        amount=usd(minor),
        status=RefundStatus.SUCCEEDED,
        verified=True,
        created_at=NOON,
    )
    return replace(plain, **more)


def person(**more: Any) -> Customer:
    plain = Customer(
        id=CustomerId(PERSON.key),
        name="Ann O'Hara",
        company="",
        email="ann@example.com",
        phone="",
        addresses=(),
        tags=(),
        created_at=NOON,
        updated_at=NOON,
        sources=(SourceView(source=PERSON, version=1, updated_at=NOON),),
    )
    return replace(plain, **more)
