"""The doors for programs: webhooks, GraphQL, health and metrics."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from hub import webhooks
from hub.observe import metrics

log = structlog.get_logger("orderhub.door")


class Hub(webhooks.Hub, Protocol):
    """What the doors ask of the hub."""

    async def unready(self) -> str:
        """Why it cannot work now; `""` when it can."""
        ...

    async def measure(self) -> None: ...


def make_app(hub: Hub, window: Sequence[BaseRoute]) -> ASGIApp:
    """`window` are the routes of GraphQL."""
    door = webhooks.WebhookDoor(hub)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(_: Request) -> Response:
        why = await hub.unready()
        return JSONResponse({"status": "ready"} if not why else {"status": why}, status_code=503 if why else 200)

    async def show_metrics(_: Request) -> Response:
        await hub.measure()
        return Response(metrics.render(), media_type=metrics.CONTENT_TYPE)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield

    others = Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", show_metrics),
            *window,
        ],
        lifespan=lifespan,
        exception_handlers={404: _miss, 405: _miss, Exception: _fault},
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(webhooks.PATH):
            await door(scope, receive, send)
        else:
            await others(scope, receive, send)

    return app


async def _miss(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "not found"}, status_code=404)


async def _fault(request: Request, error: Exception) -> Response:
    log.error("door.failed", path=request.url.path, error=type(error).__name__)
    return JSONResponse({"error": "internal"}, status_code=500)
