"""Shopify's bodies to records: webhooks and REST answers by topic, the Admin API's objects as `order`, `customer`."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from connectors.shopify import graphql_parts, graphql_shapes
from connectors.shopify import rest_shapes as rest
from connectors.shopify.read_customer import customer_record
from connectors.shopify.read_order import order_records
from connectors.shopify.read_payment import in_shop_currency, payments, refunds, shop_currency
from connectors.shopify.read_shipment import shipment
from hub.connector import Faulty, Hint, Ignored, Reader, Reading
from hub.domain.errors import Unreadable
from hub.domain.records import Record

Said = Record | Hint | Ignored | Faulty


def _reader(shape: type[Any], read: Callable[[Reading, Any], Iterable[Said]], of: str = "") -> Reader:
    """`of`: the type that the body's exact id must name. The topic is an unsigned header, so an order sent under the
    topic of customers is a forgery, not a customer."""

    def reader(reading: Reading, body: bytes) -> list[Said]:
        try:
            said = rest.decode(body, shape)
            gid = said.gid if isinstance(said, rest.Thing) else ""
            if of and gid and f"/{of}/" not in gid:
                raise ValueError(f"the id of a {of} is expected, not {gid[:80]!r} - at `$.admin_graphql_api_id`")
            return list(read(reading, said))
        except (ValueError, ArithmeticError, OverflowError) as fault:  # msgspec's errors are ValueErrors
            raise Unreadable(str(fault)) from fault

    return reader


def _order(reading: Reading, said: rest.Order) -> Iterator[Said]:
    yield from order_records(reading, said)


def _gone(_: Reading, said: rest.Thing) -> Iterator[Said]:
    """`orders/delete` tells an id and nothing else, not even signed words that it was a deletion (the topic is an
    unsigned header). So it is a hint: the hub asks, and hears from the API itself that there is no such order."""
    yield Hint(kind="order", external_id=said.external_id, gone=True)


def _customer_gone(_: Reading, said: rest.Thing) -> Iterator[Said]:
    yield Hint(kind="customer", external_id=said.external_id, gone=True)


def _edited(_: Reading, said: rest.OrderEdited) -> Iterator[Said]:
    yield Hint(kind="order", external_id=str(said.order_edit.order_id))


def _refund(reading: Reading, said: rest.Refund) -> Iterator[Said]:
    """The refund itself, and a hint: the payment's totals and the order's lines changed with it."""
    steps = said.transactions or []
    if said.order_id is None and steps and all(step.kind.lower() == "suggested_refund" for step in steps):
        yield Ignored(reason="a calculation of what could be given back: nothing was")
        return
    if said.order_id is None:
        raise ValueError("an order is expected - at `$.order_id`")
    order_id = str(said.order_id)
    currency = next((shop_currency(step) for step in steps), "")
    if all(step.currency and in_shop_currency(step, currency) for step in steps):
        yield from refunds(reading, order_id, currency, [said])
    yield Hint(kind="order", external_id=order_id)


def _transaction(reading: Reading, said: rest.Transaction) -> Iterator[Said]:
    """The first of a chain is a payment. A later one changes totals that it does not tell: a hint, like an amount that
    is only told in the buyer's currency."""
    if said.order_id is None:
        raise ValueError("an order is expected - at `$.order_id`")
    currency = shop_currency(said)
    opens = said.kind.lower() in ("sale", "authorization", "emv_authorization") and not said.parent_id
    if opens and currency and in_shop_currency(said, currency):
        yield from payments(reading, str(said.order_id), currency, [said])
    else:
        yield Hint(kind="order", external_id=str(said.order_id))


def _shipment(reading: Reading, said: rest.Fulfillment) -> Iterator[Said]:
    if said.order_id is None:
        raise ValueError("an order is expected - at `$.order_id`")
    yield from shipment(reading, str(said.order_id), said)


def _customer(reading: Reading, said: rest.Customer) -> Iterator[Said]:
    yield from customer_record(reading, said)


def _merged(_: Reading, said: rest.Merge) -> Iterator[Said]:
    gids = (said.admin_graphql_api_customer_kept_id, said.admin_graphql_api_customer_deleted_id)
    for gid in gids:
        if gid:
            yield Hint(kind="customer", external_id=rest.number_in(gid))
    if not any(gids):
        yield Ignored(reason="a merge that names no customers")


def _graphql_order(reading: Reading, said: graphql_shapes.Order) -> Iterator[Said]:
    yield from order_records(reading, said.as_rest())


def _graphql_customer(reading: Reading, said: graphql_parts.Customer) -> Iterator[Said]:
    yield from customer_record(reading, said.as_rest())


_ORDER = _reader(rest.Order, _order, of="Order")
_FULFILLMENT = _reader(rest.Fulfillment, _shipment, of="Fulfillment")
_CUSTOMER = _reader(rest.Customer, _customer, of="Customer")

READ: dict[str, Reader] = {
    "orders/create": _ORDER,
    "orders/updated": _ORDER,
    "orders/paid": _ORDER,
    "orders/cancelled": _ORDER,
    "orders/fulfilled": _ORDER,
    "orders/partially_fulfilled": _ORDER,
    "orders/edited": _reader(rest.OrderEdited, _edited),
    "orders/delete": _reader(rest.Thing, _gone, of="Order"),
    "refunds/create": _reader(rest.Refund, _refund, of="Refund"),
    "order_transactions/create": _reader(rest.Transaction, _transaction, of="OrderTransaction"),
    "fulfillments/create": _FULFILLMENT,
    "fulfillments/update": _FULFILLMENT,
    "customers/create": _CUSTOMER,
    "customers/update": _CUSTOMER,
    "customers/enable": _CUSTOMER,
    "customers/disable": _CUSTOMER,
    "customers/delete": _reader(rest.Thing, _customer_gone, of="Customer"),
    "customers/merge": _reader(rest.Merge, _merged),
    "order": _reader(graphql_shapes.Order, _graphql_order),
    "customer": _reader(graphql_parts.Customer, _graphql_customer),
}
