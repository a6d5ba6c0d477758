"""A stand-in of a HubSpot account: contacts, deals, their associations, an OAuth 2 server and webhooks.

It takes the token of a private app and those of a public one. The pipeline `default` has the stages that a new account
has. Answers to writes have only the properties that were written, and objects that are not there are pages of HTML,
as recorded.
"""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from connectors.hubspot.inbound import SIGNATURE, TIMESTAMP, signature
from connectors.hubspot.sandbox_portal import TYPES, Declined, Json, Portal, visible
from connectors.hubspot.sandbox_search import search
from hub.domain.clock import rfc3339
from hub.sandbox import Act, Sandbox

_STAGES = (
    "appointmentscheduled qualifiedtobuy presentationscheduled decisionmakerboughtin contractsent closedwon closedlost"
)
_WINDOW = timedelta(seconds=10)
_PAGE_404 = (
    "<html>\n<head>\n<title>Error 404 Not Found</title>\n</head>\n<body><h2>HTTP ERROR 404</h2></body>\n</html>\n"
)
_BATCH = 100  # events in one delivery


@dataclass(eq=False)
class HubSpotSandbox(Sandbox):
    """`secret` is the client secret of the app, which signs webhooks and lets a public app have tokens."""

    portal_id: int = 62515
    webhook_url: str = "https://hub.example/webhooks/hubspot"
    access_token: str = "sandbox-token"  # of the private app
    client_id: str = "sandbox-client"
    refresh_token: str = "sandbox-refresh"  # stays the same at each use
    token_lifetime: timedelta = timedelta(minutes=30)
    currency: str = "USD"
    multicurrency: bool = True
    prepared: bool = True  # our properties were created before
    per_ten_seconds: int = 1_000_000  # calls until 429; the vendor's own number is 100
    index_lag: timedelta = timedelta()  # how far the search is behind
    tells: bool = True  # sends webhooks

    def __post_init__(self) -> None:
        super().__post_init__()
        self.portal = Portal(lambda: self.now(), self._told, prepared=self.prepared)
        self._access: dict[str, datetime] = {}
        self._called: deque[datetime] = deque()

    def routes(self) -> list[Route]:
        objects, associations = "/crm/v3/objects/{objects}", "/crm/v4"
        default = "{deal}/associations/default/contacts/{contact}"
        return [
            Route("/oauth/v1/token", self._token, methods=["POST"]),
            self._route("/account-info/v3/details", self._details),
            self._route("/crm/v3/pipelines/deals/{pipeline}", self._pipeline),
            self._route("/crm/v3/properties/{objects}", self._define, "POST"),
            self._route("/crm/v3/properties/{objects}/{name}", self._property),
            self._route(f"{objects}/search", self._search, "POST"),
            self._route(f"{objects}/batch/upsert", self._upsert, "POST"),
            self._route(f"{associations}/objects/deals/{default}", self._associate, "PUT"),
            self._route(f"{associations}/associations/deals/contacts/batch/read", self._associated, "POST"),
            self._route(objects, self._list),
            self._route(f"{objects}/{{id}}", self._get),
            self._route(f"{objects}/{{id}}", self._patch, "PATCH"),
        ]

    def acts(self) -> Mapping[str, Act]:
        return {
            "create_contact": self.create_contact,
            "create_deal": self.create_deal,
            "edit": self.edit,
            "delete": self.portal.archive,
            "forget": lambda contact: self.portal.archive("contacts", contact, "privacyDeletion"),
            "merge": self.portal.merge,
            "expire_tokens": self.expire_tokens,
        }

    def state(self) -> dict[str, Any]:
        return {
            "contacts": list(self.portal.live("contacts")),
            "deals": list(self.portal.live("deals")),
            "associations": sorted(self.portal.associations),
        }

    def is_write(self, method: str, path: str) -> bool:
        """A lost answer of the token server is no trouble: the refresh token lives on."""
        reads = path.endswith(("/search", "/batch/read")) or path.startswith("/oauth/")
        return super().is_write(method, path) and not reads

    # -------------------------------------------------------------------------------------------- what people do

    def create_contact(self, email: str = "", firstname: str = "", lastname: str = "", phone: str = "") -> Json:
        fields = {"email": email, "firstname": firstname, "lastname": lastname, "phone": phone}
        return self.portal.create("contacts", {name: value for name, value in fields.items() if value})

    def create_deal(self, name: str, amount: str = "", stage: str = "appointmentscheduled") -> Json:
        fields = {"dealname": name, "pipeline": "default", "dealstage": stage} | ({"amount": amount} if amount else {})
        return self.portal.create("deals", fields)

    def edit(self, objects: str, id: str, **fields: str) -> Json:
        return self.portal.update(objects, id, fields)

    def expire_tokens(self) -> int:
        expired = len(self._access)
        self._access.clear()
        return expired

    # ------------------------------------------------------------------------------------------------- the way in

    async def _token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        if (form.get("client_id"), form.get("client_secret")) != (self.client_id, self.secret):
            return JSONResponse({"status": "BAD_CLIENT_ID", "message": "missing or unknown client id"}, 400)
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") != self.refresh_token:
            return JSONResponse({"status": "BAD_REFRESH_TOKEN", "message": "missing or unknown refresh token"}, 400)
        token = f"access-{len(self._access) + 1}-{int(self.now().timestamp() * 1000)}"
        self._access[token] = self.now() + self.token_lifetime
        seconds = int(self.token_lifetime.total_seconds())
        answer = {"token_type": "bearer", "access_token": token, "expires_in": seconds}
        return JSONResponse(answer | {"refresh_token": self.refresh_token})

    def _route(self, path: str, answer: Any, method: str = "GET") -> Route:
        async def call(request: Request) -> Response:
            token = request.headers.get("authorization", "").removeprefix("Bearer ")
            if token != self.access_token and self._access.get(token, self.now()) <= self.now():
                return _problem(401, "EXPIRED_AUTHENTICATION", "The OAuth token used to make this call expired")
            while self._called and self.now() - self._called[0] >= _WINDOW:
                self._called.popleft()
            if len(self._called) >= self.per_ten_seconds:
                words = "You have reached your ten_secondly_rolling limit."
                return _problem(429, "RATE_LIMITS", words, policyName="TEN_SECONDLY_ROLLING", errorType="RATE_LIMIT")
            self._called.append(self.now())
            try:
                if request.path_params.get("objects", "deals") not in TYPES:
                    raise Declined(404, "OBJECT_NOT_FOUND", "only contacts and deals are played here")
                response: Response = answer(request, json.loads(await request.body() or b"{}"))
            except Declined as fault:
                status, category, words = fault.args
                page = status == 404 and request.method == "GET"
                response = HTMLResponse(_PAGE_404, 404) if page else _problem(status, category, words)
            left = self.per_ten_seconds - len(self._called)
            response.headers["X-HubSpot-RateLimit-Max"] = str(self.per_ten_seconds)
            response.headers["X-HubSpot-RateLimit-Remaining"] = str(left)
            response.headers["X-HubSpot-RateLimit-Interval-Milliseconds"] = "10000"
            return response

        return Route(path, call, methods=[method])

    # -------------------------------------------------------------------------------------------------- objects

    def _get(self, request: Request, _said: Json) -> Response:
        asked = request.query_params
        objects = request.path_params["objects"]
        found = self.portal.find(objects, request.path_params["id"], asked.get("idProperty", ""))
        answer = _only(found, asked.get("properties", "").split(","))
        if objects == "deals" and asked.get("associations") == "contacts":
            refs = [{"id": contact, "type": "deal_to_contact"} for contact in self.portal.contacts_of(found["id"])]
            if refs:
                answer["associations"] = {"contacts": {"results": refs}}
        return JSONResponse(answer)

    def _list(self, request: Request, _said: Json) -> Response:
        archived = request.query_params.get("archived") == "true"
        after, limit = request.query_params.get("after", "0"), int(request.query_params.get("limit", "10"))
        every = self.portal.objects[request.path_params["objects"]].values()
        rows = [each for each in every if each["archived"] == archived and int(each["id"]) > int(after)]
        names = request.query_params.get("properties", "").split(",")
        page: Json = {"results": [_only(each, names) for each in rows[:limit]]}
        if len(rows) > limit:
            page["paging"] = {"next": {"after": rows[limit - 1]["id"]}}
        return JSONResponse(page)

    def _patch(self, request: Request, said: Json) -> Response:
        found = self.portal.update(request.path_params["objects"], request.path_params["id"], said["properties"])
        return JSONResponse(_only(found, said["properties"]))

    def _upsert(self, request: Request, said: Json) -> Response:
        results = []
        for wish in said["inputs"]:
            objects, by = request.path_params["objects"], wish.get("idProperty", "")
            found, new = self.portal.upsert(objects, by, wish["id"], wish["properties"])
            results.append({**_only(found, wish["properties"]), "new": new})
        return JSONResponse(self._batch(results))

    def _search(self, request: Request, said: Json) -> Response:
        objects = request.path_params["objects"]
        filters = [each for group in said.get("filterGroups", ()) for each in group["filters"]]
        self.portal.require(objects, (each["propertyName"] for each in filters))
        until = self.now() - self.index_lag
        rows = [each for each in self.portal.live(objects) if not self.index_lag or visible(each, objects, until)]
        page = search(rows, said)
        page["results"] = [_only(each, said.get("properties", ())) for each in page["results"]]
        return JSONResponse(page)

    # --------------------------------------------------------------------------------------------- associations

    def _associate(self, request: Request, _said: Json) -> Response:
        deal, contact = request.path_params["deal"], request.path_params["contact"]
        self.portal.associate(deal, contact)
        ends: list[tuple[str, str, int]] = [(deal, contact, 3), (contact, deal, 4)]
        spec = {"associationCategory": "HUBSPOT_DEFINED"}
        results = [
            {"from": {"id": one}, "to": {"id": other}, "associationSpec": {**spec, "associationTypeId": number}}
            for one, other, number in ends
        ]
        return JSONResponse(self._batch(results))

    def _associated(self, _request: Request, said: Json) -> Response:
        results, errors = [], []
        types = [{"category": "HUBSPOT_DEFINED", "typeId": 3, "label": None}]
        for each in said["inputs"]:
            to = [{"toObjectId": one, "associationTypes": types} for one in self.portal.contacts_of(each["id"])]
            if to:
                results.append({"from": {"id": each["id"]}, "to": to})
            else:
                words = f"No contact is associated with deal {each['id']}."
                context = {"fromObjectId": [each["id"]]}
                head = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": words}
                errors.append({**head, "context": context, "links": {}, "errors": []})
        answer = self._batch(results) | ({"numErrors": len(errors), "errors": errors} if errors else {})
        return JSONResponse(answer, 207 if errors else 200)

    def _batch(self, results: list[Json]) -> Json:
        at = rfc3339(self.now())
        return {"status": "COMPLETE", "results": results, "startedAt": at, "completedAt": at}

    # -------------------------------------------------------------------------------------------- the account

    def _details(self, _request: Request, _said: Json) -> Response:
        further = ["EUR", "GBP"] if self.multicurrency else []
        details = {"portalId": self.portal_id, "timeZone": "UTC", "companyCurrency": self.currency}
        return JSONResponse(details | {"additionalCurrencies": further})

    def _pipeline(self, request: Request, _said: Json) -> Response:
        if request.path_params["pipeline"] != "default":
            raise Declined(404, "OBJECT_NOT_FOUND", "no such pipeline")
        at = rfc3339(self.now())
        head = {"createdAt": at, "updatedAt": at, "archived": False}
        stages = [
            {"id": name, "label": name, "displayOrder": number, "metadata": {"probability": "0.5"}, **head}
            for number, name in enumerate(_STAGES.split())
        ]
        return JSONResponse({"id": "default", "label": "Sales Pipeline", "displayOrder": 0, "stages": stages, **head})

    def _property(self, request: Request, _said: Json) -> Response:
        found = self.portal.definitions[request.path_params["objects"]].get(request.path_params["name"])
        if found is None:
            raise Declined(404, "OBJECT_NOT_FOUND", "no such property")
        return JSONResponse(found)

    def _define(self, request: Request, said: Json) -> Response:
        return JSONResponse(self.portal.define(request.path_params["objects"], said), 201)

    # -------------------------------------------------------------------------------------------------- webhooks

    def _told(self, items: list[Json]) -> None:
        for start in range(0, len(items) if self.tells else 0, _BATCH):
            batch = [{**item, "portalId": self.portal_id, "appId": 54321} for item in items[start : start + _BATCH]]
            body = json.dumps(batch, separators=(",", ":")).encode()
            timestamp = str(int(self.now().timestamp() * 1000))
            signed = signature(self.secret, "POST", self.webhook_url, body, timestamp)
            headers = {"content-type": "application/json", SIGNATURE: signed, TIMESTAMP: timestamp}
            self.deliver(items[start]["subscriptionType"], headers, body)


def _only(found: Json, names: Any) -> Json:
    """With the properties that were asked for, and the few that always come."""
    wanted = {"createdate", "hs_object_id", "lastmodifieddate", "hs_lastmodifieddate", *names}
    said = {name: found["properties"].get(name) for name in sorted(wanted) if name}
    always = {name: value for name, value in said.items() if value is not None or name in names}
    return {**found, "properties": always}


def _problem(status: int, category: str, message: str, **more: str) -> Response:
    said = {"status": "error", "message": message, "correlationId": "00000000-0000-4000-8000-000000000000"}
    return JSONResponse(said | {"category": category} | more, status)
