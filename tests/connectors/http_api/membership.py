"""The membership site of docs/examples/membership.toml: seconds, cents, pages by number and by link."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.sandbox import Act, Sandbox


@dataclass(eq=False)
class MembershipSite(Sandbox):
    key: str = "members-key"
    members: dict[int, dict[str, Any]] = field(default_factory=dict)
    purchases: dict[int, dict[str, Any]] = field(default_factory=dict)

    def routes(self) -> list[Route]:
        return [
            Route("/api/v2/members", self._members),
            Route("/api/v2/purchases", self._purchases),
        ]

    def acts(self) -> Mapping[str, Act]:
        return {"join": self.join, "buy": self.buy, "erase": self.erase}

    def state(self) -> dict[str, Any]:
        return {"members": list(self.members.values()), "purchases": list(self.purchases.values())}

    def join(self, email: str = "Ada@Example.com") -> dict[str, Any]:
        number = len(self.members) + 1
        self.members[number] = {
            "type": "member",
            "id": number,
            "first_name": "Ada",
            "last_name": "Lovelace",
            "email": email,
            "erased": False,
            "modified": int(self.now().timestamp()),
        }
        self._tell(self.members[number])
        return self.members[number]

    def erase(self, id: int) -> None:
        self.members[id] |= {"erased": True, "modified": int(self.now().timestamp())}
        self._tell(self.members[id])

    def buy(self, member: int, cents: int = 4900) -> dict[str, Any]:
        number, who = len(self.purchases) + 1, self.members[member]
        self.purchases[number] = {
            "type": "purchase",
            "id": number,
            "number": f"M-{number:04}",
            "currency": "eur",
            "total_cents": cents,
            "member": {"id": who["id"], "email": who["email"]},
            "payment_intent": f"pi_{number}",
            "bought": int(self.now().timestamp()),
            "modified": int(self.now().timestamp()),
            "plans": [{"code": "GOLD", "name": "Gold, a year", "price_cents": cents}],
        }
        self._tell(who, self.purchases[number])
        return self.purchases[number]

    def _tell(self, *objects: Mapping[str, Any]) -> None:
        body, stamp = json.dumps({"objects": objects}).encode(), str(int(self.now().timestamp()))
        digest = hmac.digest(self.secret.encode(), stamp.encode() + b"." + body, "sha256")
        headers = {"X-Members-Time": stamp, "X-Members-Signature": base64.b64encode(digest).decode()}
        self.deliver(objects[-1]["type"], headers, body)

    async def _members(self, request: Request) -> Response:
        page, size = int(request.query_params["page"]), int(request.query_params["per_page"])
        found = self._since(request, self.members)
        return self._refused(request) or JSONResponse({"objects": found[(page - 1) * size : page * size]})

    async def _purchases(self, request: Request) -> Response:
        """Pages of one, so that a link is needed."""
        at = int(request.query_params.get("at", "0"))
        found = self._since(request, self.purchases)
        more = at + 1 < len(found)
        link = {"Link": f'<{request.url.include_query_params(at=at + 1)}>; rel="next"'} if more else {}
        return self._refused(request) or JSONResponse({"objects": found[at : at + 1]}, headers=link)

    def _since(self, request: Request, shelf: Mapping[int, dict[str, Any]]) -> list[dict[str, Any]]:
        since = int(request.query_params["since"])
        return [each for each in shelf.values() if each["modified"] >= since]

    def _refused(self, request: Request) -> Response | None:
        return Response(status_code=401) if request.headers.get("x-api-key") != self.key else None
