"""A stand-in of a Salesforce org: REST API with SOQL, an OAuth 2 server, outbound messages, and a day's limit of calls.

Outbound messages go to the address with `?key=`, as an admin would have set them up for contacts and opportunities;
deletions are told by none. Times are whole seconds. There are no person accounts, no record types and no products.
"""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlencode
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from connectors.salesforce import sandbox_soql as soql
from connectors.salesforce.inbound import KEY
from connectors.salesforce.sandbox_org import STAGES, UNIQUE, Declined, Json, Org, full_id
from hub.sandbox import Act, Delivery, Sandbox

_DAY = timedelta(days=1)
_CHILDREN = {"OpportunityContactRoles": ("OpportunityContactRole", "OpportunityId")}


@dataclass(eq=False)
class SalesforceSandbox(Sandbox):
    """`secret` is the key in the address of outbound messages."""

    organization_id: str = "00D5e0000000001EAA"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-client-secret"
    refresh_token: str = "sandbox-refresh"  # stays the same at each use
    currency: str = "USD"
    multicurrency: bool = False
    prepared: bool = True  # our fields were created before
    duplicate_rule: bool = False  # blocks a further contact of an e-mail address
    per_day: int = 1_000_000  # calls in 24 hours; the vendor's own number depends on the edition
    page: int = 2000  # rows in one answer
    tells: bool = True  # sends outbound messages

    def __post_init__(self) -> None:
        super().__post_init__()
        self.org = Org(
            lambda: self.now(),
            self._told,
            prepared=self.prepared,
            currency=self.currency,
            several=self.multicurrency,
            strict=self.duplicate_rule,
        )
        self._access: set[str] = set()
        self._tokens, self._notifications = count(1), count(1)
        self._called: deque[datetime] = deque()

    def routes(self) -> list[Route]:
        data = "/services/data/{version}"
        return [
            Route("/services/oauth2/token", self._token, methods=["POST"]),
            self._route(f"{data}/limits", self._limits),
            self._route(f"{data}/query", self._query),
            self._route(f"{data}/queryAll", self._query),
            self._route(f"{data}/sobjects/{{objects}}", self._create, "POST"),
            self._route(f"{data}/sobjects/{{objects}}/describe", self._describe),
            self._route(f"{data}/sobjects/{{objects}}/{{id}}", self._update, "PATCH"),
            self._route(f"{data}/sobjects/{{objects}}/{{by}}/{{value}}", self._upsert, "PATCH"),
        ]

    def acts(self) -> Mapping[str, Act]:
        return {
            "create_contact": self.create_contact,
            "create_opportunity": self.create_opportunity,
            "edit": self.edit,
            "delete": self.org.delete,
            "merge": self.org.merge,
            "expire_tokens": self.expire_tokens,
        }

    def state(self) -> dict[str, Any]:
        return {
            "contacts": self.org.live("Contact"),
            "opportunities": self.org.live("Opportunity"),
            "roles": self.org.live("OpportunityContactRole"),
        }

    def is_write(self, method: str, path: str) -> bool:
        """A lost answer of the token server is no trouble: the refresh token lives on."""
        return super().is_write(method, path) and not path.startswith("/services/oauth2/")

    # -------------------------------------------------------------------------------------------- what people do

    def create_contact(self, last_name: str, first_name: str = "", email: str = "", phone: str = "") -> Json:
        fields = {"LastName": last_name, "FirstName": first_name, "Email": email, "Phone": phone}
        return self.org.create("Contact", fields)

    def create_opportunity(self, name: str, amount: float | None = None, stage: str = "Prospecting") -> Json:
        day = (self.now() + timedelta(days=30)).date().isoformat()
        return self.org.create("Opportunity", {"Name": name, "StageName": stage, "CloseDate": day, "Amount": amount})

    def edit(self, objects: str, id: str, **fields: Any) -> Json:
        return self.org.update(objects, id, fields)

    def expire_tokens(self) -> int:
        expired = len(self._access)
        self._access.clear()
        return expired

    # ------------------------------------------------------------------------------------------------- the way in

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.client_secret):
            return _refused("invalid_client", "invalid client credentials")
        match form.get("grant_type"):
            case "refresh_token" if form.get("refresh_token") == self.refresh_token:
                pass
            case "client_credentials":
                pass
            case "refresh_token":
                return _refused("invalid_grant", "expired access/refresh token")
            case _:
                return _refused("unsupported_grant_type", "grant type not supported")
        token = f"{self.organization_id[:15]}!sandbox{next(self._tokens)}"
        self._access.add(token)
        address = str(request.base_url).rstrip("/")
        issued = str(int(self.now().timestamp() * 1000))
        answer = {"access_token": token, "instance_url": address, "token_type": "Bearer", "issued_at": issued}
        return JSONResponse(answer | {"id": f"{address}/id/{self.organization_id}/005", "signature": "sandbox="})

    def _route(self, path: str, answer: Any, method: str = "GET") -> Route:
        async def call(request: Request) -> Response:
            response = self._answered(request, await request.body(), answer)
            response.headers["Sforce-Limit-Info"] = f"api-usage={len(self._called)}/{self.per_day}"
            response.headers["Date"] = format_datetime(self.now(), usegmt=True)
            return response

        return Route(path, call, methods=[method])

    def _answered(self, request: Request, body: bytes, answer: Any) -> Response:
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._access:
            return _problem(401, "INVALID_SESSION_ID", "Session expired or invalid")
        while self._called and self.now() - self._called[0] >= _DAY:
            self._called.popleft()
        if len(self._called) >= self.per_day:
            return _problem(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self._called.append(self.now())
        try:
            done: Response = answer(request, json.loads(body or b"{}"))
            return done
        except soql.Malformed as fault:
            return _problem(400, "MALFORMED_QUERY", str(fault))
        except Declined as fault:
            return _problem(*fault.args)

    # -------------------------------------------------------------------------------------------------- objects

    def _create(self, request: Request, said: Json) -> Response:
        row = self.org.create(request.path_params["objects"], said)
        return JSONResponse({"id": row["Id"], "success": True, "errors": []}, 201)

    def _update(self, request: Request, said: Json) -> Response:
        self.org.update(request.path_params["objects"], request.path_params["id"], said)
        return Response(status_code=204)

    def _upsert(self, request: Request, said: Json) -> Response:
        where = request.path_params
        row, new = self.org.upsert(where["objects"], where["by"], where["value"], said)
        answer = {"id": row["Id"], "success": True, "errors": [], "created": new}
        return JSONResponse(answer, 201 if new else 200)  # 200 with a body since version 46.0, 204 before

    def _query(self, request: Request, _said: Json) -> Response:
        asked = soql.parse(request.query_params.get("q", ""))
        if asked.objects == "Organization":
            rows = [{"Id": self.organization_id, "Name": "Sandbox org"}]
            return JSONResponse(
                {"totalSize": 1, "done": True, "records": [_shown("Organization", asked.fields, rows[0])]}
            )
        if asked.objects not in self.org.objects:
            raise Declined(400, "INVALID_TYPE", f"sObject type '{asked.objects}' is not supported.")
        self.org.require(asked.objects, [*asked.fields, *asked.named])
        everything = request.url.path.endswith("/queryAll")
        found = asked.run(self.org.objects[asked.objects].values() if everything else self.org.live(asked.objects))
        records = [self._record(asked, row) for row in found[: self.page]]
        answer: Json = {"totalSize": len(found), "done": len(found) <= self.page}
        if not answer["done"]:
            answer["nextRecordsUrl"] = f"{request.url.path.rpartition('/')[0]}/query/01g-{self.page}"
        return JSONResponse(answer | {"records": records})

    def _record(self, asked: soql.Query, row: Json) -> Json:
        record = _shown(asked.objects, [name for name in asked.fields if "." not in name], row)
        if "Account.Name" in asked.fields:
            account = self.org.objects["Account"].get(row.get("AccountId") or "")
            record["Account"] = _shown("Account", ["Name"], account) if account else None
        for relationship, names in asked.children.items():
            child, by = _CHILDREN[relationship]
            self.org.require(child, names)
            rows = [_shown(child, names, each) for each in self.org.live(child) if each[by] == row["Id"]]
            record[relationship] = {"totalSize": len(rows), "done": True, "records": rows} if rows else None
        return record

    def _describe(self, request: Request, _said: Json) -> Response:
        objects = request.path_params["objects"]
        if objects not in self.org.objects:
            raise Declined(404, "NOT_FOUND", "The requested resource does not exist")
        fields = [self._field(objects, name) for name in sorted(self.org.known(objects)) if "." not in name]
        return JSONResponse({"name": objects, "label": objects, "custom": False, "fields": fields})

    def _field(self, objects: str, name: str) -> Json:
        unique, writable = name in UNIQUE.get(objects, ()), name in self.org.writable[objects]
        values = [{"value": stage, "active": True} for stage in STAGES] if name == "StageName" else []
        head = {"name": name, "label": name, "externalId": unique, "unique": unique, "picklistValues": values}
        return head | {"createable": writable, "updateable": writable, "restrictedPicklist": False}

    def _limits(self, _request: Request, _said: Json) -> Response:
        left = self.per_day - len(self._called)
        return JSONResponse({"DailyApiRequests": {"Max": self.per_day, "Remaining": left}})

    # ------------------------------------------------------------------------------------------ outbound messages

    def _told(self, objects: str, row: Json) -> None:
        if self.tells and objects in ("Contact", "Opportunity"):
            self.send(objects, [row["Id"]])

    def send(self, objects: str, ids: list[str]) -> None:
        """One message, of up to 100 notifications."""
        items = "".join(
            f"<Notification><Id>{full_id('04l', next(self._notifications))}</Id>"
            f'<sObject xsi:type="sf:{objects}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
            f"<sf:Id>{escape(each)}</sf:Id></sObject></Notification>"
            for each in ids
        )
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
            ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
            '<soapenv:Body><notifications xmlns="http://soap.sforce.com/2005/09/outbound">'
            f"<OrganizationId>{self.organization_id}</OrganizationId><ActionId>{full_id('04k', 1)}</ActionId>"
            '<SessionId xsi:nil="true"/><EnterpriseUrl>https://sandbox.example/c</EnterpriseUrl>'
            f"<PartnerUrl>https://sandbox.example/u</PartnerUrl>{items}"
            "</notifications></soapenv:Body></soapenv:Envelope>"
        )
        headers = {"content-type": "text/xml; charset=utf-8", "soapaction": '""'}
        query = urlencode({KEY: self.secret})
        self.deliveries.append(Delivery(kind=objects, headers=headers, body=body.encode(), query=query))


def _shown(objects: str, names: list[str], row: Json) -> Json:
    head = {"attributes": {"type": objects, "url": f"/services/data/v62.0/sobjects/{objects}/{row['Id']}"}}
    return head | {name: row.get(name) for name in names}


def _refused(error: str, words: str) -> Response:
    return JSONResponse({"error": error, "error_description": words}, 400)


def _problem(status: int, code: str, message: str) -> Response:
    return JSONResponse([{"message": message, "errorCode": code}], status)
