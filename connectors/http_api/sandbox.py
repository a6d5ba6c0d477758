"""A small ERP, invented: the stand-in for the first example of docs/connectors/http.md.

It keeps sales orders by the reference of whoever writes them (PUT, again and again, is one), and invoices that its
people make. It tells of both by webhook (`X-Erp-Signature: sha256=<hex>`) and lists what changed, a page at a time.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.domain.clock import parse_time, rfc3339
from hub.sandbox import Act, Sandbox

_NEEDED = ("amount", "currency", "lines")


@dataclass(eq=False)
class ErpSandbox(Sandbox):
    token: str = "erp-token"
    page_size: int = 2
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    invoices: dict[str, dict[str, Any]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [
            Route("/api/me", self._me),
            Route("/api/sales-orders", self._list_orders),
            Route("/api/sales-orders/{reference}", self._put_order, methods=["PUT"]),
            Route("/api/sales-orders/{reference}", self._one_order, methods=["GET"]),
            Route("/api/invoices", self._list_invoices),
            Route("/api/invoices/{id}", self._one_invoice),
        ]

    def acts(self) -> Mapping[str, Act]:
        return {"enter": self.enter, "change": self.change, "invoice": self.invoice, "pay": self.pay}

    def state(self) -> dict[str, Any]:
        return {"orders": list(self.orders.values()), "invoices": list(self.invoices.values())}

    # ------------------------------------------------------------------------------------------------ its people

    def enter(self, amount: str = "120.50", currency: str = "USD") -> dict[str, Any]:
        """A sale over the counter, which nobody else knows of."""
        reference = f"counter-{len(self.orders) + 1}"
        return self._save(self.orders, reference, {"reference": reference, **_content(amount, currency)}, "sales_order")

    def change(self, reference: str, **more: Any) -> dict[str, Any]:
        return self._save(self.orders, reference, self.orders[reference] | more, "sales_order")

    def invoice(self, reference: str) -> dict[str, Any]:
        sale, number = self.orders[reference], f"INV-{len(self.invoices) + 1:05}"
        content = {name: sale[name] for name in ("reference", "amount", "currency")} | {"id": number, "state": "sent"}
        return self._save(self.invoices, number, content, "invoice")

    def pay(self, id: str) -> dict[str, Any]:
        return self._save(self.invoices, id, self.invoices[id] | {"state": "settled"}, "invoice")

    def _save(self, shelf: dict[str, dict[str, Any]], key: str, content: dict[str, Any], kind: str) -> dict[str, Any]:
        known, now = shelf.get(key), rfc3339(self.now())
        if known is not None and all(known.get(name) == value for name, value in content.items()):
            return known  # the same again is no change, and nobody is told
        shelf[key] = {
            **content,
            "revision": known["revision"] + 1 if known else 1,
            "created": known["created"] if known else now,
            "changed": now,
        }
        self._tell(kind, shelf[key])
        return shelf[key]

    def _tell(self, kind: str, thing: Mapping[str, Any]) -> None:
        body = json.dumps({"event": f"{kind}.changed", "data": thing}).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        self.deliver(f"{kind}.changed", {"X-Erp-Signature": f"sha256={signature}"}, body)

    # --------------------------------------------------------------------------------------------------- its API

    def _refused(self, request: Request) -> Response | None:
        if request.headers.get("authorization") != f"Bearer {self.token}":
            return JSONResponse({"error": "no such token"}, status_code=401)
        return None

    async def _me(self, request: Request) -> Response:
        return self._refused(request) or JSONResponse({"company": "Example Ltd"})

    async def _put_order(self, request: Request) -> Response:
        if (refused := self._refused(request)) is not None:
            return refused
        reference, given = request.path_params["reference"], await request.json()
        if missing := [name for name in _NEEDED if not given.get(name)]:
            return JSONResponse({"error": f"{missing[0]} is missing"}, status_code=422)
        known = reference in self.orders
        content = {"state": "open"} | {name: given[name] for name in _NEEDED} | {"reference": reference}
        saved = self._save(self.orders, reference, content, "sales_order")
        return JSONResponse(saved, status_code=200 if known else 201)

    async def _one_order(self, request: Request) -> Response:
        return self._refused(request) or _one(self.orders.get(request.path_params["reference"]))

    async def _one_invoice(self, request: Request) -> Response:
        return self._refused(request) or _one(self.invoices.get(request.path_params["id"]))

    async def _list_orders(self, request: Request) -> Response:
        return self._refused(request) or self._page(request, list(self.orders.values()))

    async def _list_invoices(self, request: Request) -> Response:
        return self._refused(request) or self._page(request, list(self.invoices.values()))

    def _page(self, request: Request, things: list[dict[str, Any]]) -> Response:
        """What changed since, oldest change first; `next` is the token of the next page, or null."""
        since = parse_time(request.query_params["changed_since"])
        start = int(request.query_params.get("page_token", "0"))
        changed = sorted((each for each in things if _changed(each) >= since), key=_changed)
        end = start + self.page_size
        following = str(end) if end < len(changed) else None
        return JSONResponse({"items": changed[start:end], "next": following})


def _content(amount: str, currency: str) -> dict[str, Any]:
    return {"state": "open", "amount": amount, "currency": currency, "lines": [{"sku": "MUG", "quantity": 1}]}


def _changed(thing: Mapping[str, Any]) -> datetime:
    return parse_time(thing["changed"])


def _one(thing: Mapping[str, Any] | None) -> Response:
    return JSONResponse(thing) if thing is not None else JSONResponse({"error": "not found"}, status_code=404)
