"""Sales to book, and who bought: the same for every vendor of books."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from connectors.books.settings import BookSettings
from hub.connector import OrderView
from hub.domain.ids import CustomerId
from hub.domain.money import Money
from hub.domain.order import Customer, Order, Payment, PaymentState, Refund, SourceView, Stage
from hub.domain.records import CustomerRecord, Kind, Line, Record, RefundStatus, Source
from tests.building import golden_order, golden_payment

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SALE = Source("shop", Kind.ORDER, "1001")
PERSON = Source("shop", Kind.CUSTOMER, "7")
PAID = Source("cards", Kind.PAYMENT, "pi_1")
BACK = Source("cards", Kind.REFUND, "re_1")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def line(minor: int, quantity: int = 1, discount: int = 0, currency: str = "USD", tax: int = 0) -> Line:
    return Line(
        id="1",
        title="Cup",
        quantity=quantity,
        unit_price=Money(minor, currency),
        discount=Money(discount, currency),
        tax=Money(tax, currency),
        total=Money(minor * quantity - discount, currency),
    )


def order(total: int = 10_000, currency: str = "USD", **more: Any) -> Order:
    """Paid in full."""
    paid = golden_order(
        total,
        currency,
        when=NOON,
        stage=Stage.PAID,
        payment_state=PaymentState.PAID,
        captured=Money(total, currency),
        lines=(line(total, currency=currency),),
    )
    return replace(paid, **more)


def payment(minor: int = 10_000, source: Source = PAID, currency: str = "USD", **more: Any) -> Payment:
    return golden_payment(minor, currency, source=source, when=NOON, **more)


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


def seen(
    order: Order,
    settings: BookSettings,
    said: tuple[Record, ...] = (),
    customer: Customer | None = None,
    customer_said: tuple[CustomerRecord, ...] = (),
) -> OrderView:
    """What the plan of `books` looks at."""
    return OrderView(
        connection="books",
        settings=settings,
        order=order,
        said=said,
        others=(),
        customer=customer,
        customer_said=customer_said,
    )
