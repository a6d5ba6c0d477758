"""A stand-in of a vendor: an ASGI server with state, for the demo, the tests and the conformance kit.

A connector's `sandbox.py` subclasses `Sandbox` and adds the vendor's own API as routes. It answers as the vendor
describes its API (ids, idempotency keys, errors, limits, signatures), so that it cannot flatter us. Beside the vendor's
API every sandbox has a control side under `/_sandbox/`, for whoever plays the vendor's users:

    POST /_sandbox/act         {"act": "place_order", …}  -> what the act returns
    GET  /_sandbox/deliveries?after=N                     -> webhooks that the vendor wants to send, oldest first
    GET  /_sandbox/state                                  -> everything it holds, for comparison
    POST /_sandbox/faults      {"drop_replies": 2, …}     -> what goes wrong from now on (`Faults`)
"""

import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from hub.domain.clock import Clock, utc_now


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A webhook as the vendor would send it, signed at the time of `headers`."""

    kind: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""  # behind the webhook's address, where the vendor was given one with a query


@dataclass(slots=True, kw_only=True)
class Faults:
    """What goes wrong on purpose. Each number counts down with the vendor's own calls; 0 is a good day.

    `refuse` and `pages` hit any call, the others writes only (`Sandbox.is_write`).
    """

    drop_replies: int = 0  # do the work, then cut the connection without an answer
    drop_requests: int = 0  # cut the connection without doing anything
    slow_bodies: int = 0  # do the work, answer with a head and half a body, and say no more
    silent: int = 0  # take the request and say nothing at all: a half-open socket
    pages: int = 0  # a web page instead of the API, without doing anything …
    page_status: int = 502  # … which some proxies send as 200
    refuse: int = 0  # answer `status` without doing anything …
    status: int = 503
    retry_after: int = 0  # … with this `Retry-After`, if not 0


_PAGE = b"<!doctype html><html><head><title>Bad gateway</title></head><body><h1>Please try again</h1></body></html>"


Act = Callable[..., Any]


@dataclass(eq=False)
class Sandbox:
    """`routes` are the vendor's API, `acts` what its users do; an act returns JSON and may call `self.deliver`."""

    secret: str = "sandbox-secret"
    now: Clock = utc_now
    deliveries: list[Delivery] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    calls: list[tuple[str, str]] = field(default_factory=list)  # (method, path) of each call to the vendor's API
    # What the client hears after the sandbox went silent. Who plays without a clock puts an end to it at once.
    hang: Callable[[Receive], Awaitable[None]] = field(default=lambda receive: _until_gone(receive), init=False)

    def __post_init__(self) -> None:
        control = [
            Route("/_sandbox/act", self._act, methods=["POST"]),
            Route("/_sandbox/deliveries", self._deliveries),
            Route("/_sandbox/state", self._state),
            Route("/_sandbox/faults", self._faults, methods=["POST"]),
        ]
        self._app = Starlette(routes=control + self.routes())

    def routes(self) -> list[Route]:
        raise NotImplementedError

    def acts(self) -> Mapping[str, Act]:
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """JSON of all that the vendor holds."""
        raise NotImplementedError

    def is_write(self, method: str, path: str) -> bool:
        """Which calls `drop_replies` may hit."""
        return method not in ("GET", "HEAD")

    def deliver(self, kind: str, headers: Mapping[str, str], body: bytes) -> None:
        self.deliveries.append(Delivery(kind=kind, headers=dict(headers), body=body))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox/"):
            await self._app(scope, receive, send)
            return
        self.calls.append((scope["method"], scope["path"]))
        if self.faults.refuse > 0:
            self.faults.refuse -= 1
            headers = {"Retry-After": str(self.faults.retry_after)} if self.faults.retry_after else {}
            await Response(status_code=self.faults.status, headers=headers)(scope, receive, send)
            return
        if self.faults.pages > 0:
            self.faults.pages -= 1
            await Response(_PAGE, self.faults.page_status, media_type="text/html")(scope, receive, send)
            return
        if self.is_write(scope["method"], scope["path"]) and await self._cut_off(scope, receive, send):
            return
        await self._app(scope, receive, send)

    async def _cut_off(self, scope: Scope, receive: Receive, send: Send) -> bool:
        """One of the faults in which the client hears no whole answer, if one is due."""
        # A head that promises a body which never comes: at the end the server closes the connection on the client.
        head: Message = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1048576")]}
        if self.faults.drop_requests > 0:
            self.faults.drop_requests -= 1
            await send(head)
            return True
        if self.faults.silent > 0:
            self.faults.silent -= 1
            await self.hang(receive)
            return True
        if self.faults.drop_replies > 0:
            self.faults.drop_replies -= 1
            await self._app(scope, receive, _swallow)
            await send(head)
            return True
        if self.faults.slow_bodies > 0:
            self.faults.slow_bodies -= 1
            await self._app(scope, receive, _swallow)
            await send(head)
            await send({"type": "http.response.body", "body": b'{"', "more_body": True})
            await self.hang(receive)
            return True
        return False

    async def _act(self, request: Request) -> Response:
        arguments = await request.json()
        try:
            act = self.acts()[arguments.pop("act")]
        except KeyError as missing:
            return JSONResponse({"error": f"no act {missing}", "acts": sorted(self.acts())}, status_code=404)
        result = act(**arguments)
        if isinstance(result, Awaitable):
            result = await result
        return JSONResponse(result)

    async def _deliveries(self, request: Request) -> Response:
        after = int(request.query_params.get("after", "0"))
        return JSONResponse(
            [
                {
                    "kind": each.kind,
                    "headers": dict(each.headers),
                    "body": base64.b64encode(each.body).decode(),
                    "query": each.query,
                }
                for each in self.deliveries[after:]
            ]
        )

    async def _state(self, request: Request) -> Response:
        return Response(json.dumps(self.state(), default=str), media_type="application/json")

    async def _faults(self, request: Request) -> Response:
        for name, value in (await request.json()).items():
            setattr(self.faults, name, value)
        return JSONResponse(asdict(self.faults))


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _swallow(message: Message) -> None:
    """The answer that nobody hears."""
