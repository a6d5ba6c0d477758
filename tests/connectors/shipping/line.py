"""A way from a connector to its stand-in, without a socket, and what goes over it."""

from typing import Any

import httpx

from hub.card import Exchange
from hub.connector import Account, ConnectionSettings, Connector
from hub.domain.errors import Unknown
from hub.sandbox import Sandbox
from hub.transport.verdict import verdict


class Line(httpx.ASGITransport):
    """The vendor's own end of the line; an answer that ends in the middle is lost. Can fail before a call is made."""

    cut: str = ""  # a path's end: calls to it die on the way, before the vendor has heard of them

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.cut and request.url.path.endswith(self.cut):
            raise Unknown("killed before the call")
        try:
            return await super().handle_async_request(request)
        except AssertionError as lost:
            raise Unknown("the answer was lost") from lost


def account_over(line: Line, connector: Connector, settings: ConnectionSettings, sandbox: Sandbox) -> Account:
    """Answers become errors as on the hub's own way out."""
    way: Any = connector.way(settings)

    async def judge(response: httpx.Response) -> None:
        await response.aread()
        assert connector.verdict
        if error := connector.verdict(response) or verdict(response, sandbox.now()):
            raise error

    http = httpx.AsyncClient(transport=line, base_url=way.base_url, headers=way.auth.headers)
    http.event_hooks["response"].append(judge)
    return Account(connection="parcels", settings=settings, http=http, now=sandbox.now)


def on_the_wire(account: Account) -> list[Exchange]:
    """All calls from now on, refusals too."""
    seen: list[Exchange] = []

    async def note(response: httpx.Response) -> None:
        asked = response.request
        seen.append(
            Exchange(
                method=asked.method,
                path=asked.url.path,
                query=asked.url.query.decode(),
                request_headers=asked.headers,
                request=asked.content,
                status=response.status_code,
                headers=response.headers,
                response=await response.aread(),
            )
        )

    account.http.event_hooks["response"].insert(0, note)
    return seen
