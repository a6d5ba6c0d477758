"""A stand-in of a WooCommerce store: the REST API (wc/v3) in part, signed webhooks, and what staff and buyers do.

Like the vendor it sends each webhook once, signs bodies only, repeats delivery ids within a second, switches webhooks
off after a row of failures, does not date an order by its refunds, keeps trash out of the usual list, knows no
idempotency key, and gives money back through the gateway with each refund unless it is told not to.
"""

import base64
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connectors.woocommerce import sandbox_shapes as shapes
from connectors.woocommerce.audit import TOPICS
from connectors.woocommerce.inbound import headers_of
from connectors.woocommerce.sandbox_acts import Acts
from connectors.woocommerce.sandbox_store import Customer, Invalid, Order, Refund, Store, Webhook, minor_of
from hub.sandbox import Act, Sandbox

_STATUSES = ("pending", "processing", "on-hold", "completed", "cancelled", "refunded", "failed", "trash")
_BASE = "/wp-json/wc/v3"
MOST_ON_A_PAGE = 100  # more is refused; a site may be set to give less than it is asked for

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(eq=False)
class WooCommerceSandbox(Sandbox):
    """`delivery_url`: where somebody has subscribed to all topics by hand, with `secret`; "": nobody has."""

    store: str = "https://store.example"
    consumer_key: str = "ck_sandbox"
    consumer_secret: str = "cs_sandbox"
    currency: str = "USD"
    delivery_url: str = "https://hub.example/webhooks/store"
    orders_table: bool = True
    has_refund_list: bool = True  # stores before WooCommerce 9.0 have none
    held: Store = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.held = Store(now=self.now, orders_table=self.orders_table)
        self._acts = Acts(self.held, self._tell, self.currency)
        for topic in TOPICS if self.delivery_url else ():
            self._hook(f"By hand: {topic}", topic, self.delivery_url, "")

    def acts(self) -> Mapping[str, Act]:
        return self._acts.by_name()

    def routes(self) -> list[Route]:
        table: Sequence[tuple[str, str, Endpoint]] = (
            ("GET", "/data/currencies/current", self._currency),
            ("GET", "/orders", self._orders),
            ("GET", "/orders/{id:int}", self._order),
            ("PUT", "/orders/{id:int}", self._change_order),
            ("GET", "/orders/{id:int}/refunds", self._refunds_of),
            ("POST", "/orders/{id:int}/refunds", self._refund),
            ("GET", "/customers", self._customers),
            ("GET", "/customers/{id:int}", self._customer),
            ("GET", "/webhooks", self._webhooks),
            ("POST", "/webhooks", self._subscribe),
            ("PUT", "/webhooks/{id:int}", self._change_webhook),
        )
        if self.has_refund_list:
            table = (*table, ("GET", "/refunds", self._all_refunds))
        routes = [Route(_BASE + path, self._guarded(endpoint), methods=[method]) for method, path, endpoint in table]
        return [*routes, Route("/{rest:path}", _no_route, methods=["GET", "PUT", "POST", "DELETE"])]

    def state(self) -> dict[str, Any]:
        return {
            "orders": [
                shapes.order(each, self.store)
                | {"history": each.history, "refunds": [shapes.refund(r, each, self.store) for r in each.refunds]}
                for each in self.held.orders.values()
            ],
            "customers": [shapes.customer(each, self.store) for each in self.held.customers.values()],
            "webhooks": [shapes.webhook(each, self.store) for each in self.held.webhooks.values()],
        }

    # ------------------------------------------------------------------------------------------------- webhooks

    def _tell(self, topic: str, about: Order | Customer | int) -> None:
        """To each active subscription. Of what is gone only the id is told."""
        if isinstance(about, Order):
            body = shapes.order(about, self.store)
        elif isinstance(about, Customer):
            body = shapes.customer(about, self.store)
        else:
            body = {"id": about}
        encoded = shapes.encode(body)
        for each in self.held.webhooks.values():
            if each.topic == topic and each.status == "active":
                headers = headers_of(each.secret or self.secret, self.store, topic, encoded, self.now(), each.id)
                self.deliver(topic, headers, encoded)

    def _hook(self, name: str, topic: str, delivery_url: str, secret: str) -> Webhook:
        made = Webhook(self.held.new_id(), name, topic, delivery_url, secret, self.held.second())
        self.held.webhooks[made.id] = made
        return made

    # ------------------------------------------------------------------------------------------------------ API

    def _guarded(self, endpoint: Endpoint) -> Endpoint:
        wanted = base64.b64encode(f"{self.consumer_key}:{self.consumer_secret}".encode()).decode()

        async def guarded(request: Request) -> Response:
            if request.headers.get("authorization") != f"Basic {wanted}":
                return _error(Invalid(401, "woocommerce_rest_cannot_view", "Sorry, you cannot list resources."))
            try:
                return await endpoint(request)
            except Invalid as fault:
                return _error(fault)

        return guarded

    async def _currency(self, request: Request) -> Response:
        return _json({"code": self.currency, "name": self.currency, "symbol": self.currency})

    async def _orders(self, request: Request) -> Response:
        wanted = request.query_params.get("status", "any")
        found = [
            each
            for each in self.held.orders.values()
            if (each.status != "trash" if wanted == "any" else each.status == wanted)
        ]
        after = _time(request, "modified_after")
        found = [each for each in found if after is None or each.modified_at > after]
        return _page(request, found, lambda each: shapes.order(each, self.store))

    async def _order(self, request: Request) -> Response:
        return _json(shapes.order(self.held.order(request.path_params["id"]), self.store))

    async def _change_order(self, request: Request) -> Response:
        order = self.held.order(request.path_params["id"], status=400)
        said = await _body(request)
        status = said.get("status")
        if status is not None and status not in _STATUSES:
            raise Invalid(400, "rest_invalid_param", "Invalid parameter(s): status")
        if status is not None:
            self.held.set_status(order, status)
        touched = self.held.set_fields(order, _fields(said))
        if touched and self.held.orders_table:
            order.modified_at = self.held.later(order.modified_at)
        self._tell("order.updated", order)
        return _json(shapes.order(order, self.store))

    async def _refunds_of(self, request: Request) -> Response:
        order = self.held.order(request.path_params["id"])
        return _page(request, order.refunds, lambda each: shapes.refund(each, order, self.store))

    async def _all_refunds(self, request: Request) -> Response:
        after = _time(request, "after")
        found = [
            refund
            for order in self.held.orders.values()
            for refund in order.refunds
            if after is None or refund.at > after
        ]
        return _page(request, found, self._with_parent)

    def _with_parent(self, refund: Refund) -> dict[str, Any]:
        return shapes.refund(refund, self.held.orders[refund.order], self.store) | {"parent_id": refund.order}

    async def _refund(self, request: Request) -> Response:
        order = self.held.order(request.path_params["id"])
        said = await _body(request)
        try:
            amount = minor_of(said.get("amount", "0"), order.currency)
        except ValueError:
            raise Invalid(400, "rest_invalid_param", "Invalid parameter(s): amount") from None
        by_gateway = said.get("api_refund", True) is not False
        refund = self.held.give_back(order, amount, str(said.get("reason") or ""), [], by_gateway=by_gateway)
        self.held.set_fields(refund, _fields(said))
        self._tell("order.updated", order)
        return _json(shapes.refund(refund, order, self.store), 201)

    async def _customers(self, request: Request) -> Response:
        found = list(self.held.customers.values())
        return _page(request, found, lambda each: shapes.customer(each, self.store))

    async def _customer(self, request: Request) -> Response:
        found = self.held.customers.get(request.path_params["id"])
        if found is None:
            raise Invalid(404, "woocommerce_rest_invalid_id", "Invalid resource ID.")
        return _json(shapes.customer(found, self.store))

    async def _webhooks(self, request: Request) -> Response:
        found = list(self.held.webhooks.values())
        return _page(request, found, lambda each: shapes.webhook(each, self.store))

    async def _subscribe(self, request: Request) -> Response:
        said = await _body(request)
        if not str(said.get("delivery_url", "")).startswith(("http://", "https://")):
            raise Invalid(
                400, "woocommerce_rest_shop_webhook_invalid_delivery_url", "Webhook delivery URL must be valid."
            )
        if str(said.get("topic")) not in TOPICS:
            raise Invalid(400, "woocommerce_rest_shop_webhook_invalid_topic", "Webhook topic must be valid.")
        made = self._hook(str(said.get("name", "")), said["topic"], said["delivery_url"], said["secret"])
        ping = {"Content-Type": "application/x-www-form-urlencoded"}
        self.deliver("ping", ping, f"webhook_id={made.id}".encode())
        return _json(shapes.webhook(made, self.store), 201)

    async def _change_webhook(self, request: Request) -> Response:
        webhook = self.held.webhooks.get(request.path_params["id"])
        if webhook is None:
            raise Invalid(400, "woocommerce_rest_shop_webhook_invalid_id", "ID is invalid.")
        said = await _body(request)
        for name in ("name", "secret", "status", "delivery_url", "topic"):
            setattr(webhook, name, said.get(name) or getattr(webhook, name))
        return _json(shapes.webhook(webhook, self.store))


async def _no_route(_: Request) -> Response:
    return _error(Invalid(404, "rest_no_route", "No route was found matching the URL and request method."))


def _error(fault: Invalid) -> Response:
    return _json({"code": fault.code, "message": str(fault), "data": {"status": fault.status}}, fault.status)


def _json(said: Any, status: int = 200) -> Response:
    return Response(shapes.encode(said), status, media_type="application/json")


def _page(request: Request, found: Sequence[Any], shape: Callable[[Any], dict[str, Any]]) -> Response:
    """`offset` counts before `page`. Newest first, unless something else is asked for."""
    asked = request.query_params
    size, page = int(asked.get("per_page", "10")), int(asked.get("page", "1"))
    if not 1 <= size <= 100:
        raise Invalid(400, "rest_invalid_param", "Invalid parameter(s): per_page")
    ordered = sorted(found, key=lambda each: each.id, reverse=asked.get("order", "desc") != "asc")
    begin = int(asked.get("offset") or (page - 1) * size)
    size = min(size, MOST_ON_A_PAGE)
    answer = _json([shape(each) for each in ordered[begin : begin + size]])
    answer.headers["X-WP-Total"] = str(len(ordered))
    answer.headers["X-WP-TotalPages"] = str(-(-len(ordered) // size))
    return answer


def _time(request: Request, name: str) -> datetime | None:
    told = request.query_params.get(name)
    if told is None:
        return None
    if request.query_params.get("dates_are_gmt") != "true":
        raise Invalid(400, "sandbox_local_time", "a local time: the store's zone is nobody's business here")
    return datetime.fromisoformat(told).replace(tzinfo=UTC)


async def _body(request: Request) -> dict[str, Any]:
    try:
        said = await request.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Invalid(400, "rest_invalid_json", "Invalid JSON body passed.")
    return said


def _fields(said: Mapping[str, Any]) -> dict[str, Any]:
    return {each["key"]: each["value"] for each in said.get("meta_data", [])}
