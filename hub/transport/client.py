"""Builds the way to each account. The only place where an HTTP client is made."""

import logging
import time
from collections.abc import Callable
from dataclasses import replace

import httpx

from hub.connector import Account, ConnectionSettings, Connector, Headers, Limits, OAuth2, Way
from hub.domain.allowance import Pace
from hub.domain.clock import Clock
from hub.transport.auth import Auth, Fixed, TokenStore
from hub.transport.body import ACCEPTED
from hub.transport.exchange import exchange
from hub.transport.inner import fast
from hub.transport.oauth import Bearer
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
        logging.getLogger("httpx").setLevel(logging.WARNING)  # at INFO it writes whole URLs

    def account(self, connection: str, connector: Connector, settings: ConnectionSettings) -> Account:
        """The same account for the same connection, for as long as this lives."""
        if connection not in self._accounts:
            self._accounts[connection] = self._made(connection, connector, settings)
        return self._accounts[connection]

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
        redact = Redactor([*secrets_of(settings), *_secrets(way.auth)])
        inner = self._inner()
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
            share=self._share(connection, limits),
        )
        http = httpx.AsyncClient(
            transport=passage,
            base_url=way.base_url,
            headers={"User-Agent": "orderhub", "Accept-Encoding": ACCEPTED},
            follow_redirects=False,
            trust_env=False,  # no proxy or password from the environment
            timeout=None,  # noqa: S113  (the passage has one deadline for all of a call)
        )
        return Account(connection=connection, settings=settings, http=http, now=self._now)

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

        async def ask(request: httpx.Request) -> httpx.Response:
            return await exchange(inner, request, seconds=seconds, body_bytes=_TOKEN_ANSWER)

        return Bearer(connection, auth, self._tokens, ask, self._now, redact, seconds)


def _secrets(auth: Headers | OAuth2) -> list[str]:
    return list(auth.headers.values()) if isinstance(auth, Headers) else [auth.client_secret, auth.refresh_token]
