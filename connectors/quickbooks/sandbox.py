"""A stand-in of QuickBooks Online: one company, its OAuth 2 server and its webhooks.

It holds item `1` ("Sales") and customer `1` ("Walk-in", in the home currency) from the start. Refresh tokens are
replaced at each use and the old one is dead at once, which is stricter than the vendor.
"""

import base64
import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any
from urllib.parse import parse_qs, unquote_plus
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.quickbooks.inbound import SIGNATURE, signature
from connectors.quickbooks.sandbox_books import Books, Declined, Json
from connectors.quickbooks.sandbox_query import BadQuery, parse
from hub.domain.clock import parse_time, rfc3339
from hub.sandbox import Act, Sandbox

_ENCODER = msgspec.json.Encoder(decimal_format="number")
_REACH = timedelta(days=30)
_FULL = 1000
_OPERATIONS = {"Create": "created", "Update": "updated", "Delete": "deleted", "Void": "voided"}


@dataclass(eq=False)
class QuickBooksSandbox(Sandbox):
    """`secret` is the webhooks' verifier token."""

    realm_id: str = "4620816365000000001"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-client-secret"
    refresh_token: str = "refresh-0"  # the first one
    token_lifetime: timedelta = timedelta(hours=1)
    currency: str = "USD"
    multicurrency: bool = True
    webhook_format: str = "cloudevents"  # or "legacy"
    per_minute: int = 1_000_000  # calls until 429; the vendor's own number is 500
    # Whether a spent refresh token is taken once more while nobody has used what it brought: a client that died before
    # it could keep the answer is let in again. What Intuit does then is not published; without it, a person has to.
    forgives_a_lost_answer: bool = False
    reused_refresh_tokens: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self.books = Books(lambda: self.now(), self._changed, self.currency, self.multicurrency)
        meta = {"CreateTime": self.books.time(), "LastUpdatedTime": self.books.time()}
        head: Json = {"domain": "QBO", "Id": "1", "SyncToken": "0", "sparse": False, "Active": True}
        self.books.objects["Item"]["1"] = {**head, "MetaData": dict(meta), "Name": "Sales", "Type": "Service"}
        self.books.objects["Customer"]["1"] = {
            **head,
            "MetaData": dict(meta),
            "DisplayName": "Walk-in",
            "PrintOnCheckName": "Walk-in",
            "Balance": Decimal(0),
            "CurrencyRef": {"value": self.currency},
        }
        self._refresh_tokens = [self.refresh_token]  # the last one lives
        self._access: dict[str, datetime] = {}
        self._used: set[str] = set()  # access tokens that somebody came with
        self._answers: dict[str, bytes] = {}  # by requestid
        self._called: deque[datetime] = deque()
        self._numbers = count(1)

    def routes(self) -> list[Route]:
        base = "/v3/company/{realm}"
        return [
            Route("/oauth2/v1/tokens/bearer", self._token, methods=["POST"]),
            Route(f"{base}/{{path:path}}", self._call, methods=["GET", "POST"]),
        ]

    def acts(self) -> Mapping[str, Act]:
        return {
            "edit_invoice": self.edit_invoice,
            "void_invoice": partial(self._by_hand, self.books.void),
            "delete_invoice": partial(self._by_hand, self.books.delete),
            "create_customer": self.create_customer,
            "expire_tokens": self.expire_tokens,
        }

    def state(self) -> dict[str, Any]:
        names = {"customers": "Customer", "invoices": "Invoice", "payments": "Payment", "credit_memos": "CreditMemo"}
        lists = {name: list(self.books.objects[entity].values()) for name, entity in names.items()}
        return {**lists, "reused_refresh_tokens": self.reused_refresh_tokens}

    def is_write(self, method: str, path: str) -> bool:
        """A lost answer of the token server would need a person: the vendor itself lets the last token live on."""
        return super().is_write(method, path) and not path.startswith("/oauth2/")

    # -------------------------------------------------------------------------------------------- what people do

    def edit_invoice(self, id: str, amount: str | None = None, note: str | None = None) -> Json:
        said: Json = {"Id": id, "SyncToken": self.books.get("Invoice", id)["SyncToken"], "sparse": True}
        if amount is not None:
            detail = {"ItemRef": {"value": "1"}}
            said["Line"] = [{"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": detail}]
        if note is not None:
            said["PrivateNote"] = note
        return _plain(self.books.save("Invoice", said))

    def create_customer(self, name: str, email: str = "", currency: str = "") -> Json:
        said: Json = {"DisplayName": name}
        if email:
            said["PrimaryEmailAddr"] = {"Address": email}
        if currency:
            said["CurrencyRef"] = {"value": currency}
        return _plain(self.books.save("Customer", said))

    def expire_tokens(self) -> int:
        expired = len(self._access)
        self._access.clear()
        return expired

    def _by_hand(self, do: Any, id: str) -> Json:
        return _plain(do("Invoice", {"Id": id, "SyncToken": self.books.get("Invoice", id)["SyncToken"]}))

    # ---------------------------------------------------------------------------------------------- token server

    async def _token(self, request: Request) -> Response:
        scheme, _, pair = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(pair, validate=True).decode()
        except ValueError:
            given = ""
        if scheme != "Basic" or [unquote_plus(part) for part in given.split(":")] != [
            self.client_id,
            self.client_secret,
        ]:
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        token = form.get("refresh_token", "")
        last = f"access-{len(self._refresh_tokens) - 1}"
        if self.forgives_a_lost_answer and token in self._refresh_tokens[-2:-1] and last not in self._used:
            self._refresh_tokens.append(token)
        if form.get("grant_type") != "refresh_token" or token != self._refresh_tokens[-1]:
            self.reused_refresh_tokens += token in self._refresh_tokens[:-1]
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        number = len(self._refresh_tokens)
        self._refresh_tokens.append(f"refresh-{number}")
        self._access[f"access-{number}"] = self.now() + self.token_lifetime
        return JSONResponse(
            {
                "token_type": "bearer",
                "access_token": f"access-{number}",
                "expires_in": int(self.token_lifetime.total_seconds()),
                "refresh_token": f"refresh-{number}",
                "x_refresh_token_expires_in": 8726400,
            }
        )

    # ------------------------------------------------------------------------------------------------------- API

    async def _call(self, request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self._access.get(token, self.now()) <= self.now():
            return _refused(401, "AuthenticationFailed", "3200", "Token expired", self.now())
        if request.path_params["realm"] != self.realm_id:
            return _refused(403, "ApplicationAuthorizationFailed", "3100", "Not of this company", self.now())
        while self._called and self.now() - self._called[0] >= timedelta(minutes=1):
            self._called.popleft()
        if len(self._called) >= self.per_minute:
            return _refused(429, "ThrottleExceeded", "3001", "The request limit was reached", self.now())
        self._called.append(self.now())
        self._used.add(token)
        if request.headers.get("accept") != "application/json":
            return Response("<IntuitResponse/>", media_type="application/xml")  # the vendor's own default
        try:
            return Response(await self._answer(request), media_type="application/json")
        except (Declined, BadQuery) as fault:
            code, *words = fault.args
            error = {"Message": words[0], "Detail": words[-1], "code": code}
            body = {"Fault": {"Error": [error], "type": "ValidationFault"}, "time": self._time()}
            return Response(_ENCODER.encode(body), status_code=400, media_type="application/json")

    async def _answer(self, request: Request) -> bytes:
        name, _, number = request.path_params["path"].partition("/")
        params = request.query_params
        if request.method == "GET":
            match name:
                case "query":
                    found = self._query(params.get("query", ""))
                case "cdc":
                    found = self._cdc(params.get("entities", ""), params.get("changedSince", ""))
                case "companyinfo":
                    found = {"CompanyInfo": {"Id": "1", "CompanyName": "Sandbox Company"}}
                case "preferences":
                    prefs = {"MultiCurrencyEnabled": self.multicurrency, "HomeCurrency": {"value": self.currency}}
                    found = {"Preferences": {"Id": "1", "CurrencyPrefs": prefs}}
                case _:
                    found = {(entity := self._entity(name)): self.books.get(entity, number)}
            return _ENCODER.encode({**found, "time": self._time()})
        request_id = params.get("requestid", "")
        if request_id not in self._answers:
            entity = self._entity(name)
            said = json.loads(await request.body(), parse_float=Decimal)
            do = {"void": self.books.void, "delete": self.books.delete}.get(
                params.get("operation", ""), self.books.save
            )
            answer = _ENCODER.encode({entity: do(entity, said), "time": self._time()})
            if not request_id:
                return answer
            self._answers[request_id] = answer
        return self._answers[request_id]

    def _entity(self, name: str) -> str:
        for entity in self.books.objects:
            if entity.lower() == name:
                return entity
        raise Declined("2010", "Request has invalid or unsupported property", f"Unsupported operation on {name}")

    def _query(self, text: str) -> Json:
        query = parse(text, self.books.objects)
        rows = query.rows(self.books.objects[query.entity].values())
        if query.count:
            return {"QueryResponse": {"totalCount": len(rows)}}
        page = {query.entity: rows, "startPosition": query.start, "maxResults": len(rows)} if rows else {}
        return {"QueryResponse": page}

    def _cdc(self, entities: str, since_text: str) -> Json:
        since = parse_time(since_text)
        if self.now() - since > _REACH:
            raise Declined("2050", "Invalid changedSince", "changedSince is more than 30 days ago")
        pages: list[Json] = []
        for entity in entities.split(","):
            known = [*self.books.objects[entity].values(), *self.books.deleted[entity].values()]
            rows = [each for each in known if parse_time(each["MetaData"]["LastUpdatedTime"]) >= since][:_FULL]
            page = {entity: rows, "startPosition": 1, "maxResults": len(rows)} if rows else {}
            pages.append(page)
        return {"CDCResponse": [{"QueryResponse": pages}]}

    def _time(self) -> str:
        return rfc3339(self.now())

    # -------------------------------------------------------------------------------------------------- webhooks

    def _changed(self, entity: str, id: str, operation: str) -> None:
        if self.webhook_format == "legacy":
            change = {"name": entity, "id": id, "operation": operation, "lastUpdated": self.books.time()}
            notice: Any = {
                "eventNotifications": [{"realmId": self.realm_id, "dataChangeEvent": {"entities": [change]}}]
            }
        else:
            notice = [
                {
                    "specversion": "1.0",
                    "id": str(UUID(int=next(self._numbers))),
                    "source": "intuit.sandbox",
                    "type": f"qbo.{entity.lower()}.{_OPERATIONS[operation]}.v1",
                    "datacontenttype": "application/json",
                    "time": self._time(),
                    "intuitentityid": id,
                    "intuitaccountid": self.realm_id,
                    "data": {},
                }
            ]
        body = json.dumps(notice, separators=(",", ":")).encode()
        headers = {"content-type": "application/json", SIGNATURE: signature(self.secret, body)}
        self.deliver(f"{entity}.{operation}", headers, body)


def _plain(each: Json) -> Json:
    """For JSON without decimals: amounts as text."""
    plain: Json = json.loads(json.dumps(each, default=str))
    return plain


def _refused(status: int, word: str, code: str, detail: str, now: datetime) -> Response:
    """The other letter case, and another kind of time, as recorded for 401."""
    error = {"message": f"message={word}; errorCode=00{code}; statusCode={status}", "detail": detail, "code": code}
    body = {"fault": {"error": [error], "type": "AUTHENTICATION"}, "time": int(now.timestamp() * 1000)}
    return JSONResponse(body, status_code=status)
