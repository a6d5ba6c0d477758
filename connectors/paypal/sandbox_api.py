"""The HTTP side of PayPal's stand-in: tokens, request ids, representations, pages, errors, certificates."""

import base64
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.paypal import sandbox_views as views
from connectors.paypal.sandbox_ledger import ApiError, Ledger, Thing, missing
from connectors.paypal.sandbox_webhooks import Webhooks
from hub.domain.clock import parse_time

_DISPUTES_SHOWN = timedelta(days=180)
_TOKEN_LIVES = timedelta(hours=9)
_KEY_LIVES = {"/v2/payments": timedelta(days=45), "/v2/checkout": timedelta(hours=6)}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was let in."""

    id: str
    query: dict[str, str]
    body: Any
    whole: bool  # Prefer: return=representation


Answer = tuple[int, Any]
Endpoint = Callable[[Call], Answer]


@dataclass(eq=False)
class Api:
    ledger: Ledger
    webhooks: Webhooks
    client_id: str
    client_secret: str
    base: Callable[[], str]
    chain: bytes
    tokens: dict[str, datetime] = field(default_factory=dict)
    _kept: dict[tuple[str, str], tuple[datetime, str]] = field(default_factory=dict)
    _issued: int = 0

    def routes(self) -> list[Route]:
        held, taken = "/v2/payments/authorizations/{id}", "/v2/payments/captures/{id}"
        hooks = "/v1/notifications/webhooks"
        table: list[tuple[str, str, Endpoint]] = [
            ("POST", "/v2/checkout/orders", self._create_order),
            ("GET", "/v2/checkout/orders/{id}", self._getter(self.ledger.orders, views.order)),
            ("POST", "/v2/checkout/orders/{id}/capture", self._capture_order),
            ("GET", held, self._getter(self.ledger.authorizations, views.authorization)),
            ("POST", f"{held}/capture", self._capture),
            ("POST", f"{held}/void", self._void),
            ("GET", taken, self._getter(self.ledger.captures, views.capture)),
            ("POST", f"{taken}/refund", self._refund),
            ("GET", "/v2/payments/refunds/{id}", self._getter(self.ledger.refunds, views.refund)),
            ("GET", "/v1/customer/disputes", self._disputes),
            ("GET", "/v1/customer/disputes/{id}", self._getter(self.ledger.disputes, views.dispute)),
            ("GET", "/v1/reporting/transactions", self._transactions),
            ("GET", hooks, lambda _: (200, {"webhooks": self.webhooks.shown()})),
            ("POST", hooks, lambda call: (201, self.webhooks.create(call.body))),
            ("PATCH", f"{hooks}/{{id}}", lambda call: (200, self.webhooks.patch(call.id, call.body))),
            ("GET", "/v1/notifications/webhooks-events", self._events),
        ]
        return [
            Route("/v1/oauth2/token", self._token, methods=["POST"]),
            Route("/v1/notifications/certs/{id}", self._certificate),
            *(Route(path, self._endpoint(endpoint), methods=[method]) for method, path, endpoint in table),
            Route("/{path:path}", self._endpoint(_nowhere), methods=["GET", "POST", "PATCH", "DELETE"]),
        ]

    async def _token(self, request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        pair = base64.b64encode(f"{self.client_id}:{self.client_secret}".encode())
        form = (await request.body()).decode(errors="replace")
        if not hmac.compare_digest(given, b"Basic " + pair) or "grant_type=client_credentials" not in form:
            error = {"error": "invalid_client", "error_description": "Client Authentication failed"}
            return JSONResponse(error, status_code=401)
        self._issued += 1
        token = f"A21AA-sandbox-{self._issued}"
        self.tokens[token] = self.ledger.now() + _TOKEN_LIVES
        seconds = int(_TOKEN_LIVES.total_seconds())
        return JSONResponse({"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": "openid"})

    async def _certificate(self, _: Request) -> Response:
        return Response(self.chain, media_type="application/x-pem-file")

    def _endpoint(self, endpoint: Endpoint) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            try:
                status, body = self._once(endpoint, request, await request.body())
            except ApiError as error:
                status, body = error.status, {**error.error, "debug_id": f"d{self.ledger.made:012x}", "links": []}
            headers = {"Paypal-Debug-Id": f"d{self.ledger.made:012x}"}
            return JSONResponse(body, status, headers) if body is not None else Response(None, status, headers)

        return answer

    def _once(self, endpoint: Endpoint, request: Request, body: bytes) -> Answer:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens.get(token, self.ledger.now()) <= self.ledger.now():
            words = "Authentication failed due to missing authorization header, or invalid authentication credentials."
            raise ApiError(401, "AUTHENTICATION_FAILURE", words)
        try:
            given = json.loads(body) if body else None
        except ValueError:
            words = "Request is not well-formed, syntactically incorrect, or violates schema."
            raise ApiError(400, "INVALID_REQUEST", words) from None
        whole = "return=representation" in request.headers.get("prefer", "")
        call = Call(request.path_params.get("id", ""), dict(request.query_params), given, whole)
        key = request.headers.get("paypal-request-id", "")
        lives = next((each for prefix, each in _KEY_LIVES.items() if request.url.path.startswith(prefix)), None)
        if request.method != "POST" or not key or lives is None:
            return endpoint(call)
        kept = self._kept.get((request.url.path, key))
        if kept and self.ledger.now() < kept[0] + lives:
            return 201, self._made(kept[1], call)
        status, answer = endpoint(call)
        if isinstance(answer, dict):
            self._kept[request.url.path, key] = self.ledger.now(), answer["id"]
        return status, answer

    # -------------------------------------------------------------------------------------------------- resources

    def _getter(self, of: dict[str, Thing], show: Callable[[Ledger, Thing, str], Thing]) -> Endpoint:
        return lambda call: (200, show(self.ledger, self.ledger.find(of, call.id), self.base()))

    def _made(self, external_id: str, call: Call) -> Thing:
        """What was made, as it is now: a repeated request id shows the latest state."""
        ledger = self.ledger
        things = (
            (ledger.orders, views.order),
            (ledger.captures, views.capture),
            (ledger.refunds, views.refund),
        )
        show, thing = next((show, of[external_id]) for of, show in things if external_id in of)
        shown = show(ledger, thing, self.base())
        return shown if call.whole else {name: shown[name] for name in ("id", "status", "links")}

    def _create_order(self, call: Call) -> Answer:
        unit = {name: found for name, found in call.body["purchase_units"][0].items() if name != "reference_id"}
        return 201, self._made(self.ledger.create_order(call.body["intent"], unit)["id"], call)

    def _capture_order(self, call: Call) -> Answer:
        order = self.ledger.find(self.ledger.orders, call.id)
        self.ledger.capture_order(order)
        return 201, self._made(order["id"], call)

    def _capture(self, call: Call) -> Answer:
        held, given = self.ledger.find(self.ledger.authorizations, call.id), call.body or {}
        taken = self.ledger.capture(held, given.get("amount"), final=given.get("final_capture", False))
        return 201, self._made(taken["id"], call)

    def _void(self, call: Call) -> Answer:
        held = self.ledger.void(self.ledger.find(self.ledger.authorizations, call.id))
        return (200, views.authorization(self.ledger, held, self.base())) if call.whole else (204, None)

    def _refund(self, call: Call) -> Answer:
        taken, given = self.ledger.find(self.ledger.captures, call.id), call.body or {}
        named = {name: given.get(name, "") for name in ("custom_id", "invoice_id", "note_to_payer")}
        return 201, self._made(self.ledger.refund(taken, given.get("amount"), **named)["id"], call)

    # ------------------------------------------------------------------------------------------------------ lists

    def _events(self, call: Call) -> Answer:
        start, end = _time(call, "start_time"), _time(call, "end_time")
        found = [each for each in reversed(self.webhooks.events) if _within(each["create_time"], start, end)]
        page, links = self._page(call, "/v1/notifications/webhooks-events", found, most=1000)
        return 200, {"events": page, "count": len(page), "links": links}

    def _disputes(self, call: Call) -> Answer:
        start, end = _time(call, "update_time_after"), _time(call, "update_time_before")
        if start and start < self.ledger.now() - _DISPUTES_SHOWN:
            raise ApiError(400, "INVALID_REQUEST", "update_time_after must be within the last 180 days.")
        all_ = [views.dispute_row(self.ledger, each, self.base()) for each in reversed(self.ledger.disputes.values())]
        found = [each for each in all_ if _within(each["update_time"], start, end)]
        page, links = self._page(call, "/v1/customer/disputes", found, most=50)
        return 200, {**({"items": page} if page else {}), "links": links}

    def _transactions(self, call: Call) -> Answer:
        start, end = _time(call, "start_date"), _time(call, "end_date")
        if start is None or end is None or end - start > timedelta(days=31):
            raise ApiError(400, "INVALID_REQUEST", "Date range is greater than 31 days or absent.")
        ledger = self.ledger
        kinds = ((ledger.authorizations, "T1300"), (ledger.captures, "T0006"), (ledger.refunds, "T1107"))
        found = [
            views.transaction(ledger, each, code)
            for of, code in kinds
            for each in of.values()
            if _within(each["create_time"], start, end)
        ]
        size, number = int(call.query.get("page_size", "100")), int(call.query.get("page", "1"))
        page = found[(number - 1) * size : number * size]
        total = -(-len(found) // size)
        path = "/v1/reporting/transactions"
        links = [{"href": f"{self.base()}{path}?{urlencode(call.query)}", "rel": "self", "method": "GET"}]
        if number < total:
            query = urlencode({**call.query, "page": str(number + 1)})
            links.append({"href": f"{self.base()}{path}?{query}", "rel": "next", "method": "GET"})
        rows = {"transaction_details": page} if page else {}
        return 200, {**rows, "page": number, "total_items": len(found), "total_pages": total, "links": links}

    def _page(self, call: Call, path: str, found: list[Thing], most: int) -> tuple[list[Thing], list[Thing]]:
        size = min(int(call.query.get("page_size", "10")), most)
        token = call.query.get("next_page_token", "")
        start = int(base64.b64decode(token)) if token else 0
        links = [{"href": f"{self.base()}{path}?{urlencode(call.query)}", "rel": "self", "method": "GET"}]
        if start + size < len(found):
            following = base64.b64encode(str(start + size).encode()).decode()
            query = urlencode({**call.query, "next_page_token": following})
            links.append({"href": f"{self.base()}{path}?{query}", "rel": "next", "method": "GET"})
        return found[start : start + size], links


def _nowhere(_: Call) -> Answer:
    raise missing()


def _time(call: Call, name: str) -> datetime | None:
    given = call.query.get(name)
    if given is None:
        return None
    if not _TIME.fullmatch(given):
        raise ApiError(400, "VALIDATION_ERROR", f"{name} is no date-time")
    return parse_time(given)


def _within(text: str, start: datetime | None, end: datetime | None) -> bool:
    at = parse_time(text)
    return (start is None or start <= at) and (end is None or at <= end)
