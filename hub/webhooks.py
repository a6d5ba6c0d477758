"""The door for webhooks: plain ASGI, since every layer between the socket and the inbox is paid for by every event.

2xx only after the commit. Anything else makes the sender try again, except what trying again cannot mend.
"""

import asyncio
import time
from collections.abc import Mapping
from typing import Any, Final, Protocol

import orjson
import structlog
from prometheus_client import Counter, Histogram
from starlette.types import Receive, Scope, Send

from hub.connector import Incoming
from hub.domain.errors import Forged, HubError, Malformed, TooLarge, TryLater
from hub.observe import metrics
from hub.pipeline.receive import Received
from hub.pipeline.registry import Connection

log = structlog.get_logger("orderhub.door")

PATH: Final = "/webhooks/"
MOST_BYTES: Final = 5 * 1024 * 1024  # an order of 500 lines is about 1.5 MB in the largest vendor's form
MOST_AT_ONCE: Final = 64 * 1024 * 1024  # bytes of all bodies that are being read or wait for their commit
_AUDIT: Final = 3  # seconds for the line that says what was turned away
_TYPES = (
    "application/json",
    "application/cloudevents",
    "application/x-www-form-urlencoded",
    "application/xml",
    "text/",
)
_JSON: Final = "application/json"


class Hub(Protocol):
    """What this door asks of the hub."""

    public_url: str

    def connection(self, connection_id: str) -> Connection | None: ...
    async def receive(self, connection: Connection, incoming: Incoming) -> Received: ...
    async def turned_away(self, connection_id: str, what: str, detail: str) -> None: ...


class _Gone(Exception):
    """The client went away."""


class _Body:
    """One request's body, and the room that it takes while the request is under way."""

    __slots__ = ("_chunks", "_door", "_taken")

    def __init__(self, door: "WebhookDoor") -> None:
        self._door, self._taken = door, 0

    async def read(self, headers: Mapping[str, str], receive: Receive, *, keep: bool) -> bytes:
        """Without `keep` it is only counted: what nobody will read is not remembered."""
        kind = headers.get("content-type", _JSON).lower()
        if not kind.startswith(_TYPES):
            raise Malformed(f"content type {kind[:80]!r}: JSON is expected")
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise Malformed("the body is compressed: it is expected as it was signed")
        if int(headers.get("content-length") or 0) > MOST_BYTES:
            raise TooLarge(f"more than {MOST_BYTES} bytes")
        chunks: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            chunk: bytes = message.get("body", b"")
            more = message.get("more_body", False)
            size += len(chunk)
            if size > MOST_BYTES:
                raise TooLarge(f"more than {MOST_BYTES} bytes")
            if keep:
                self._take(len(chunk))
                chunks.append(chunk)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    def _take(self, size: int) -> None:
        if self._door.held + size > self._door.most:
            raise TryLater("too many bodies at once")
        self._door.held += size
        self._taken += size

    def drop(self) -> None:
        self._door.held -= self._taken


class _Counts:
    """A connection's metrics, looked up once."""

    def __init__(self, connection_id: str) -> None:
        self.new: Counter = metrics.events_received.labels(connection_id, "new")
        self.duplicate: Counter = metrics.events_received.labels(connection_id, "duplicate")
        self.seconds: Histogram = metrics.ack_seconds.labels(connection_id)


class WebhookDoor:
    def __init__(self, hub: Hub, *, most: int = MOST_AT_ONCE) -> None:
        self._hub = hub
        self.most = most
        self.held = 0  # bytes of bodies now in memory
        self._counts: dict[str, _Counts] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection_id: str = scope["path"][len(PATH) :]
        connection = self._hub.connection(connection_id)
        if connection is not None and connection.connector.inbound is None:
            connection = None
        body = _Body(self)
        try:
            await self._answer(connection, scope, body, receive, send)
        except _Gone:
            await answer(send, 400, {"error": "the body did not come"})
        except TryLater as error:
            log.warning("receive.later", connection=connection_id, reason=str(error)[:200])
            await self._come_again(connection, send)
        except HubError as error:
            await self._refuse(connection, error, send)
        except Exception as error:
            # Nothing was kept: the sender has to try again, and a person has to know.
            words = str(error)[:200]
            log.error("receive.failed", connection=connection_id, error=type(error).__name__, detail=words)
            await self._come_again(connection, send)
        finally:
            body.drop()

    async def _answer(
        self, connection: Connection | None, scope: Scope, body: _Body, receive: Receive, send: Send
    ) -> None:
        started = time.perf_counter()
        # Backwards, so that of a header that comes twice the first counts.
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        content = await body.read(headers, receive, keep=connection is not None)
        if connection is None:
            await miss(send)
            return
        query: bytes = scope["query_string"]
        url = f"{self._hub.public_url}{PATH}{connection.id}" + (f"?{query.decode('utf-8', 'replace')}" if query else "")
        received = await self._hub.receive(connection, Incoming(method="POST", url=url, headers=headers, body=content))
        counts = self._counts.get(connection.id)
        if counts is None:
            counts = self._counts[connection.id] = _Counts(connection.id)
        if received.new:
            counts.new.inc(received.new)
        if received.duplicates:
            counts.duplicate.inc(received.duplicates)
        counts.seconds.observe(time.perf_counter() - started)
        inbound = connection.connector.inbound
        if inbound is not None and inbound.answer is not None:
            await _send(send, 200, *inbound.answer)
        else:
            await answer(send, 200, {"received": received.new, "duplicates": received.duplicates})

    async def _come_again(self, connection: Connection | None, send: Send) -> None:
        if connection is not None:
            metrics.events_received.labels(connection.id, "busy").inc()
        await answer(send, 503, {"error": "not kept, send it again"}, (b"retry-after", b"5"))

    async def _refuse(self, connection: Connection | None, error: HubError, send: Send) -> None:
        match error:
            case Forged():
                status, outcome, words = 401, "forged", "not signed by the sender of this connection"
            case TooLarge():
                status, outcome, words = 413, "refused", "too large"
            case _:
                status, outcome, words = 400, "refused", str(error)
        if connection is not None:
            metrics.events_received.labels(connection.id, outcome).inc()
            log.warning("receive.refused", connection=connection.id, outcome=outcome, reason=str(error)[:200])
            try:
                async with asyncio.timeout(_AUDIT):
                    await self._hub.turned_away(connection.id, outcome, str(error))
            except Exception as fault:  # the answer does not hang on it
                log.error("receive.audit", connection=connection.id, error=type(fault).__name__)
        await answer(send, status, {"error": words})


async def miss(send: Send) -> None:
    await answer(send, 404, {"error": "not found"})


async def answer(send: Send, status: int, words: Mapping[str, Any], *more: tuple[bytes, bytes]) -> None:
    await _send(send, status, _JSON, orjson.dumps(words), *more)


async def _send(send: Send, status: int, media_type: str, body: bytes, *more: tuple[bytes, bytes]) -> None:
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    headers = [(b"content-length", b"%d" % len(body)), (b"content-type", media_type.encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
