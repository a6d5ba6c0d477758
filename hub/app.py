"""The doors for programs: webhooks, GraphQL, health and metrics."""

import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import structlog
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from hub.connector import Incoming
from hub.domain.errors import Forged, HubError, Malformed, TooLarge, TryLater
from hub.observe import metrics
from hub.pipeline.receive import Received
from hub.pipeline.registry import Connection

log = structlog.get_logger("orderhub.door")

MOST_BYTES = 5 * 1024 * 1024  # an order of 500 lines is about 1.5 MB in the largest vendor's form
_TYPES = (
    "application/json",
    "application/cloudevents",
    "application/x-www-form-urlencoded",
    "application/xml",
    "text/",
)


class Hub(Protocol):
    """What the doors ask of the hub."""

    public_url: str

    def connection(self, connection_id: str) -> Connection | None: ...
    async def receive(self, connection: Connection, incoming: Incoming) -> Received: ...
    async def turned_away(self, connection_id: str, what: str, detail: str) -> None: ...
    async def unready(self) -> str:
        """Why it cannot work now; `""` when it can."""
        ...

    async def measure(self) -> None: ...


def make_app(hub: Hub, window: Sequence[BaseRoute]) -> Starlette:
    """`window` are the routes of GraphQL."""

    async def webhook(request: Request) -> Response:
        return await _webhook(hub, request)

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

    return Starlette(
        routes=[
            Route("/webhooks/{connection}", webhook, methods=["POST"]),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", show_metrics),
            *window,
        ],
        lifespan=lifespan,
        exception_handlers={404: _miss, 405: _miss, Exception: _fault},
    )


async def _miss(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "not found"}, status_code=404)


async def _fault(request: Request, error: Exception) -> Response:
    log.error("door.failed", path=request.url.path, error=type(error).__name__)
    return JSONResponse({"error": "internal"}, status_code=500)


async def _webhook(hub: Hub, request: Request) -> Response:
    """2xx only after the commit. Anything else makes the sender try again, except what trying again cannot mend."""
    connection_id = request.path_params["connection"]
    connection = hub.connection(connection_id)
    started = time.perf_counter()
    try:
        body = await _body(request)
        if connection is None or connection.connector.inbound is None:
            return await _miss(request, KeyError())
        url = hub.public_url + request.url.path + (f"?{request.url.query}" if request.url.query else "")
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = await hub.receive(connection, Incoming(method="POST", url=url, headers=headers, body=body))
    except ClientDisconnect:
        return Response(status_code=400)
    except TryLater as error:
        log.warning("receive.later", connection=connection_id, reason=str(error)[:200])
        return JSONResponse({"error": "not kept, send it again"}, status_code=503, headers={"Retry-After": "5"})
    except HubError as error:
        return await _refused(hub, connection_id if connection else "", error)
    except Exception as error:
        # Nothing was kept: the sender has to try again, and a person has to know.
        log.error("receive.failed", connection=connection_id, error=type(error).__name__, detail=str(error)[:200])
        return JSONResponse({"error": "not kept, send it again"}, status_code=503, headers={"Retry-After": "5"})
    metrics.events_received.labels(connection.id, "new").inc(received.new)
    metrics.events_received.labels(connection.id, "duplicate").inc(received.duplicates)
    metrics.ack_seconds.labels(connection.id).observe(time.perf_counter() - started)
    if connection.connector.inbound.answer is not None:
        media_type, words = connection.connector.inbound.answer
        return Response(words, media_type=media_type)
    return JSONResponse({"received": received.new, "duplicates": received.duplicates})


async def _refused(hub: Hub, connection_id: str, error: HubError) -> Response:
    match error:
        case Forged():
            status, outcome, words = 401, "forged", "not signed by the sender of this connection"
        case TooLarge():
            status, outcome, words = 413, "refused", "too large"
        case _:
            status, outcome, words = 400, "refused", str(error)
    if connection_id:
        metrics.events_received.labels(connection_id, outcome).inc()
        await hub.turned_away(connection_id, outcome, str(error))
        log.warning("receive.refused", connection=connection_id, outcome=outcome, reason=str(error)[:200])
    return JSONResponse({"error": words}, status_code=status)


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "application/json").lower()
    if not kind.startswith(_TYPES):
        raise Malformed(f"content type {kind[:80]!r}: JSON is expected")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Malformed("the body is compressed: it is expected as it was signed")
    if int(request.headers.get("content-length") or 0) > MOST_BYTES:
        raise TooLarge(f"more than {MOST_BYTES} bytes")
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_BYTES:
            raise TooLarge(f"more than {MOST_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)
