"""The way from the kit's hub to a sandbox in this process, where all that passes is kept."""

from collections.abc import Callable, Mapping

import httpx
from starlette.types import Receive

from hub.card import Exchange
from hub.sandbox import Faults, Sandbox


class Cut(httpx.AsyncBaseTransport):
    """An answer that breaks off is what it is on a real wire: a lost reply."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._inner = httpx.ASGITransport(sandbox)
        sandbox.hang = _give_up  # no time passes here: the client's patience is over

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return await self._inner.handle_async_request(request)
        except AssertionError:  # the sandbox promised a body and sent none
            raise httpx.RemoteProtocolError("the connection was cut", request=request) from None


class Wire(Cut):
    """`before` runs before the call of its number, from 0.

    `exchanges` are those without a planned fault; `log` says of each call whether it may change something there.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(sandbox)
        self.sandbox = sandbox
        self.exchanges: list[Exchange] = []
        self.log: list[bool] = []
        self.before: Mapping[int, Callable[[], None]] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if (due := self.before.get(len(self.log))) is not None:
            due()
        well = self.sandbox.faults == Faults()
        content = await request.aread()
        try:
            response = await super().handle_async_request(request)
        finally:
            self.log.append(self.sandbox.is_write(request.method, request.url.path))
        body = await response.aread()
        if well:
            self.exchanges.append(
                Exchange(
                    method=request.method,
                    path=request.url.path,
                    query=request.url.query.decode(),
                    request_headers=dict(request.headers),
                    request=content,
                    status=response.status_code,
                    headers=dict(response.headers),
                    response=body,
                )
            )
        return httpx.Response(response.status_code, headers=response.headers.raw, content=body)


async def _give_up(_receive: Receive) -> None:
    raise TimeoutError("no whole answer within the deadline")
