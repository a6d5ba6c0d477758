"""WooCommerce's bodies to records: webhooks by topic, the REST API's objects as `order` and `customer`."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from connectors.woocommerce import shapes
from connectors.woocommerce.read_customer import customer_record
from connectors.woocommerce.read_order import order_records
from hub.connector import Faulty, Hint, Ignored, Reader, Reading
from hub.domain.errors import Unreadable
from hub.domain.records import Record

Said = Record | Hint | Ignored | Faulty


def _reader(shape: type[Any], read: Callable[[Reading, Any], Iterable[Said]]) -> Reader:
    def reader(reading: Reading, body: bytes) -> list[Said]:
        try:
            return list(read(reading, shapes.decode(body, shape)))
        except (ValueError, ArithmeticError, RecursionError) as fault:  # msgspec's errors are ValueErrors
            raise Unreadable(str(fault)) from fault

    return reader


def _customer(reading: Reading, said: shapes.Customer) -> Iterator[Said]:
    if said.line_items is not None:
        raise ValueError("a customer has no line items - at `$.line_items`")
    yield customer_record(reading, said)


def _order_gone(_: Reading, said: shapes.Gone) -> Iterator[Said]:
    """Trashed or deleted for good: the body is `{"id": n}` for both, and nothing signed says that it is a deletion. So
    it is a hint: the hub asks, and reads an order in the trash, or hears that there is none."""
    yield Hint(kind="order", external_id=str(said.id), gone=True)


def _customer_gone(_: Reading, said: shapes.Gone) -> Iterator[Said]:
    yield Hint(kind="customer", external_id=str(said.id), gone=True)


_ORDER = _reader(shapes.Order, order_records)
_CUSTOMER = _reader(shapes.Customer, _customer)

READ: dict[str, Reader] = {
    "order": _ORDER,
    "order.created": _ORDER,
    "order.updated": _ORDER,
    "order.restored": _ORDER,
    "order.deleted": _reader(shapes.Gone, _order_gone),
    "customer": _CUSTOMER,
    "customer.created": _CUSTOMER,
    "customer.updated": _CUSTOMER,
    "customer.deleted": _reader(shapes.Gone, _customer_gone),
}

_CATALOGUE = "the catalogue is no part of an order: its lines carry title, price and SKU"
_COUPON = "an order carries what a coupon took off"

IGNORED: dict[str, str] = {
    **{f"product.{event}": _CATALOGUE for event in ("created", "updated", "deleted", "restored")},
    **{f"coupon.{event}": _COUPON for event in ("created", "updated", "deleted", "restored")},
    "product": _CATALOGUE,
    "coupon": _COUPON,
    "refund": "a refund alone names neither its order nor its currency: it is read with its order",
    "order_note": "a note about an order, not the order",
    "webhook": "a subscription: the audit looks after it",
    "other": "no order, refund or customer",
}
