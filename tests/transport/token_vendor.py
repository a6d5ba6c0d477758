"""A vendor of tokens that rotates them and takes a second use of one for theft (RFC 9700, 4.14.2)."""

import asyncio
import json
from urllib.parse import parse_qs

import httpx

from hub.connector import OAuth2

FIRST = "first-refresh-canary"
WAY = OAuth2(token_url="https://id.test/token", client_id="app", client_secret="client-canary", refresh_token=FIRST)


class TokenVendor:
    def __init__(self, first: str = FIRST, *, lifetime: int | str | None = 3600, rotates: bool = True) -> None:
        self.live = first
        self.access = ""  # the only access token that works
        self.lifetime = lifetime
        self.rotates = rotates
        self.refreshes = 0
        self.reused = 0
        self.at_once = 0
        self.most_at_once = 0
        self.requests: list[httpx.Request] = []
        self.instead: list[httpx.Response | Exception] = []  # said before anything is done
        self.lose = 0  # so many answers are lost after the work is done

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        try:
            return self._answer(request)
        finally:
            self.at_once -= 1

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if self.instead:
            said = self.instead.pop(0)
            if isinstance(said, Exception):
                raise said
            return said
        if parse_qs(request.content.decode())["refresh_token"] != [self.live]:
            self.reused += 1
            return httpx.Response(400, json={"error": "invalid_grant"}, request=request)
        self.refreshes += 1
        self.access = f"access-canary-{self.refreshes}"
        body: dict[str, object] = {"token_type": "bearer", "access_token": self.access}
        if self.rotates:
            body["refresh_token"] = self.live = f"refresh-canary-{self.refreshes}"
        if self.lifetime is not None:
            body["expires_in"] = self.lifetime
        if self.lose:
            self.lose -= 1
            raise httpx.ReadError("cut")
        return httpx.Response(200, content=json.dumps(body).encode(), request=request)
