"""The calendar of docs/examples/calendar.toml: OAuth 2 client credentials, idempotency keys, Standard Webhooks."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.domain.clock import rfc3339
from hub.sandbox import Act, Sandbox

SECRET = "whsec_" + base64.b64encode(b"k" * 24).decode()


@dataclass(eq=False)
class Calendar(Sandbox):
    bookings: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_key: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [
            Route("/token", self._token, methods=["POST"]),
            Route("/bookings", self._book, methods=["POST"]),
            Route("/bookings/{id}", self._one),
        ]

    def acts(self) -> Mapping[str, Act]:
        return {"confirm": self.confirm, "delete": self.delete}

    def state(self) -> dict[str, Any]:
        return {"bookings": list(self.bookings.values())}

    def confirm(self, id: str) -> None:
        self.bookings[id] |= {"status": "confirmed", "updated_at": rfc3339(self.now())}
        self._tell("booking.updated", id)

    def delete(self, id: str) -> None:
        del self.bookings[id]
        self._tell("booking.deleted", id)

    def _tell(self, kind: str, id: str) -> None:
        body = json.dumps({"type": kind, "data": {"id": id}}).encode()
        name, stamp = f"msg_{len(self.deliveries) + 1}", str(int(self.now().timestamp()))
        key = base64.b64decode(SECRET.removeprefix("whsec_"))
        signature = base64.b64encode(hmac.digest(key, f"{name}.{stamp}.".encode() + body, "sha256")).decode()
        headers = {"webhook-id": name, "webhook-timestamp": stamp, "webhook-signature": f"v1,{signature}"}
        self.deliver(kind, headers, body)

    async def _token(self, request: Request) -> Response:
        given = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
        if given != "orderhub:calendar-secret":
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        return JSONResponse({"access_token": "at-1", "token_type": "Bearer", "expires_in": 3600})

    async def _book(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer at-1":
            return Response(status_code=401)
        key, body = request.headers["idempotency-key"], await request.body()
        if key not in self.by_key:
            new, now = f"bk_{len(self.bookings) + 1}", rfc3339(self.now())
            self.bookings[new] = {
                "id": new,
                **json.loads(body),
                "status": "requested",
                "page": f"https://calendar.example/b/{new}",
                "created_at": now,
                "updated_at": now,
            }
            self.by_key[key] = (body, new)
        known, made = self.by_key[key]
        if known != body:
            return JSONResponse({"error": "this key came with another booking"}, status_code=422)
        return JSONResponse(self.bookings[made], status_code=201)

    async def _one(self, request: Request) -> Response:
        found = self.bookings.get(request.path_params["id"])
        return JSONResponse(found) if found else JSONResponse({"error": "gone"}, status_code=404)
