"""Builds the way to each account. The only place where an HTTP client is made."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote, urlsplit

import httpx

from hub.connector import Account, ConnectionSettings, Connector, Headers, Limits, OAuth2, Way
from hub.domain.allowance import Pace
from hub.domain.clock import Clock
from hub.domain.errors import Misconfigured
from hub.domain.tokens import Tokens
from hub.transport.auth import ANEW, Auth, Fixed, Proof, TokenStore
from hub.transport.authorise import Consent, Invitation, redeemer
from hub.transport.body import ACCEPTED
from hub.transport.exchange import exchange
from hub.transport.inner import fast
from hub.transport.lean import Client
from hub.transport.mail import MailServer
from hub.transport.oauth import Ask, Bearer
from hub.transport.passage import Passage, Ticks, Watch
from hub.transport.redact import Redactor, secrets_of
from hub.transport.share import Allowance, Share

_TOKEN_ANSWER = 64 * 1024  # bytes


class WayOut:
    """The accounts of this process. Budgets, breakers and tokens are shared by all who call the same one."""

    def __init__(
        self,
        tokens: TokenStore,
        now: Clock,
        inner: Callable[[], httpx.AsyncBaseTransport] = fast,
        *,
        watch: Watch | None = None,
        ticks: Ticks = time.monotonic,
        allowance: Allowance | None = None,
    ) -> None:
        """`inner` is called once per account. `watch` hears of every call, and must not raise.

        `ticks` are seconds of a clock that only goes forward: budgets and breakers count by it. `allowance` hands out
        the calls that all processes may make together; without it this process is alone.
        """
        self._tokens = tokens
        self._now = now
        self._inner = inner
        self._watch = watch
        self._ticks = ticks
        self._allowance = allowance
        self._accounts: dict[str, Account] = {}
        self._bearers: dict[str, Bearer] = {}
        logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it writes whole URLs

    def account(self, connection: str, connector: Connector, settings: ConnectionSettings) -> Account:
        """The same account for the same connection, for as long as this lives."""
        if connection not in self._accounts:
            self._accounts[connection] = self._made(connection, connector, settings)
        return self._accounts[connection]

    async def redeem(
        self,
        connection: str,
        connector: Connector,
        settings: ConnectionSettings,
        invitation: Invitation,
        given: Consent,
    ) -> Tokens:
        """What a person allowed becomes the connection's tokens, whatever there were. Raises `HubError`, with words."""
        way: Way = connector.way(settings)
        if isinstance(way.auth, Headers):
            raise Misconfigured(f"{connection} has no tokens")
        redact = Redactor([*secrets_of(settings), *_secrets(way)])
        async with self._inner() as inner:
            ask = _asking(inner, way.limits)
            redeem = redeemer(connection, way.auth, invitation, given, ask, self._now, redact)
            return await self._tokens.refresh(connection, ANEW, redeem)

    async def renew(self, connection: str, connector: Connector, settings: ConnectionSettings, seen: int) -> None:
        """Uses the refresh token, that it may not die unused, unless somebody did since generation `seen`.

        Raises `TryLater` or `NeedsAttention`. Nothing to do for credentials that do not expire.
        """
        limits = connector.way(settings).limits
        self.account(connection, connector, settings)
        if bearer := self._bearers.get(connection):
            await bearer.renew(Proof({}, seen), limits.deadline.total_seconds())

    async def aclose(self) -> None:
        """Ends idle connections, after refreshes that are under way."""
        while self._accounts:
            _, account = self._accounts.popitem()
            await account.http.aclose()

    def _made(self, connection: str, connector: Connector, settings: ConnectionSettings) -> Account:
        way: Way = connector.way(settings)
        limits = way.limits
        if settings.rate_limit is not None:
            limits = replace(limits, requests=settings.rate_limit.requests, per=settings.rate_limit.per)
        redact = Redactor([*secrets_of(settings), *_secrets(way)])
        inner = self._inner()
        share = self._share(connection, limits)
        passage = Passage(
            inner,
            connection=connection,
            connector=connector,
            base_url=way.base_url,
            limits=limits,
            auth=self._auth(connection, way.auth, limits, inner, redact),
            redact=redact,
            now=self._now,
            ticks=self._ticks,
            watch=self._watch,
            share=share,
        )
        http = Client(passage, way.base_url, {"User-Agent": "orderhub", "Accept-Encoding": ACCEPTED})
        mail = MailServer(connection, way.smtp, limits, redact, share) if way.smtp is not None else None
        return Account(connection=connection, settings=settings, http=http, now=self._now, mail=mail)

    def _share(self, connection: str, limits: Limits) -> Share | None:
        if self._allowance is None:
            return None
        pace = Pace(requests=limits.requests, per=limits.per, per_day=limits.per_day)
        return Share(connection, pace, self._allowance, self._now)

    def _auth(
        self, connection: str, auth: Headers | OAuth2, limits: Limits, inner: httpx.AsyncBaseTransport, redact: Redactor
    ) -> Auth:
        if isinstance(auth, Headers):
            return Fixed(auth.headers)
        seconds = limits.deadline.total_seconds()
        bearer = Bearer(connection, auth, self._tokens, _asking(inner, limits), self._now, redact, seconds)
        self._bearers[connection] = bearer
        return bearer


def _asking(inner: httpx.AsyncBaseTransport, limits: Limits) -> Ask:
    async def ask(request: httpx.Request) -> httpx.Response:
        return await exchange(inner, request, seconds=limits.deadline.total_seconds(), body_bytes=_TOKEN_ANSWER)

    return ask


def _secrets(way: Way) -> list[str]:
    of_mail = [way.smtp.password, unquote(urlsplit(way.smtp.archive).password or "")] if way.smtp else []
    if isinstance(way.auth, Headers):
        return [*way.auth.headers.values(), *of_mail]
    return [way.auth.client_secret, way.auth.refresh_token, *of_mail]
