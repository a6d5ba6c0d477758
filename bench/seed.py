"""A shop's history as records: each order with three lines, a customer, a card payment told by store and processor, an
invoice with its payment in the books, a parcel; every tenth with a part refunded. Applied as `digest` applies them."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select

from hub.domain.ids import new_id
from hub.domain.money import Money
from hub.domain.records import (
    Address,
    CustomerRecord,
    InvoicePaymentRecord,
    InvoiceRecord,
    InvoiceStatus,
    Kind,
    Line,
    OrderRecord,
    PaymentRecord,
    PaymentStatus,
    Record,
    RefundRecord,
    RefundStatus,
    ShipmentRecord,
    ShipmentStatus,
    Source,
    vendor_key,
)
from hub.pipeline.apply import Said, apply
from hub.store import inbox
from hub.store.database import Database
from hub.store.golden import Cause
from hub.store.inbox import EventState
from hub.store.outbox import CommandState
from hub.store.tables import InboxRow, OrderRow, OutboxRow

BATCH = 50
CUSTOMERS = 5  # so many orders share a customer
START = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
_ZERO = Money.zero("USD")
_TOTAL = Money(10_000, "USD")
_HOME = Address(name="Ada Example", line1="1 Example Street", city="Berlin", postal_code="10115", country="DE")


async def seed(database: Database, orders: int) -> None:
    """So many whole orders. What was sold comes in one batch and what followed in another, so each has a history."""
    for first in range(0, orders, BATCH):
        batch = range(first, min(first + BATCH, orders))
        for part in (_sold, _followed):
            said = [
                Said(record=record, cause=Cause(id=f"evt_{record.source.external_id}", actor=record.source.connection))
                for number in batch
                for record in part(number)
            ]
            async with database.write() as connection:
                await apply(connection, said, _at(batch[-1], 30))
        await asyncio.sleep(0)


async def remember_work(database: Database, orders: int) -> None:
    """Two events and two commands behind each of the newest `orders` orders, for pages that show them."""
    async with database.write() as connection:
        newest = select(OrderRow.id).order_by(OrderRow.placed_at.desc(), OrderRow.id.desc()).limit(orders)
        ids = list(await connection.scalars(newest))
        now = _at(0, 0)
        events = [
            inbox.event_row(
                "shop",
                f"{kind}:{order_id}",
                kind,
                b"{}",
                None,
                now,
                order_id=order_id,
                state=EventState.APPLIED,
                part=inbox.DONE,
                done_at=now,
            )
            for order_id in ids
            for kind in ("orders/create", "orders/paid")
        ]
        await connection.execute(insert(InboxRow), events)
        await connection.execute(insert(OutboxRow), [_command(order_id, act, now) for order_id in ids for act in _ACTS])


_ACTS = ("create_invoice", "record_payment")


def _command(order_id: str, action: str, now: datetime) -> dict[str, object]:
    return {
        "id": new_id("cmd"),
        "connection": "books",
        "order_id": order_id,
        "subject": order_id,
        "action": action,
        "target": "",
        "content": b"{}",
        "fingerprint": f"{action}:{order_id}",
        "ordinal": 0,
        "state": CommandState.DONE,
        "reason": "",
        "tries": 1,
        "lane_due": False,
        "due_at": now,
        "first_sent_at": now,
        "leased_until": None,
        "lease": "",
        "created_at": now,
        "done_at": now,
    }


def _at(number: int, minutes: int) -> datetime:
    return START + timedelta(minutes=10 * number + minutes)


def _sold(number: int) -> Iterator[Record]:
    buyer = Source("shop", Kind.CUSTOMER, f"c{number // CUSTOMERS}")
    placed = _at(number, 0)
    yield CustomerRecord(
        source=buyer,
        version=1,
        created_at=START,
        updated_at=START,
        name=f"Ada Example {number // CUSTOMERS}",
        email=f"ada{number // CUSTOMERS}@example.com",
        addresses=(_HOME,),
    )
    yield OrderRecord(
        source=_sale(number),
        version=1,
        claims=(vendor_key("stripe", f"pi_{number}"),),
        created_at=placed,
        updated_at=placed,
        number=f"#{number}",
        currency="USD",
        total=_TOTAL,
        subtotal=Money(9_000, "USD"),
        discount=_ZERO,
        tax=_ZERO,
        shipping=Money(1_000, "USD"),
        placed_at=placed,
        lines=tuple(_line(each) for each in range(3)),
        email=f"ada{number // CUSTOMERS}@example.com",
        name=f"Ada Example {number // CUSTOMERS}",
        customer=buyer,
        shipping_address=_HOME,
        billing_address=_HOME,
    )


def _followed(number: int) -> Iterator[Record]:
    paid, order = _at(number, 2), _sale(number)
    for source, authority in ((Source("payments", Kind.PAYMENT, f"pi_{number}"), True), (_told(number), False)):
        yield PaymentRecord(
            source=source,
            version=1,
            claims=(vendor_key("stripe", f"pi_{number}"), *(() if authority else (order.key,))),
            created_at=paid,
            updated_at=paid,
            status=PaymentStatus.CAPTURED,
            amount=_TOTAL,
            authorized=_TOTAL,
            captured=_TOTAL,
            refunded=Money(1_000, "USD") if number % 10 == 0 else _ZERO,
            authority=authority,
            brand="visa",
            last4="4242",
            captured_at=paid,
        )
    if number % 10 == 0:
        yield RefundRecord(
            source=Source("payments", Kind.REFUND, f"re_{number}"),
            version=1,
            claims=(vendor_key("stripe", f"pi_{number}"),),
            created_at=_at(number, 20),
            updated_at=_at(number, 20),
            status=RefundStatus.SUCCEEDED,
            amount=Money(1_000, "USD"),
            payment=vendor_key("stripe", f"pi_{number}"),
            authority=True,
        )
    invoice = Source("books", Kind.INVOICE, f"i{number}")
    yield InvoiceRecord(
        source=invoice,
        version=1,
        claims=(order.key,),
        created_at=_at(number, 3),
        updated_at=_at(number, 4),
        number=f"{number}",
        status=InvoiceStatus.PAID,
        total=_TOTAL,
        balance=_ZERO,
    )
    yield InvoicePaymentRecord(
        source=Source("books", Kind.INVOICE_PAYMENT, f"p{number}"),
        version=1,
        claims=(order.key,),
        created_at=_at(number, 4),
        updated_at=_at(number, 4),
        amount=_TOTAL,
        invoices=(invoice.external_id,),
    )
    yield ShipmentRecord(
        source=Source("shop", Kind.SHIPMENT, f"s{number}"),
        version=1,
        claims=(order.key,),
        created_at=_at(number, 8),
        updated_at=_at(number, 9),
        status=ShipmentStatus.IN_TRANSIT,
        carrier="DHL",
        tracking_numbers=(f"TN{number:010d}",),
        shipped_at=_at(number, 8),
    )


def _sale(number: int) -> Source:
    return Source("shop", Kind.ORDER, f"{number}")


def _told(number: int) -> Source:
    return Source("shop", Kind.PAYMENT, f"t{number}")


def _line(number: int) -> Line:
    return Line(
        id=f"{number}",
        title=f"Thing {number}",
        sku=f"SKU-{number}",
        quantity=1,
        unit_price=Money(3_000, "USD"),
        discount=_ZERO,
        tax=_ZERO,
        total=Money(3_000, "USD"),
    )
