"""Records and golden things for tests, with as little said as the test needs."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hub.connector import OrderView
from hub.decide.fold import fold_customer, fold_order
from hub.decide.identity import is_customer, partition
from hub.domain.ids import OrderId
from hub.domain.money import Money
from hub.domain.order import (
    FulfilmentState,
    InvoiceState,
    Order,
    Payment,
    PaymentState,
    SourceView,
    Stage,
)
from hub.domain.records import (
    CustomerRecord,
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

START = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def order(
    number: str = "1001",
    *,
    connection: str = "shop",
    total: int = 10_000,
    currency: str = "EUR",
    version: int = 1,
    claims: tuple[str, ...] = (),
    **more: Any,
) -> OrderRecord:
    zero = Money.zero(currency)
    line = Line(
        id="1",
        title="A thing",
        quantity=1,
        unit_price=Money(total, currency),
        discount=zero,
        tax=zero,
        total=Money(total, currency),
    )
    fields: dict[str, Any] = {
        "source": Source(connection, Kind.ORDER, number),
        "version": version,
        "claims": claims,
        "created_at": at(0),
        "updated_at": at(version),
        "number": f"#{number}",
        "currency": currency,
        "total": Money(total, currency),
        "subtotal": Money(total, currency),
        "discount": zero,
        "tax": zero,
        "shipping": zero,
        "placed_at": at(0),
        "lines": (line,),
        "email": "ada@example.com",
    }
    return OrderRecord(**(fields | more))


def payment(
    external_id: str = "pi_1",
    *,
    connection: str = "pay",
    captured: int = 10_000,
    refunded: int = 0,
    currency: str = "EUR",
    version: int = 1,
    claims: tuple[str, ...] = (),
    **more: Any,
) -> PaymentRecord:
    fields: dict[str, Any] = {
        "source": Source(connection, Kind.PAYMENT, external_id),
        "version": version,
        "claims": (vendor_key("stripe", external_id), *claims),
        "created_at": at(1),
        "updated_at": at(version),
        "status": PaymentStatus.CAPTURED if captured else PaymentStatus.PENDING,
        "amount": Money(captured, currency),
        "authorized": Money(captured, currency),
        "captured": Money(captured, currency),
        "refunded": Money(refunded, currency),
        "authority": True,
        "captured_at": at(1) if captured else None,
    }
    return PaymentRecord(**(fields | more))


def refund(
    external_id: str = "re_1",
    *,
    of: str = "pi_1",
    connection: str = "pay",
    amount: int = 1_000,
    currency: str = "EUR",
    version: int = 1,
    **more: Any,
) -> RefundRecord:
    fields: dict[str, Any] = {
        "source": Source(connection, Kind.REFUND, external_id),
        "version": version,
        "claims": (vendor_key("stripe", of),),
        "created_at": at(5),
        "updated_at": at(5 + version),
        "status": RefundStatus.SUCCEEDED,
        "amount": Money(amount, currency),
        "payment": vendor_key("stripe", of),
        "authority": True,
    }
    return RefundRecord(**(fields | more))


def shipment(
    external_id: str = "ship_1",
    *,
    of: OrderRecord,
    connection: str = "shop",
    version: int = 1,
    status: ShipmentStatus = ShipmentStatus.IN_TRANSIT,
    tracking: tuple[str, ...] = ("TN1",),
    **more: Any,
) -> ShipmentRecord:
    fields: dict[str, Any] = {
        "source": Source(connection, Kind.SHIPMENT, external_id),
        "version": version,
        "claims": (of.source.key,),
        "created_at": at(10),
        "updated_at": at(10 + version),
        "status": status,
        "tracking_numbers": tracking,
        "shipped_at": at(10),
        "delivered_at": at(20) if status is ShipmentStatus.DELIVERED else None,
    }
    return ShipmentRecord(**(fields | more))


def invoice(
    external_id: str = "77",
    *,
    of: str,
    connection: str = "books",
    total: int = 10_000,
    balance: int = 0,
    currency: str = "EUR",
    version: int = 1,
    **more: Any,
) -> InvoiceRecord:
    fields: dict[str, Any] = {
        "source": Source(connection, Kind.INVOICE, external_id),
        "version": version,
        "claims": (of,),
        "created_at": at(3),
        "updated_at": at(3 + version),
        "number": external_id,
        "status": InvoiceStatus.PAID if not balance else InvoiceStatus.OPEN,
        "total": Money(total, currency),
        "balance": Money(balance, currency),
    }
    return InvoiceRecord(**(fields | more))


def customer(external_id: str = "c1", *, connection: str = "shop", version: int = 1, **more: Any) -> CustomerRecord:
    fields: dict[str, Any] = {
        "source": Source(connection, Kind.CUSTOMER, external_id),
        "version": version,
        "created_at": at(-10),
        "updated_at": at(version),
        "name": "Ada Lovelace",
        "email": "ada@example.com",
    }
    return CustomerRecord(**(fields | more))


def golden_order(minor: int = 10_000, currency: str = "EUR", *, when: datetime = START, **more: Any) -> Order:
    """A sale that nobody has paid, for plans that are tried without any record behind it. `view` folds real ones."""
    zero, whole = Money.zero(currency), Money(minor, currency)
    sale = Source("shop", Kind.ORDER, "1001")
    fields: dict[str, Any] = {
        "id": OrderId(sale.key),
        "number": "#1001",
        "channel": sale.connection,
        "currency": currency,
        "stage": Stage.VALIDATED,
        "payment_state": PaymentState.UNPAID,
        "invoice_state": InvoiceState.NOT_INVOICED,
        "fulfilment_state": FulfilmentState.UNFULFILLED,
        "placed_at": when,
        "updated_at": when,
        "cancelled_at": None,
        "test": False,
        "tax_included": False,
        "customer": None,
        "shipping_address": None,
        "billing_address": None,
        "sources": (SourceView(source=sale, version=1, updated_at=when),),
    }
    fields |= dict.fromkeys(("total", "subtotal"), whole)
    fields |= dict.fromkeys(("discount", "tax", "shipping", "tip", "fees"), zero)
    fields |= dict.fromkeys(("authorized", "captured", "refunded", "invoiced", "credited"), zero)
    fields |= dict.fromkeys(("cancel_reason", "email", "phone", "name", "note"), "")
    fields |= dict.fromkeys(("stages", "tags", "lines", "payments", "refunds", "refund_requests", "disputes"), ())
    fields |= dict.fromkeys(("invoices", "credit_notes", "shipments", "holds"), ())
    return Order(**(fields | more))


def golden_payment(
    minor: int = 10_000,
    currency: str = "EUR",
    *,
    source: Source | None = None,
    when: datetime = START,
    **more: Any,
) -> Payment:
    """Captured, and told by the system that moved the money."""
    amount, zero = Money(minor, currency), Money.zero(currency)
    source = source or Source("pay", Kind.PAYMENT, "pi_1")
    fields: dict[str, Any] = {
        "id": source.key,
        "source": source,
        "sources": (source,),
        "status": PaymentStatus.CAPTURED,
        "amount": amount,
        "authorized": zero,
        "captured": amount,
        "refunded": zero,
        "verified": True,
        "can_capture": False,
        "created_at": when,
    }
    return Payment(**(fields | more))


def view(*records: Record, of: str, settings: Any) -> OrderView:
    """What the plan of connection `of` sees of the one order (and its customer) that these records are about."""
    groups = partition(records)
    people = [group for group in groups if is_customer(group)]
    (sale,) = (group for group in groups if not is_customer(group))
    folded = fold_order(sale)
    mine = next((group for group in people if folded.customer in [each.source for each in group.records]), None)
    live = [record for record in sale.records if not record.deleted]
    said = [record for record in (mine.records if mine else ()) if isinstance(record, CustomerRecord)]
    return OrderView(
        connection=of,
        settings=settings,
        order=folded,
        said=tuple(record for record in live if record.source.connection == of),
        others=tuple(record for record in live if record.source.connection != of),
        customer=fold_customer(mine) if mine else None,
        customer_said=tuple(record for record in said if record.source.connection == of and not record.deleted),
    )
