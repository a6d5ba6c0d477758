"""The token server of the sandbox: rotating refresh tokens, of which a spent one is taken for 30 minutes more."""

import base64
from datetime import datetime, timedelta
from urllib.parse import parse_qs, unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.domain.clock import Clock

_GRACE = timedelta(minutes=30)  # developer.xero.com/faq/oauth2


class TokenServer:
    def __init__(self, client_id: str, client_secret: str, refresh: str, lifetime: timedelta, now: Clock) -> None:
        self._client = [client_id, client_secret]
        self._lifetime = lifetime
        self._now = now
        self._spent: dict[str, datetime | None] = {refresh: None}  # refresh tokens, and since when they are
        self._access: dict[str, datetime] = {}

    def admits(self, request: Request) -> bool:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return self._access.get(token, self._now()) > self._now()

    def expire(self) -> int:
        """All access tokens die now. Returns how many there were."""
        expired = len(self._access)
        self._access.clear()
        return expired

    async def answer(self, request: Request) -> Response:
        scheme, _, pair = request.headers.get("authorization", "").partition(" ")
        try:
            given = [unquote_plus(part) for part in base64.b64decode(pair, validate=True).decode().split(":")]
        except ValueError:
            given = []
        if scheme != "Basic" or given != self._client:
            return JSONResponse({"error": "invalid_client"}, status_code=400)
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        token, now = form.get("refresh_token", ""), self._now()
        spent = self._spent.get(token, now - _GRACE)
        if form.get("grant_type") != "refresh_token" or (spent is not None and now - spent >= _GRACE):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        number = len(self._spent)
        self._spent[token] = spent or now
        self._spent[f"refresh-{number}"] = None
        self._access[f"access-{number}"] = now + self._lifetime
        said = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "token_type": "Bearer"}
        seconds = int(self._lifetime.total_seconds())
        return JSONResponse({**said, "expires_in": seconds, "scope": "offline_access"})
