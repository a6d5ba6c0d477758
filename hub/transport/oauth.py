"""OAuth 2 bearer tokens (RFC 6749, section 6), refreshed by one caller for all.

Vendors that rotate refresh tokens (QuickBooks, Xero) take a second use of one for theft and end the connection. So:
one refresh at a time in this process (a task that callers share, and that outlives the caller who started it), one at
a time among processes (the store's lease), and the new pair is stored before it is used.
"""

import asyncio
import hashlib
import json
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

import httpx

from hub.connector import OAuth2
from hub.domain.clock import Clock
from hub.domain.errors import HubError, NeedsAttention, TryLater
from hub.domain.tokens import Tokens
from hub.transport.auth import Proof, TokenStore
from hub.transport.body import TooBig
from hub.transport.faults import Lost, NotSent, Unsendable
from hub.transport.redact import Redactor
from hub.transport.verdict import excerpt, retry_after

EARLY = timedelta(minutes=1)  # refreshed so long before the access token dies
_REMEMBERED = 20  # origins

Ask = Callable[[httpx.Request], Awaitable[httpx.Response]]
"""One exchange with a deadline and a bounded body."""


class _Declined(NeedsAttention):
    """The vendor does not take this refresh token, or these client credentials."""


def token_request(way: OAuth2, form: Mapping[str, str]) -> httpx.Request:
    """To the token endpoint, with the client's credentials as this vendor wants them (RFC 6749, section 2.3.1)."""
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    fields = dict(form)
    if way.client_auth == "basic":
        pair = f"{quote_plus(way.client_id)}:{quote_plus(way.client_secret)}"
        headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
    else:
        fields |= {"client_id": way.client_id, "client_secret": way.client_secret}
    return httpx.Request("POST", way.token_url, headers=headers, content=urlencode(fields).encode())


def origin_of(way: OAuth2) -> str:
    """Tells chains of tokens apart: each begins with a refresh token, or with client credentials, of the settings."""
    first = f"{way.client_id}:{way.client_secret}" if way.grant == "client_credentials" else way.refresh_token
    return hashlib.sha256(first.encode()).hexdigest()


def origins_with(stored: Tokens | None, way: OAuth2) -> tuple[str, ...]:
    """Of tokens to come: those of the tokens that they take over from, and the settings' own."""
    known = stored.origins if stored is not None else ()
    return tuple(dict.fromkeys((*known, origin_of(way))))[-_REMEMBERED:]


def read_tokens(connection: str, body: bytes, now: datetime, used: str, origins: tuple[str, ...]) -> Tokens:
    """What a token endpoint answered (RFC 6749, section 5.1). `used`: the refresh token that stays if none is sent."""
    try:
        said: Any = json.loads(body)
        access, refresh = said["access_token"], said.get("refresh_token") or used
        lifetime = said.get("expires_in")
        seconds = int(lifetime) if lifetime is not None else None  # UPS sends it as text
        if not (isinstance(access, str) and access.isascii() and access and isinstance(refresh, str)):
            raise ValueError("access_token")
        expires_at = now + timedelta(seconds=seconds) if seconds is not None else None
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError):
        raise TryLater(f"{connection}: what came is not the answer of a token endpoint") from None
    return Tokens(access=access, refresh=refresh, expires_at=expires_at, origins=origins)


class Bearer:
    def __init__(
        self, connection: str, way: OAuth2, store: TokenStore, ask: Ask, now: Clock, redact: Redactor, closing: float
    ) -> None:
        """`closing`: seconds that `aclose` gives a refresh that is under way."""
        self._connection = connection
        self._way = way
        self._store = store
        self._ask = ask
        self._now = now
        self._redact = redact
        self._closing = closing
        # A new refresh token in the settings is a new beginning; where there is none, new client credentials are.
        self._app = way.grant == "client_credentials"
        self._origin = origin_of(way)
        self._held: Tokens | None = None
        self._rejected = -1  # generations up to this one got a 401
        self._task: asyncio.Task[Tokens] | None = None

    async def proof(self, seconds: float) -> Proof:
        held = self._held
        if held is None or not self._good(held):
            try:
                held = await self._shared(seconds)
            except TryLater:
                # The minute before the end is there for this: the old one still works.
                if held is None or not self._usable(held):
                    raise
        return Proof({"Authorization": f"Bearer {held.access}", **self._way.headers}, held.generation)

    async def renew(self, rejected: Proof, seconds: float) -> bool:
        self._rejected = max(self._rejected, rejected.generation)
        for _ in range(2):  # a refresh that was under way may have begun before the 401
            if self._held is not None and self._held.generation > self._rejected:
                return True
            await self._shared(seconds)
        return self._held is not None and self._held.generation > self._rejected

    async def aclose(self) -> None:
        """Waits for a refresh that is under way: an answer thrown away now could be the only valid token."""
        if self._task is not None and not self._task.done():
            await asyncio.wait({self._task}, timeout=self._closing)
            self._task.cancel()
            await asyncio.wait({self._task})

    # --------------------------------------------------------------------------------------------- which tokens

    def _ours(self, tokens: Tokens) -> bool:
        """Of the settings' refresh token, or of one that came after it. A new one in the settings takes over.

        Settings without one say nothing against what a person connected.
        """
        return self._origin in tokens.origins or not (self._app or self._way.refresh_token)

    def _usable(self, tokens: Tokens, early: timedelta = timedelta()) -> bool:
        alive = tokens.expires_at is None or self._now() < tokens.expires_at - early
        return alive and self._ours(tokens) and tokens.generation > self._rejected

    def _good(self, tokens: Tokens) -> bool:
        return self._usable(tokens, EARLY)

    # --------------------------------------------------------------------------------------------- one for all

    async def _shared(self, seconds: float) -> Tokens:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._renewed(), name=f"refresh {self._connection}")
            self._task.add_done_callback(_heard)
        try:
            async with asyncio.timeout(seconds):
                return await asyncio.shield(self._task)
        except TimeoutError:
            raise TryLater(f"{self._connection}: the access token is still being refreshed") from None
        except HubError:
            raise
        except Exception as fault:  # the store's own: whatever it is, the call that wanted a token was not sent
            raise TryLater(f"{self._connection}: the token store: {type(fault).__name__}") from fault

    async def _renewed(self) -> Tokens:
        tokens = await self._store.read(self._connection)
        if tokens is None or not self._good(tokens):
            seen = tokens.generation if tokens is not None else 0
            try:
                tokens = await self._store.refresh(self._connection, seen, self._refresh)
            except _Declined:
                # Someone whose lease had ended may have used it, and stored what came of it, in between.
                tokens = await self._store.read(self._connection)
                if tokens is None or tokens.generation <= seen or not self._good(tokens):
                    raise
        self._redact.learn(tokens.access, tokens.refresh)
        self._held = tokens
        return tokens

    # --------------------------------------------------------------------------------------------- the exchange

    async def _refresh(self, stored: Tokens | None) -> Tokens:
        if stored is not None and self._ours(stored):
            token, origins = stored.refresh, stored.origins
        else:
            token, origins = self._way.refresh_token, origins_with(stored, self._way)
        if not (token or self._app):
            anew = f"run hub connect {self._connection}, or " if self._way.authorize_url else ""
            raise NeedsAttention(f"{self._connection}: not connected yet: {anew}put its refresh token into hub.toml")
        self._redact.learn(token)
        try:
            answer = await self._ask(self._request(token))
        except (NotSent, Lost, TooBig) as fault:
            raise TryLater(f"{self._connection}: refreshing the access token: {fault}") from fault
        except Unsendable as fault:
            raise NeedsAttention(f"{self._connection}: refreshing the access token: {fault}") from fault
        said = f"{self._connection}: refreshing the access token: {answer.status_code}"
        if answer.status_code in (400, 401, 403):
            anew = f"Authorise anew (hub connect {self._connection}), or put its refresh token into hub.toml"
            remedy = "Check client_id and client_secret" if self._app else anew
            raise _Declined(f"{said} {excerpt(answer, self._redact)}. {remedy}")
        if answer.status_code in (408, 425, 429) or answer.status_code >= 500:
            raise TryLater(said, after=retry_after(answer, self._now()))
        if answer.status_code != 200:
            raise NeedsAttention(f"{said} {excerpt(answer, self._redact)}")
        return read_tokens(self._connection, answer.content, self._now(), token, origins)

    def _request(self, token: str) -> httpx.Request:
        form: dict[str, str] = {"grant_type": self._way.grant}  # RFC 6749, sections 6 and 4.4
        if not self._app:
            form["refresh_token"] = token
        return token_request(self._way, form)


def _heard(task: asyncio.Task[Tokens]) -> None:
    """Callers may all have gone; asyncio warns of an exception that nobody looked at."""
    if not task.cancelled():
        task.exception()
