"""The HTTP side of Stripe's stand-in: keys, form parameters, pages, expansion, idempotency, errors, limits."""

import hmac
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.stripe.sandbox_ledger import ApiError, Ledger, invalid
from connectors.stripe.sandbox_params import Params
from connectors.stripe.sandbox_shapes import EXPANDABLE, Thing, listed, view

Action = Callable[[Params, str], Thing]  # (parameters, the id in the path) -> the object

_KEY_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The first answer to an idempotency key."""

    at: datetime
    asked: tuple[str, tuple[tuple[str, str], ...]]
    status: int
    body: Any
    request_id: str


@dataclass(eq=False)
class Api:
    ledger: Ledger
    api_key: str
    api_version: str
    calls_per_second: int
    _kept: dict[str, _Kept] = field(default_factory=dict)
    _recent: deque[datetime] = field(default_factory=deque)

    def routes(self) -> list[Route]:
        lists = ("payment_intent", "charge", "refund", "dispute", "customer", "checkout.session", "event")
        paths = {name: f"/v1/{name.replace('.', '/')}s" for name in lists}
        reads = [Route(path, self._read(self._lister(name, path))) for name, path in paths.items()]
        reads += [Route(f"{path}/{{id}}", self._read(self._getter(name))) for name, path in paths.items()]
        writes: dict[str, Action] = {
            "/v1/payment_intents": self._create_intent,
            "/v1/payment_intents/{id}/confirm": self._confirm,
            "/v1/payment_intents/{id}/capture": self._capture,
            "/v1/payment_intents/{id}/cancel": self._cancel,
            "/v1/refunds": self._refund,
            "/v1/customers": self._create_customer,
            "/v1/customers/{id}": self._update_customer,
            "/v1/checkout/sessions": self._create_session,
            "/v1/checkout/sessions/{id}/expire": self._expire_session,
        }
        posts = [Route(path, self._write(action), methods=["POST"]) for path, action in writes.items()]
        return [
            *posts,
            *reads,
            Route("/v1/account", self._read(self._account)),
            Route("/v1/balance", self._read(self._balance)),
            Route("/{path:path}", self._nowhere, methods=["GET", "POST", "DELETE"]),
        ]

    # ---------------------------------------------------------------------------------------------------- answers

    def _answer(self, request: Request, status: int, body: Any, request_id: str, **headers: str) -> Response:
        return JSONResponse(
            body,
            status_code=status,
            headers={
                "Date": format_datetime(self.ledger.now(), usegmt=True),
                "Request-Id": request_id,
                "Stripe-Version": self._version(request),
                **headers,
            },
        )

    def _version(self, request: Request) -> str:
        return request.headers.get("stripe-version") or self.api_version

    def _admit(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.api_key}".encode()):
            raise ApiError(401, "invalid_request_error", "Invalid API Key provided: sk_test_*****")
        if not re.fullmatch(r"20\d\d-\d\d-\d\d(\.[a-z]+)?", self._version(request)):
            raise invalid(f"Invalid Stripe API version: {self._version(request)}")
        now = self.ledger.now()
        while self._recent and now - self._recent[0] >= timedelta(seconds=1):
            self._recent.popleft()
        if self.calls_per_second and len(self._recent) >= self.calls_per_second:
            raise ApiError(429, "invalid_request_error", "Request rate limit exceeded.", code="rate_limit")
        self._recent.append(now)

    async def _nowhere(self, request: Request) -> Response:
        message = f"Unrecognized request URL ({request.method}: {request.url.path})."
        return self._answer(request, 404, {"error": invalid(message).error}, self.ledger.new_id("req"))

    def _read(self, action: Action) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            request_id = self.ledger.new_id("req")
            try:
                self._admit(request)
                params = Params.of(parse_qsl(request.url.query, keep_blank_values=True))
                body = self._shown(request, action(params, request.path_params.get("id", "")), params)
                params.done()
            except ApiError as error:
                return self._answer(request, error.status, {"error": error.error}, request_id)
            return self._answer(request, 200, body, request_id)

        return endpoint

    def _write(self, action: Action) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            request_id, key = self.ledger.new_id("req"), request.headers.get("idempotency-key", "")
            pairs = parse_qsl((await request.body()).decode(), keep_blank_values=True)
            asked = (request.url.path, tuple(sorted(pairs)))
            try:
                self._admit(request)
                kept = self._kept.get(key) if key else None
                if kept and self.ledger.now() - kept.at < _KEY_LIFETIME:
                    return self._again(request, key, kept, asked, request_id)
                params = Params.of(pairs)
                params.check(self._allowed(request))
            except ApiError as error:
                return self._answer(request, error.status, {"error": error.error}, request_id)
            try:
                expand = Params.of([pair for pair in pairs if pair[0].startswith("expand")])
                status, body = 200, self._shown(request, action(params, request.path_params.get("id", "")), expand)
            except ApiError as error:
                status, body = error.status, {"error": error.error}
            headers = {"Stripe-Should-Retry": "false"}
            if key:
                self._kept[key] = _Kept(self.ledger.now(), asked, status, body, request_id)
                headers |= {"Idempotency-Key": key, "Original-Request": request_id}
            return self._answer(request, status, body, request_id, **headers)

        return endpoint

    def _again(self, request: Request, key: str, kept: _Kept, asked: Any, request_id: str) -> Response:
        if kept.asked != asked:
            raise ApiError(
                400,
                "idempotency_error",
                "Keys for idempotent requests can only be used with the same parameters they were first used with.",
            )
        headers = {"Idempotency-Key": key, "Original-Request": kept.request_id, "Idempotent-Replayed": "true"}
        return self._answer(request, kept.status, kept.body, request_id, **headers)

    def _allowed(self, request: Request) -> frozenset[str]:
        path = request.url.path.replace(request.path_params.get("id", "\0"), "{id}")
        return _PARAMETERS[path]

    def _shown(self, request: Request, thing: Thing, params: Params) -> Thing:
        expand = frozenset(params.many("expand"))
        version = self._version(request)
        if thing.get("object") == "list":
            inner = frozenset(each.removeprefix("data.") for each in expand)
            data = [self._view(each, version, inner) for each in thing["data"]]
            return {**thing, "data": data}
        return self._view(thing, version, expand)

    def _view(self, thing: Thing, version: str, expand: frozenset[str]) -> Thing:
        known = {
            *EXPANDABLE.get(thing.get("object", ""), ()),
            *({"refunds"} if thing.get("object") == "charge" else ()),
        }
        for each in expand:
            if each.split(".")[0] not in known:
                raise invalid(f"This property cannot be expanded ({each}).", param="expand")
        return view(thing, version, self.ledger.find, self.ledger.inner, expand)

    # ------------------------------------------------------------------------------------------------------ reads

    def _getter(self, name: str) -> Action:
        return lambda _, external_id: self.ledger.find(name, external_id)

    def _lister(self, name: str, path: str) -> Action:
        def list_(params: Params, _: str) -> Thing:
            limit = params.integer("limit", 10)
            if not 1 <= limit <= 100:
                raise invalid("Invalid integer: limit must be within 1 and 100.", param="limit")
            items = [thing for thing in self.ledger.all(name) if params.selects(thing)]
            after, before = params.text("starting_after"), params.text("ending_before")
            ids = [thing["id"] for thing in items]
            for param, anchor in (("starting_after", after), ("ending_before", before)):
                if anchor and anchor not in ids:
                    raise invalid(f"No such {name}: '{anchor}'", code="resource_missing", param=param)
            if before:
                newer = items[: ids.index(before)]
                return listed(newer[-limit:], len(newer) > limit, path)
            rest = items[ids.index(after) + 1 :] if after else items
            return listed(rest[:limit], len(rest) > limit, path)

        return list_

    def _account(self, _: Params, __: str) -> Thing:
        return {"id": "acct_3Sandbox", "object": "account", "country": "US", "default_currency": "usd"}

    def _balance(self, _: Params, __: str) -> Thing:
        return {"object": "balance", "available": [], "pending": [], "livemode": False}

    # ----------------------------------------------------------------------------------------------------- writes

    def _create_intent(self, params: Params, _: str) -> Thing:
        intent = self.ledger.create_intent(
            amount=params.integer("amount"),
            currency=params.required("currency"),
            capture_method=params.text("capture_method") or "automatic_async",
            metadata=params.pairs("metadata"),
            receipt_email=params.text("receipt_email"),
            description=params.text("description"),
            customer=params.text("customer"),
            payment_method=params.text("payment_method"),
        )
        return self._try(intent) if params.text("confirm") == "true" else intent

    def _confirm(self, params: Params, external_id: str) -> Thing:
        intent = self.ledger.find("payment_intent", external_id, "intent")
        intent["payment_method"] = params.text("payment_method") or intent["payment_method"]
        return self._try(intent)

    def _try(self, intent: Thing) -> Thing:
        if not intent["payment_method"]:
            raise invalid("You cannot confirm this PaymentIntent because it's missing a payment method.")
        self.ledger.confirm(intent, decline=intent["payment_method"] == "pm_card_chargeDeclined")
        error = intent["last_payment_error"]
        if error:
            more = {name: error[name] for name in ("decline_code", "charge", "doc_url")}
            raise ApiError(
                402, "card_error", error["message"], code="card_declined", payment_intent=dict(intent), **more
            )
        return intent

    def _capture(self, params: Params, external_id: str) -> Thing:
        intent = self.ledger.find("payment_intent", external_id, "intent")
        captured = self.ledger.capture(intent, params.whole("amount_to_capture"))
        captured["metadata"] |= params.pairs("metadata")
        return captured

    def _cancel(self, params: Params, external_id: str) -> Thing:
        intent = self.ledger.find("payment_intent", external_id, "intent")
        return self.ledger.cancel(intent, params.text("cancellation_reason"))

    def _refund(self, params: Params, _: str) -> Thing:
        intent, charge = params.text("payment_intent"), params.text("charge")
        if intent:
            charge = self.ledger.find("payment_intent", intent, "payment_intent")["latest_charge"]
            if not charge:
                raise invalid(f"This PaymentIntent ({intent}) does not have a successful charge to refund.")
        if not charge:
            raise invalid("One of the following params should be provided: payment_intent or charge.")
        return self.ledger.refund(
            self.ledger.find("charge", charge, "charge"),
            params.whole("amount"),
            reason=params.text("reason"),
            metadata=params.pairs("metadata"),
        )

    def _create_customer(self, params: Params, _: str) -> Thing:
        given = {name: params.text(name) for name in ("email", "name", "phone", "description")}
        return self.ledger.create_customer(**given, metadata=params.pairs("metadata"))

    def _update_customer(self, params: Params, external_id: str) -> Thing:
        given = {name: params.text(name) for name in ("email", "name", "phone", "description")}
        return self.ledger.update_customer(self.ledger.find("customer", external_id), **given)

    def _create_session(self, params: Params, _: str) -> Thing:
        lines = params.lines()
        return self.ledger.create_session(
            amount=sum(price * quantity for price, quantity, _ in lines),
            currency=lines[0][2],
            client_reference_id=params.text("client_reference_id"),
            customer_email=params.text("customer_email"),
            metadata=params.pairs("metadata"),
            success_url=params.text("success_url"),
        )

    def _expire_session(self, _: Params, external_id: str) -> Thing:
        return self.ledger.expire_session(self.ledger.find("checkout.session", external_id))


_INTENT = "amount currency capture_method metadata receipt_email description customer payment_method confirm"
_CUSTOMER = "email name phone description metadata"
_PARAMETERS: dict[str, frozenset[str]] = {
    path: frozenset(f"{names} expand".split())
    for path, names in {
        "/v1/payment_intents": f"{_INTENT} payment_method_types automatic_payment_methods",
        "/v1/payment_intents/{id}/confirm": "payment_method",
        "/v1/payment_intents/{id}/capture": "amount_to_capture metadata",
        "/v1/payment_intents/{id}/cancel": "cancellation_reason",
        "/v1/refunds": "payment_intent charge amount reason metadata",
        "/v1/customers": _CUSTOMER,
        "/v1/customers/{id}": _CUSTOMER,
        "/v1/checkout/sessions": "mode line_items client_reference_id customer_email metadata success_url cancel_url",
        "/v1/checkout/sessions/{id}/expire": "",
    }.items()
}
