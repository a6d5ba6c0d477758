"""What a record says where its mapping is silent: only what follows from the rest, no guess about money that moved."""

from collections.abc import Callable, Mapping
from typing import Any

from hub.domain.money import Money
from hub.domain.records import (
    CreditNoteRecord,
    InvoiceRecord,
    InvoiceStatus,
    Line,
    OrderRecord,
    PaymentRecord,
    PaymentStatus,
    RefundRecord,
    ShipmentRecord,
    ShipmentStatus,
)

Given = dict[str, Any]


def filled(shape: Any, given: Given) -> Given:
    """Raises `ValueError` where amounts contradict each other."""
    fill = _FILL.get(shape)
    if fill is not None:
        fill(given)
    return given


def _line(given: Given) -> None:
    quantity = given.setdefault("quantity", 1)
    if "unit_price" not in given and "total" in given:
        total: Money = given["total"]
        paid = total + given["discount"] if "discount" in given else total
        if quantity == 0 or paid.minor % quantity:
            raise ValueError(f"unit_price: {total} is not {quantity} times a price: map `unit_price`")
        given["unit_price"] = Money(paid.minor // quantity, total.currency)
    if "unit_price" in given:
        price: Money = given["unit_price"]
        given.setdefault("discount", Money.zero(price.currency))
        given.setdefault("tax", Money.zero(price.currency))
        given.setdefault("total", Money(price.minor * quantity, price.currency) - given["discount"])
    given.setdefault("title", given.get("sku", ""))


def _order(given: Given) -> None:
    given.setdefault("number", given["source"].external_id)
    given.setdefault("placed_at", given["created_at"])
    if "total" not in given:
        return
    total: Money = given["total"]
    given.setdefault("currency", total.currency)
    lines = given.get("lines", ())
    given.setdefault(
        "subtotal", sum((line.total for line in lines), start=Money.zero(total.currency)) if lines else total
    )
    for name in ("discount", "tax", "shipping"):
        given.setdefault(name, Money.zero(total.currency))


def _payment(given: Given) -> None:
    given.setdefault("authority", False)
    if "amount" not in given or "status" not in given:
        return
    amount, status = given["amount"], given["status"]
    zero = Money.zero(amount.currency)
    held = status in (PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURED)
    given.setdefault("captured", amount if status is PaymentStatus.CAPTURED else zero)
    given.setdefault("authorized", amount if held else zero)
    given.setdefault("refunded", zero)
    if status is PaymentStatus.CAPTURED:
        given.setdefault("captured_at", given["created_at"])


def _refund(given: Given) -> None:
    given.setdefault("authority", False)


def _invoice(given: Given) -> None:
    given.setdefault("number", given["source"].external_id)
    if "total" in given and given.get("status") is not None:
        owed = given["status"] in (InvoiceStatus.OPEN, InvoiceStatus.DRAFT)
        given.setdefault("balance", given["total"] if owed else Money.zero(given["total"].currency))


def _credit_note(given: Given) -> None:
    given.setdefault("number", given["source"].external_id)
    if "total" in given:
        given.setdefault("balance", Money.zero(given["total"].currency))


def _shipment(given: Given) -> None:
    status = given.get("status")
    if status in (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED):
        given.setdefault("shipped_at", given["updated_at"])
    if status is ShipmentStatus.DELIVERED:
        given.setdefault("delivered_at", given["updated_at"])


_FILL: Mapping[Any, Callable[[Given], None]] = {
    Line: _line,
    OrderRecord: _order,
    PaymentRecord: _payment,
    RefundRecord: _refund,
    InvoiceRecord: _invoice,
    CreditNoteRecord: _credit_note,
    ShipmentRecord: _shipment,
}
