"""Parcelboy's stand-in: parcels by idempotency key, and webhooks of what happens to them."""

import hashlib
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


@dataclass(eq=False)
class ParcelboySandbox(Sandbox):
    parcels: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_key: dict[str, str] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [
            Route("/parcels", self._list, methods=["GET"]),
            Route("/parcels", self._buy, methods=["POST"]),
            Route("/parcels/{id}", self._one),
        ]

    def acts(self) -> Mapping[str, Act]:
        return {"hand_in": self.hand_in, "move": self.move}

    def state(self) -> dict[str, Any]:
        return {"parcels": list(self.parcels.values())}

    def hand_in(self) -> dict[str, Any]:
        """A parcel of somebody else's order, at the counter; the webhook follows."""
        parcel = self._new(f"counter-{len(self.parcels) + 1}")
        self._tell(parcel)
        return parcel

    def move(self, id: str, status: str) -> dict[str, Any]:
        """A parcel is scanned somewhere; the webhook follows."""
        parcel = self.parcels[id]
        parcel |= {"status": status, "revision": parcel["revision"] + 1, "updated_at": rfc3339(self.now())}
        self._tell(parcel)
        return parcel

    def _tell(self, parcel: dict[str, Any]) -> None:
        body = json.dumps(parcel).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        self.deliver("parcel", {"X-Parcelboy-Signature": signature}, body)

    def _new(self, order: str) -> dict[str, Any]:
        number, now = len(self.parcels) + 1, rfc3339(self.now())
        self.parcels[f"p{number}"] = {
            "id": f"p{number}",
            "revision": 1,
            "order": order,
            "status": "pending",
            "tracking": f"PB{number:06}",
            "created_at": now,
            "updated_at": now,
        }
        return self.parcels[f"p{number}"]

    async def _buy(self, request: Request) -> Response:
        key = request.headers["idempotency-key"]
        if key not in self.by_key:
            self.by_key[key] = self._new((await request.json())["order"])["id"]
        return JSONResponse(self.parcels[self.by_key[key]])

    async def _one(self, request: Request) -> Response:
        parcel = self.parcels.get(request.path_params["id"])
        return JSONResponse(parcel) if parcel else Response(status_code=404)

    async def _list(self, request: Request) -> Response:
        after = request.query_params["after"]
        seen = 0 if after.startswith("since:") else int(after)
        page = list(self.parcels.values())[seen : seen + 100]
        return JSONResponse({"parcels": page, "cursor": str(seen + len(page)), "more": len(page) == 100})
