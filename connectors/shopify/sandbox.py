"""A stand-in of a Shopify shop: the Admin API in part, signed webhooks in the REST shape, and what staff and buyers do.

Like the vendor it signs bodies only, sends several topics with one event id for one action, answers errors with status
200, weighs each query before it runs it, cancels in a job, and leaves transactions out of the webhooks of orders.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from connectors.shopify import sandbox_nodes as nodes
from connectors.shopify import sandbox_rest as rest
from connectors.shopify.inbound import headers_of
from connectors.shopify.sandbox_acts import Acts
from connectors.shopify.sandbox_graphql import Throttle, answer
from connectors.shopify.sandbox_shop import Order, Shop
from hub.sandbox import Act, Sandbox

SCOPES = (
    "read_all_orders",
    "write_orders",
    "read_customers",
    "write_merchant_managed_fulfillment_orders",
)


@dataclass(eq=False)
class ShopifySandbox(Sandbox):
    """`points` and `points_per_second` are those of a standard plan; larger plans have up to 20 times as many."""

    shop: str = "sandbox.myshopify.com"
    access_token: str = "sandbox-token"
    api_version: str = "2026-07"
    currency: str = "EUR"
    points: int = 2000
    points_per_second: int = 100
    scopes: tuple[str, ...] = SCOPES
    _writes: bool = field(default=False, init=False)
    _event: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.held = Shop(domain=self.shop, currency=self.currency, now=self.now)
        self._throttle = Throttle(now=self.now, size=self.points, rate=self.points_per_second)
        self._acts = Acts(self.held, self._hooks)

    def routes(self) -> list[Route]:
        path = f"/admin/api/{self.api_version}/graphql.json"
        return [Route(path, self._graphql, methods=["POST"]), Route("/graphql.json", self._graphql, methods=["POST"])]

    def acts(self) -> Mapping[str, Act]:
        return self._acts.by_name()

    def state(self) -> dict[str, Any]:
        return {
            "shop": self.shop,
            "orders": [self._shown(order) for order in self.held.orders.values()],
            "customers": [rest.customer(each, self.currency) for each in self.held.customers.values()],
        }

    def is_write(self, method: str, path: str) -> bool:
        return self._writes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Queries and mutations share a path: which of them it is only the body says."""
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox/"):
            await super().__call__(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        sent = False

        async def again() -> Message:
            nonlocal sent
            if sent:
                return await receive()
            sent = True
            return {"type": "http.request", "body": body, "more_body": False}

        self._writes = _is_mutation(body)  # read before the next `await`
        await super().__call__(scope, again, send)

    # ------------------------------------------------------------------------------------------------------ API

    async def _graphql(self, request: Request) -> Response:
        if request.headers.get("x-shopify-access-token") != self.access_token:
            said = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return JSONResponse({"errors": said}, status_code=401)
        try:
            asked = json.loads(await request.body())
            text, variables = asked["query"], asked.get("variables") or {}
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"errors": {"query": "Required parameter missing or invalid"}}, status_code=400)
        root = nodes.queries(self.held, self.scopes) | {
            "tagsAdd": lambda _info, **said: self._tag(said["id"], said["tags"], present=True),
            "tagsRemove": lambda _info, **said: self._tag(said["id"], said["tags"], present=False),
            "orderCancel": self._cancel,
            "fulfillmentCreate": self._fulfil,
        }
        return JSONResponse(answer(root, self._throttle, text, variables))

    def _order(self, gid: str) -> Order | None:
        tail = gid.rpartition("/")[2]
        return self.held.orders.get(int(tail)) if tail.isdecimal() else None

    def _tag(self, gid: str, tags: list[str], *, present: bool) -> dict[str, Any]:
        order = self._order(gid)
        if order is None:
            return {"userErrors": [{"field": ["id"], "message": "Resource does not exist"}]}
        self._acts.tag(order, tags, present=present)
        return {"userErrors": []}

    def _cancel(self, _info: Any, orderId: str, reason: str, restock: bool, **_others: Any) -> dict[str, Any]:  # noqa: N803
        order, message = self._order(orderId), ""
        if order is None:
            message = "Order does not exist"
        elif order.cancelled_at:
            message = "Order has already been cancelled"
        elif order.fulfilments:
            message = "Cannot cancel an order that has fulfillments"
        if order is None or message:
            return {"job": None, "orderCancelUserErrors": [{"field": ["orderId"], "message": message}]}
        self._acts.cancel_order(order.id, reason=reason.lower(), restock=restock)
        job = f"gid://shopify/Job/{self.held.new_id()}"
        return {"job": {"id": job, "done": False}, "orderCancelUserErrors": []}

    def _fulfil(self, _info: Any, fulfillment: dict[str, Any]) -> dict[str, Any]:
        tracking = fulfillment.get("trackingInfo") or {}
        try:
            (part,) = fulfillment["lineItemsByFulfillmentOrder"]
            order = self._order(part["fulfillmentOrderId"])
            if order is None:
                raise ValueError("Fulfillment order does not exist")
            asked = part.get("fulfillmentOrderLineItems")
            lines = [{"line": int(each["id"].rpartition("/")[2]), "quantity": each["quantity"]} for each in asked or []]
            made = self._acts.fulfil_order(
                order.id,
                lines=lines or None,
                tracking=tracking.get("number"),
                carrier=tracking.get("company"),
                url=tracking.get("url"),
            )
        except ValueError as fault:
            return {"fulfillment": None, "userErrors": [{"field": ["fulfillment"], "message": str(fault)}]}
        parcel = next(each for each in order.fulfilments if each.id == made["fulfilment"])
        return {"fulfillment": nodes.fulfilment(parcel, order), "userErrors": []}

    # ------------------------------------------------------------------------------------------------- webhooks

    def _hooks(self, *said: tuple[str, dict[str, Any]]) -> None:
        """All topics of one action carry one event id."""
        self._event += 1
        event_id = str(uuid5(NAMESPACE_DNS, f"{self._event}.{self.shop}"))
        for count, (topic, body) in enumerate(said):
            raw = json.dumps(body, separators=(",", ":")).encode()
            at = self.now() + timedelta(microseconds=count)  # each delivery has an id of its own
            headers = headers_of(self.secret, self.shop, self.api_version, topic, raw, at, event_id)
            self.deliver(topic, headers, raw)

    @staticmethod
    def _shown(order: Order) -> dict[str, Any]:
        return {
            "id": str(order.id),
            "name": f"#{order.number}",
            "currency": order.currency,
            "total": rest.major(order.total, order.currency),
            "current_total": rest.major(order.current_total, order.currency),
            "paid": rest.major(order.paid, order.currency),
            "refunded": rest.major(order.refunded, order.currency),
            "financial_status": order.financial_status,
            "fulfilment_status": order.fulfilment_status,
            "tags": order.tags,
            "cancelled": order.cancelled_at is not None,
            "refunds": [
                {
                    "id": str(each.id),
                    "amount": rest.major(sum(step.amount for step in each.transactions), order.currency),
                }
                for each in order.refunds
            ],
            "fulfilments": [
                {"id": str(each.id), "tracking": each.tracking, "status": each.shipment_status or "success"}
                for each in order.fulfilments
            ],
            "transactions": [
                {
                    "id": str(each.id),
                    "kind": each.kind,
                    "gateway": each.gateway,
                    "amount": rest.major(each.amount, order.currency),
                    "status": each.status,
                    "payment_id": each.payment_id,
                }
                for each in order.transactions
            ],
        }


def _is_mutation(body: bytes) -> bool:
    try:
        return str(json.loads(body)["query"]).lstrip().startswith("mutation")
    except (ValueError, KeyError, TypeError):
        return False
