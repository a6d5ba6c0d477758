"""The window's addresses, for the application to mount."""

import asyncio
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from hub.domain.clock import Clock, utc_now
from schema.context import Hub
from schema.execution import Engine
from schema.requests import Authenticate, Endpoint
from schema.sse import Stream
from schema.websocket import Socket

_PAGE = Path(__file__).parent / "graphiql"
# Styles: GraphiQL's editor sets sizes inline. Everything else comes from this house, and nothing is evaluated.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self' data:; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def graphql_routes(
    hub: Hub, authenticate: Authenticate, *, stop: asyncio.Event, now: Clock = utc_now
) -> list[BaseRoute]:
    """`/graphql` (POST, GET, WebSocket and the page), `/graphql/stream`, and what the page loads.

    Once `stop` is set, streams and sockets end, so that the server need not wait for clients that follow for ever.
    """
    engine = Engine(hub, now)
    endpoint = Endpoint(engine, authenticate)
    stream = Stream(engine, authenticate, stop)
    socket = Socket(engine, authenticate, stop)

    async def over_http(request: Request) -> Response:
        if request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", ""):
            return FileResponse(_PAGE / "index.html", headers=_HEADERS)
        return await endpoint(request)

    async def over_stream(request: Request) -> Response:
        return await stream(request)

    async def over_socket(websocket: WebSocket) -> None:
        await socket(websocket)

    every = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]  # the wrong ones are answered in our words
    return [
        Route("/graphql", over_http, methods=every),
        WebSocketRoute("/graphql", over_socket),
        Route("/graphql/stream", over_stream, methods=every),
        Mount("/graphql/assets", StaticFiles(directory=_PAGE)),
    ]
