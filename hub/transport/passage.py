"""The one way out: an httpx transport around another one, which turns every bad answer into an error of ours."""

import asyncio
import contextlib
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import httpx

from hub.connector import Connector, Limits, is_read
from hub.domain.clock import Clock
from hub.domain.errors import HubError, Refused, TryLater, Unknown
from hub.transport.auth import Auth, Proof
from hub.transport.body import TooBig
from hub.transport.breaker import Breaker
from hub.transport.budget import Budget
from hub.transport.exchange import exchange
from hub.transport.faults import Lost, NotSent, Unsendable
from hub.transport.redact import Redactor
from hub.transport.safe_url import origin, require_origin
from hub.transport.share import Share
from hub.transport.verdict import LONGEST_PAUSE, retry_after, verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What can be told of one call, for metrics and logs."""

    connection: str
    method: str
    path: str
    status: int | None  # None: no answer
    outcome: str  # "ok", or the name of the error
    seconds: float  # the whole of it, with the wait for a turn


Watch = Callable[[Call], None]
Ticks = Callable[[], float]


class Passage(httpx.AsyncBaseTransport):
    """Takes a turn, proves who we are, sends, reads, judges.

    All of a call ends within `limits.deadline`. Nothing is sent after half of it: a write that starts late would be
    cut off by our own impatience, and its outcome be unknown for nothing.
    """

    def __init__(
        self,
        inner: httpx.AsyncBaseTransport,
        *,
        connection: str,
        connector: Connector,
        base_url: str,
        limits: Limits,
        auth: Auth,
        redact: Redactor,
        now: Clock,
        ticks: Ticks = time.monotonic,
        watch: Watch | None = None,
        share: Share | None = None,
    ) -> None:
        self._inner = inner
        self._connection = connection
        self._connector = connector
        home = httpx.URL(base_url)
        self._home = origin(home)
        self._home_as_written = (home.raw_scheme, home.netloc)
        self._limits = limits
        self._deadline = limits.deadline.total_seconds()
        self._auth = auth
        self._redact = redact
        self._now = now
        self._ticks = ticks
        self._watch = watch
        self._slots = asyncio.Semaphore(limits.at_once)
        self._budget = Budget(limits.requests, limits.per)
        self._share = share
        self._breaker = Breaker(connection)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        started = time.monotonic()
        response: httpx.Response | None = None
        outcome = "crashed"
        try:
            response, error = await self._call(request)
            if error is not None:
                raise error
            outcome = "ok"
            return response
        except (HubError, asyncio.CancelledError) as error:
            outcome = type(error).__name__
            raise
        finally:
            if self._watch is not None:
                self._watch(
                    Call(
                        connection=self._connection,
                        method=request.method,
                        path=self._redact(request.url.path),
                        status=response.status_code if response is not None else None,
                        outcome=outcome,
                        seconds=time.monotonic() - started,
                    )
                )

    async def aclose(self) -> None:
        await self._auth.aclose()
        await self._inner.aclose()

    # ------------------------------------------------------------------------------------------------- one call

    async def _call(self, request: httpx.Request) -> tuple[httpx.Response, HubError | None]:
        url = request.url
        if (url.raw_scheme, url.netloc) != self._home_as_written:
            require_origin(url, self._home)
        await request.aread()
        started = asyncio.get_running_loop().time()
        last_start, end = started + self._deadline / 2, started + self._deadline
        self._breaker.check(self._ticks())
        await self._slot(last_start)
        try:
            await self._turn(last_start)
            proof = await self._auth.proof(_until(last_start))
            response, error = await self._try(request, proof, last_start, end)
            # A 401 means that nothing happened: once more with newer credentials, if there are any.
            if response.status_code == 401 and await self._auth.renew(proof, _until(last_start)):
                await self._turn(last_start)
                proof = await self._auth.proof(_until(last_start))
                response, error = await self._try(request, proof, last_start, end)
            return response, error
        finally:
            self._slots.release()

    async def _slot(self, last_start: float) -> None:
        if not self._slots.locked():
            await self._slots.acquire()  # at once, without a timer
            return
        try:
            async with asyncio.timeout_at(last_start):
                await self._slots.acquire()
        except TimeoutError:
            raise TryLater(
                f"{self._connection}: {self._limits.at_once} calls are under way; nothing was sent"
            ) from None

    async def _turn(self, last_start: float) -> None:
        """Waits for the budget, where that is soon enough."""
        if self._share is not None:
            self._in_time(self._budget.paused(self._ticks()), last_start)  # before a turn is taken for nothing
            wait = await self._share.turn(_until(last_start))
        else:
            at = self._ticks()
            self._in_time(self._budget.wait(at), last_start)
            wait = self._budget.take(at)
        if wait > 0:
            await asyncio.sleep(wait)
        while rest := self._budget.paused(self._ticks()):
            self._in_time(rest, last_start)
            await asyncio.sleep(rest)

    def _in_time(self, wait: float, last_start: float) -> None:
        if wait > 0 and wait > _until(last_start):
            message = f"{self._connection}: the call budget is spent for {wait:.3g} s; nothing was sent"
            raise TryLater(message, after=timedelta(seconds=wait))

    async def _try(
        self, request: httpx.Request, proof: Proof, last_start: float, end: float
    ) -> tuple[httpx.Response, HubError | None]:
        """Sends once. The breaker hears of it whatever happens."""
        if _until(last_start) <= 0:
            raise TryLater(f"{self._connection}: too late to begin within the deadline; nothing was sent")
        call = self._breaker.admit(self._ticks())
        healthy: bool | None = None
        try:
            response = await exchange(
                self._inner, request, seconds=_until(end), body_bytes=self._limits.body_bytes, proof=proof.headers
            )
            error = self._judged(response)
            await self._heed(response)
            healthy = not isinstance(error, TryLater | Unknown)
            return response, error
        except TooBig as fault:
            healthy = True
            message = f"{self._said(request)}: an answer of {fault}"
            raise (Refused(message) if is_read(request) else Unknown(message)) from fault
        except NotSent as fault:
            healthy = False
            raise TryLater(f"{self._said(request)}: {fault}; nothing was sent") from fault
        except Lost as fault:
            healthy = False
            message = f"{self._said(request)}: {fault}"
            raise (TryLater(message) if is_read(request) else Unknown(message)) from fault
        except Unsendable as fault:
            raise Refused(f"{self._said(request)}: {fault}; nothing was sent") from fault
        finally:
            self._breaker.settle(call, self._ticks(), healthy=healthy)

    # -------------------------------------------------------------------------------------------------- verdict

    def _judged(self, response: httpx.Response) -> HubError | None:
        error: HubError | None = None
        try:
            error = self._connector.verdict(response) if self._connector.verdict is not None else None
        except HubError as raised:
            error = raised
        except (ValueError, LookupError, TypeError, AttributeError):
            # Not in the vendor's form: a proxy's page, a cut body. A bad status speaks for itself.
            if response.status_code < 300:
                raise Lost(f"{response.status_code}, but not in a form that can be read") from None
        if error is None:
            return verdict(response, self._now(), self._redact)
        error.args = tuple(self._redact(part) if isinstance(part, str) else part for part in error.args)
        return error

    async def _heed(self, response: httpx.Response) -> None:
        """When the vendor wants the next call of anyone, in whichever process."""
        seconds = 0.0
        if self._connector.pause is not None:
            with contextlib.suppress(ValueError, LookupError, TypeError, AttributeError):  # as above: not its form
                seconds = self._connector.pause(response)
        if response.status_code in (429, 503):
            seconds = max(seconds, retry_after(response, self._now()).total_seconds())
        if math.isfinite(seconds) and seconds > 0:
            seconds = min(seconds, LONGEST_PAUSE.total_seconds())
            self._budget.pause(self._ticks(), seconds)
            if self._share is not None:
                # The answer is here and counts; that others could not be told must not make it look lost.
                with contextlib.suppress(Exception):
                    await self._share.pause(seconds)

    def _said(self, request: httpx.Request) -> str:
        return f"{request.method} {self._redact(request.url.path)}"


def _until(moment: float) -> float:
    return max(0.0, moment - asyncio.get_running_loop().time())
