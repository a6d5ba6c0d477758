"""A stand-in of Xero: one organisation, the token server and its webhooks.

It holds the accounts of `sandbox_books.ACCOUNTS`, three tax rates and one contact ("Walk-in") from the start. A spent
refresh token is taken for 30 minutes more, as Xero says it does. For how long idempotency keys live Xero does not say:
here for `key_seconds`.
"""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.xero.inbound import SIGNATURE, signature
from connectors.xero.sandbox_answers import ENCODER, fault, one_line, plain, refused, settings_of
from connectors.xero.sandbox_books import IDS, Books, Invalid, Json
from connectors.xero.sandbox_tokens import TokenServer
from connectors.xero.sandbox_where import BadFilter, rows
from connectors.xero.wire import milliseconds, parse_date
from hub.sandbox import Act, Sandbox

TENANT = "c2cc9b6e-0000-4c7d-93cc-f02b81b0594f"
WALK_IN = "00000000-0000-0000-0000-000000000001"
_CATEGORY = {"Invoices": "INVOICE", "CreditNotes": "CREDITNOTE", "Contacts": "CONTACT"}
_MOST = 1000  # objects of a page


@dataclass(eq=False)
class XeroSandbox(Sandbox):
    """`secret` is the webhooks' signing key."""

    tenant_id: str = TENANT
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-client-secret"
    refresh_token: str = "refresh-0"  # the first one
    token_seconds: int = 1800
    currencies: tuple[str, ...] = ("USD", "EUR")  # the first is the base currency
    key_seconds: int = 300
    per_minute: int = 1_000_000  # calls until 429; the vendor's own number is 60
    per_day: int = 1_000_000  # and 5,000

    def __post_init__(self) -> None:
        lifetime = timedelta(seconds=self.token_seconds)
        self.tokens = TokenServer(self.client_id, self.client_secret, self.refresh_token, lifetime, lambda: self.now())
        super().__post_init__()
        self.books = Books(lambda: self.now(), self._changed, tuple(self.currencies))
        walk_in = {"ContactID": WALK_IN, "Name": "Walk-in", "ContactStatus": "ACTIVE"}
        self.books.objects["Contacts"][WALK_IN] = {**walk_in, "UpdatedDateUTC": self.books.time()}
        self._keys: dict[str, tuple[datetime, int, bytes]] = {}
        self._called: deque[datetime] = deque()
        self._sequence = count(1)

    def routes(self) -> list[Route]:
        return [
            Route("/connect/token", self.tokens.answer, methods=["POST"]),
            Route("/connections", self._connections),
            Route("/api.xro/2.0/{plural}", self._call, methods=["GET", "PUT", "POST"]),
            Route("/api.xro/2.0/{plural}/{id}", self._call, methods=["GET", "POST"]),
        ]

    def acts(self) -> Mapping[str, Act]:
        return {
            "create_contact": self.create_contact,
            "archive_contact": self.archive_contact,
            "create_invoice": self.create_invoice,
            "edit_invoice": self.edit_invoice,
            "end_invoice": self.end_invoice,
            "create_credit_note": self.create_credit_note,
            "pay_invoice": self.pay_invoice,
            "delete_payment": self.delete_payment,
            "intend_to_receive": self.intend_to_receive,
            "expire_tokens": self.tokens.expire,
        }

    def state(self) -> dict[str, Any]:
        return {plural: list(found.values()) for plural, found in self.books.objects.items()}

    def is_write(self, method: str, path: str) -> bool:
        """A lost answer of the token server is another matter: there the spent token is simply sent again."""
        return super().is_write(method, path) and not path.startswith("/connect/")

    # -------------------------------------------------------------------------------------------- what people do

    def create_contact(self, name: str, email: str = "") -> Json:
        return plain(self.books.save("Contacts", {"Name": name, "EmailAddress": email}))

    def archive_contact(self, id: str) -> Json:
        return plain(self.books.save("Contacts", {"ContactStatus": "ARCHIVED"}, id))

    def create_invoice(self, amount: str, reference: str = "", currency: str = "", status: str = "AUTHORISED") -> Json:
        return plain(self.books.save("Invoices", self._sale("ACCREC", amount, reference, currency, status)))

    def create_credit_note(self, amount: str, reference: str = "", currency: str = "") -> Json:
        return plain(self.books.save("CreditNotes", self._sale("ACCRECCREDIT", amount, reference, currency)))

    def edit_invoice(self, id: str, amount: str | None = None, reference: str | None = None) -> Json:
        said: Json = {} if reference is None else {"Reference": reference}
        if amount is not None:
            said |= {"LineItems": one_line(amount), "LineAmountTypes": "NoTax"}
        return plain(self.books.save("Invoices", said, id))

    def end_invoice(self, id: str) -> Json:
        """Voids it, or deletes a draft."""
        draft = self.books.objects["Invoices"][id]["Status"] in ("DRAFT", "SUBMITTED")
        return plain(self.books.save("Invoices", {"Status": "DELETED" if draft else "VOIDED"}, id))

    def pay_invoice(self, id: str, amount: str) -> Json:
        said = {"Invoice": {"InvoiceID": id}, "Account": {"Code": "090"}, "Amount": Decimal(amount)}
        return plain(self.books.save("Payments", said))

    def delete_payment(self, id: str) -> Json:
        return plain(self.books.save("Payments", {"Status": "DELETED"}, id))

    def intend_to_receive(self) -> int:
        """As when a webhook is set up: signed rightly, and wrongly on purpose."""
        body = b'{"events":[],"firstEventSequence": 0,"lastEventSequence": 0, "entropy": "S0m3r4Nd0m"}'
        for secret in (self.secret, f"{self.secret}-wrong"):
            headers = {"content-type": "application/json", SIGNATURE: signature(secret, body)}
            self.deliver("intent", headers, body)
        return 2

    def _sale(self, type: str, amount: str, reference: str, currency: str, status: str = "AUTHORISED") -> Json:
        day = self.now().date().isoformat()
        said: Json = {"Type": type, "Status": status, "Contact": {"ContactID": WALK_IN}, "Date": day}
        said |= {"Reference": reference, "CurrencyCode": currency or self.currencies[0], "LineAmountTypes": "NoTax"}
        if type == "ACCREC":
            said["DueDate"] = day
        return said | {"LineItems": one_line(amount)}

    # ------------------------------------------------------------------------------------------------------- API

    async def _connections(self, request: Request) -> Response:
        if not self.tokens.admits(request):
            return self._expired()
        connection = {"id": str(UUID(int=7)), "tenantId": self.tenant_id, "tenantType": "ORGANISATION"}
        return JSONResponse([{**connection, "tenantName": "Sandbox Company"}])

    def _expired(self) -> Response:
        words = {"Title": "Unauthorized", "Status": 401, "Detail": "TokenExpired: token expired"}
        return JSONResponse({**words, "Instance": str(UUID(int=1))}, status_code=401)

    async def _call(self, request: Request) -> Response:
        if not self.tokens.admits(request):
            return self._expired()
        if request.headers.get("xero-tenant-id", "").lower() != self.tenant_id:
            words = {"title": "Forbidden", "status": 403, "detail": "AuthenticationUnsuccessful"}
            return JSONResponse({**words, "instance": str(UUID(int=1))}, status_code=403)
        if problem := self._limited():
            wait = 60 if problem == "minute" else 3600
            headers = {"retry-after": str(wait), "x-rate-limit-problem": problem}
            return Response(status_code=429, headers=headers)
        if "application/json" not in request.headers.get("accept", ""):
            return Response("<Response/>", media_type="text/xml")  # the vendor's own default
        status, body = await self._kept(request)
        media_type = "application/json" if status != 404 else "text/html"
        return Response(body, status_code=status, media_type=media_type, headers=self._left())

    def _limited(self) -> str:
        now = self.now()
        while self._called and now - self._called[0] >= timedelta(days=1):
            self._called.popleft()
        if len(self._called) >= self.per_day:
            return "day"
        if self._in_minute() >= self.per_minute:
            return "minute"
        self._called.append(now)
        return ""

    def _in_minute(self) -> int:
        return sum(self.now() - at < timedelta(minutes=1) for at in self._called)

    def _left(self) -> dict[str, str]:
        left = {"day": self.per_day - len(self._called), "min": self.per_minute - self._in_minute()}
        return {f"x-{name}limit-remaining": str(number) for name, number in left.items()}

    async def _kept(self, request: Request) -> tuple[int, bytes]:
        """The answer; the first one again where the idempotency key has come before and still lives."""
        key, now = request.headers.get("idempotency-key", ""), self.now()
        if len(key) > 128:
            return 400, fault("The idempotency key is longer than 128 characters")
        at, status, body = self._keys.get(key, (now, 0, b""))
        if status and now - at < timedelta(seconds=self.key_seconds):
            return status, body
        status, body = await self._answer(request)
        if key:
            self._keys[key] = (now, status, body)
        return status, body

    async def _answer(self, request: Request) -> tuple[int, bytes]:
        plural, one = request.path_params["plural"], request.path_params.get("id", "")
        try:
            if request.method == "GET":
                found = self._one(plural, one) if one else self._list(plural, request)
            else:
                found = {
                    plural: self._write(plural, one, json.loads(await request.body(), parse_float=Decimal), request)
                }
        except KeyError:
            return 404, b"The resource you're looking for cannot be found"
        except BadFilter as bad:
            return 400, fault(str(bad), 16, "QueryParseException")
        except Invalid as bad:
            message, element = bad.args
            return 400, fault("A validation exception occurred", 10, "ValidationException", [refused(message, element)])
        head = {"Id": str(UUID(int=2)), "Status": "OK", "ProviderName": "Sandbox", "DateTimeUTC": self._time()}
        return 200, ENCODER.encode({**head, **found})

    def _one(self, plural: str, id: str) -> Json:
        for each in self.books.objects[plural].values():
            if id in (each[IDS[plural]], plural == "Contacts" and each.get("ContactNumber")):
                return {plural: [each]}
        raise KeyError(id)

    def _list(self, plural: str, request: Request) -> Json:
        fixed = settings_of(self.tenant_id, self.currencies).get(plural)
        if fixed is not None:
            return {"Organisations" if plural == "Organisation" else plural: fixed}
        params = request.query_params
        found = rows(self.books.objects[plural].values(), params.get("where", ""))
        if since := request.headers.get("if-modified-since"):
            found = [each for each in found if parse_date(each["UpdatedDateUTC"]) >= parse_date(since)]
        if plural == "Contacts" and params.get("includeArchived") != "true":
            found = [each for each in found if each["ContactStatus"] == "ACTIVE"]
        if term := params.get("searchTerm", "").casefold():
            fields = ("Name", "FirstName", "LastName", "ContactNumber", "EmailAddress")
            found = [each for each in found if any(term in (each.get(name) or "").casefold() for name in fields)]
        if params.get("order") == "UpdatedDateUTC ASC":
            found.sort(key=lambda each: parse_date(each["UpdatedDateUTC"]))
        page, size = int(params.get("page", "1")), min(int(params.get("pageSize", "100")), _MOST)
        shown = found[(page - 1) * size : page * size]
        pages = {"page": page, "pageSize": size, "pageCount": -(-len(found) // size), "itemCount": len(found)}
        return {"pagination": pages, plural: shown}

    def _write(self, plural: str, id: str, said: Json, request: Request) -> list[Json]:
        if id and id not in self.books.objects[plural]:
            raise KeyError(id)
        answers: list[Json] = []
        for each in said[plural]:
            try:
                saved = dict(self.books.save(plural, each, id), StatusAttributeString="OK")
                if plural == "Payments":  # shown with the invoice as it is now, but for its list of payments
                    invoice = self.books.objects["Invoices"][saved["Invoice"]["InvoiceID"]]
                    saved["Invoice"] = {name: value for name, value in invoice.items() if name != "Payments"}
                answers.append(saved)
            except Invalid as bad:
                if id or request.query_params.get("summarizeErrors") != "false":
                    raise
                answers.append(refused(*bad.args))
        return answers

    def _time(self) -> str:
        return f"/Date({milliseconds(self.now())})/"

    # -------------------------------------------------------------------------------------------------- webhooks

    def _changed(self, plural: str, id: str, operation: str) -> None:
        event: Json = {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{plural}/{id}",
            "resourceId": id,
            # The vendor gives milliseconds with six digits; here they are those of the change itself.
            "eventDateUtc": parse_date(f"/Date({self.books.last_ms})/").isoformat(timespec="microseconds")[:26],
            "eventType": operation,
            "eventCategory": _CATEGORY[plural],
            "tenantId": self.tenant_id,
            "tenantType": "ORGANISATION",
        }
        if plural == "CreditNotes":
            note = self.books.objects[plural][id]
            event["data"] = {"Type": note["Type"], "Status": note["Status"]}
        number = next(self._sequence)
        sequence = {"firstEventSequence": number, "lastEventSequence": number, "entropy": f"ENTROPY{number}"}
        body = json.dumps({"events": [event], **sequence}, separators=(",", ":")).encode()
        headers = {"content-type": "application/json", SIGNATURE: signature(self.secret, body)}
        self.deliver(f"{_CATEGORY[plural]}.{operation}", headers, body)
