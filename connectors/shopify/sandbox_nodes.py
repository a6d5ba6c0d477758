"""The shop's things as the Admin API shows them, for `sandbox_graphql` to choose from."""

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from connectors.shopify import sandbox_rest as rest
from connectors.shopify.sandbox_shop import Customer, Fulfilment, Order, Refund, RefundLine, Shop, Transaction

_SINCE = re.compile(r"updated_at:>=?'([^']+)'")

Node = dict[str, Any]  # fields by name; what takes arguments is a function, as graphql-core resolves them


def page(things: Sequence[Any], node: Callable[[Any], Node]) -> Callable[..., Node]:
    def resolve(_info: Any, first: int = 50, after: str | None = None, **_others: Any) -> Node:
        start = int(base64.b64decode(after)) if after else 0
        end = start + first
        cursor = base64.b64encode(str(min(end, len(things))).encode()).decode()
        return {
            "nodes": [node(each) for each in things[start:end]],
            "pageInfo": {"hasNextPage": end < len(things), "endCursor": cursor if things else None},
        }

    return resolve


def _list(things: Sequence[Any], node: Callable[[Any], Node]) -> Callable[..., list[Node]]:
    return lambda _info, first=50: [node(each) for each in things[:first]]


def by_update(things: Sequence[Any], node: Callable[[Any], Node]) -> Callable[..., Node]:
    """Cursors name the place in the order of updates, so that a change between two pages loses nothing."""

    def resolve(_info: Any, first: int = 50, after: str | None = None, query: str = "", sortKey: str = "") -> Node:  # noqa: N803
        if sortKey != "UPDATED_AT":
            raise GraphQLError("the sandbox sorts by UPDATED_AT only")
        since = _SINCE.fullmatch(query)
        if query and not since:
            raise GraphQLError("the sandbox filters by updated_at only")
        floor = (since.group(1).replace("Z", "+00:00"), 0) if since else ("", 0)
        start = tuple(json.loads(base64.b64decode(after))) if after else None
        places = sorted(((each.updated_at.isoformat(), each.id), each) for each in things)
        found = [(place, each) for place, each in places if place >= floor and (start is None or place > start)]
        end = base64.b64encode(json.dumps(found[:first][-1][0]).encode()).decode() if found else None
        return {
            "nodes": [node(each) for _, each in found[:first]],
            "pageInfo": {"hasNextPage": len(found) > first, "endCursor": end},
        }

    return resolve


_CARD = {
    "__typename": "CardPaymentDetails",
    "company": "Visa",
    "number": "•••• •••• •••• 4242",
    "name": "Ada Example",
    "paymentMethodName": "visa",
}


def money(minor: int, currency: str) -> Node:
    amount = {"amount": rest.major(minor, currency), "currencyCode": currency}
    return {"shopMoney": amount, "presentmentMoney": amount}


def address(said: dict[str, str]) -> Node | None:
    if not said:
        return None
    names = {"firstName": "first_name", "lastName": "last_name", "provinceCode": "province_code"}
    shown = rest.address(said) or {}
    node = {name: shown[source] for name, source in names.items()}
    same = ("name", "company", "address1", "address2", "city", "province", "zip", "phone")
    return node | {name: shown[name] for name in same} | {"countryCodeV2": shown["country_code"] or None}


def customer(said: Customer) -> Node:
    return {
        "id": rest.gid("Customer", said.id),
        "createdAt": rest.time(said.created_at),
        "updatedAt": rest.time(said.updated_at),
        "firstName": said.first_name,
        "lastName": said.last_name,
        "note": said.note,
        "defaultEmailAddress": {"emailAddress": said.email} if said.email else None,
        "defaultPhoneNumber": {"phoneNumber": said.phone} if said.phone else None,
        "defaultAddress": address(said.address),
    }


def line(said: Any, currency: str) -> Node:
    return {
        "id": rest.gid("LineItem", said.id),
        "name": said.title,
        "title": said.title,
        "sku": said.sku,
        "quantity": said.quantity,
        "currentQuantity": said.quantity - said.returned,
        "requiresShipping": said.requires_shipping,
        "isGiftCard": False,
        "originalUnitPriceSet": money(said.price, currency),
        "discountAllocations": [{"allocatedAmountSet": money(said.discount, currency)}] if said.discount else [],
        "taxLines": [{"priceSet": money(said.tax, currency)}] if said.tax else [],
    }


def transaction(said: Transaction, order: Order) -> Node:
    shown = rest.transaction(said, order)
    parent = next((each for each in order.transactions if each.id == said.parent), None)
    return {
        "id": rest.gid("OrderTransaction", said.id),
        "kind": said.kind.upper(),
        "status": said.status.upper(),
        "gateway": said.gateway,
        "amountSet": money(said.amount, order.currency),
        "parentTransaction": transaction(parent, order) if parent else None,
        "paymentId": shown["payment_id"],
        "authorizationCode": shown["authorization"],
        "receiptJson": json.dumps(said.receipt),
        "errorCode": shown["error_code"].upper() if shown["error_code"] else None,
        "createdAt": rest.time(said.at),
        "processedAt": rest.time(said.at),
        "test": order.test,
        "paymentDetails": _CARD if rest.by_card(said) else None,
    }


def refund(said: Refund, order: Order) -> Node:
    def refund_line(each: RefundLine) -> Node:
        return {
            "lineItem": line(each.line, order.currency),
            "quantity": each.quantity,
            "subtotalSet": money(each.subtotal, order.currency),
            "totalTaxSet": money(each.tax, order.currency),
        }

    return {
        "id": rest.gid("Refund", said.id),
        "createdAt": rest.time(said.at),
        "processedAt": rest.time(said.at),
        "note": said.note,
        "refundLineItems": page(said.lines, refund_line),
        "transactions": page(said.transactions, lambda each: transaction(each, order)),
    }


def fulfilment(said: Fulfilment, order: Order) -> Node:
    tracking = [{"company": said.company, "number": said.tracking, "url": said.url}] if said.tracking else []
    return {
        "id": rest.gid("Fulfillment", said.id),
        "status": "SUCCESS",
        "displayStatus": said.shipment_status.upper() if said.shipment_status else "FULFILLED",
        "createdAt": rest.time(said.created_at),
        "updatedAt": rest.time(said.updated_at),
        "trackingInfo": _list(tracking, dict),
        "fulfillmentLineItems": page(
            said.lines, lambda each: {"lineItem": line(each[0], order.currency), "quantity": each[1]}
        ),
    }


def fulfilment_order(order: Order) -> Node:
    """One for each order: the sandbox has one location."""
    lines = [each for each in order.lines if each.requires_shipping]
    status = "CANCELLED" if order.cancelled_at else "OPEN" if any(each.left for each in lines) else "CLOSED"
    return {
        "id": rest.gid("FulfillmentOrder", order.id),
        "status": status,
        "assignedLocation": {"location": {"id": rest.gid("Location", order.id // 10**9)}},
        "lineItems": page(
            lines,
            lambda each: {
                "id": rest.gid("FulfillmentOrderLineItem", each.id),
                "remainingQuantity": each.left,
                "lineItem": line(each, order.currency),
            },
        ),
    }


def order(said: Order) -> Node:
    money_of = said.currency
    shipping = {
        "isRemoved": False,
        "originalPriceSet": money(said.shipping, money_of),
        "discountedPriceSet": money(said.shipping - said.shipping_discount, money_of),
        "taxLines": [],
    }
    return {
        "id": rest.gid("Order", said.id),
        "name": f"#{said.number}",
        "currencyCode": money_of,
        "createdAt": rest.time(said.created_at),
        "updatedAt": rest.time(said.updated_at),
        "processedAt": rest.time(said.created_at),
        "cancelledAt": rest.time(said.cancelled_at),
        "cancelReason": said.cancel_reason.upper() if said.cancel_reason else None,
        "closedAt": None,
        "email": said.email,
        "phone": said.phone,
        "note": said.note,
        "tags": said.tags,
        "sourceName": "web",
        "test": said.test,
        "displayFinancialStatus": said.financial_status.upper(),
        "taxesIncluded": said.taxes_included,
        "dutiesIncluded": False,
        "totalPriceSet": money(said.total, money_of),
        "currentTotalPriceSet": money(said.current_total, money_of),
        "totalDiscountsSet": money(said.discounts, money_of),
        "totalTaxSet": money(said.tax, money_of),
        "totalTipReceivedSet": money(said.tip, money_of),
        "originalTotalDutiesSet": None,
        "originalTotalAdditionalFeesSet": None,
        "customAttributes": [{"key": each["name"], "value": each["value"]} for each in said.note_attributes],
        "customer": customer(said.customer) if said.customer else None,
        "shippingAddress": address(said.address),
        "billingAddress": address(said.address),
        "lineItems": page(said.lines, lambda each: line(each, money_of)),
        "shippingLines": page([shipping] if said.shipping else [], dict),
        "fulfillments": _list(said.fulfilments, lambda each: fulfilment(each, said)),
        "fulfillmentOrders": page([said], fulfilment_order),
        "refunds": _list(said.refunds, lambda each: refund(each, said)),
        "transactions": _list(said.transactions, lambda each: transaction(each, said)),
    }


def queries(shop: Shop, scopes: Sequence[str]) -> Node:
    """The fields of `QueryRoot`."""

    def own(things: Mapping[int, Any], node: Callable[[Any], Node]) -> Callable[..., Node | None]:
        def resolve(_info: Any, id: str) -> Node | None:
            tail = id.rpartition("/")[2]
            found = things.get(int(tail)) if tail.isdecimal() else None
            return node(found) if found is not None else None

        return resolve

    def part(name: str, node: Callable[[Any, Order], Node]) -> Callable[..., Node | None]:
        def resolve(_info: Any, id: str) -> Node | None:
            tail = id.rpartition("/")[2]
            for order in shop.orders.values():
                for each in getattr(order, name):
                    if str(each.id) == tail:
                        return node(each, order)
            return None

        return resolve

    return {
        "shop": {"name": shop.domain.partition(".")[0], "currencyCode": shop.currency},
        "currentAppInstallation": {"accessScopes": [{"handle": scope} for scope in scopes]},
        "order": own(shop.orders, order),
        "orders": by_update(list(shop.orders.values()), order),
        "customer": own(shop.customers, customer),
        "customers": by_update(list(shop.customers.values()), customer),
        "fulfillment": part("fulfilments", fulfilment),
        "fulfillmentOrder": own(shop.orders, fulfilment_order),
        "refund": part("refunds", refund),
    }
