"""Vendors that misbehave, on real sockets; and a connector and settings to call them with."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from hub.connector import Category, ConnectionSettings, Connector, Headers, Limits, OAuth2, Way
from hub.domain.errors import HubError
from hub.domain.tokens import Tokens
from hub.transport.auth import Refresher

Talk = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]

KEY = "Bearer sk_live_canary_4711"


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Vendor:
    """What came in, and where it is."""

    url: str = ""
    seen: list[Request] = field(default_factory=list)


@contextlib.asynccontextmanager
async def vendor(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[Vendor]:
    """`talk` writes raw bytes for each request; the connection stays open after it unless it closes it."""
    heard = Vendor()
    open_now: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.add(writer)
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                request = await _request(reader)
                heard.seen.append(request)
                await talk(request, writer)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    heard.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield heard
    finally:
        server.close()
        for writer in open_now:
            writer.close()
        for writer in open_now:
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> Request:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = head[0].split(" ")
    headers = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in head[1:] if line}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Request(method, target, headers, body)


def skip(seconds: float) -> None:
    """Moves the clock of the loop's timers, so that a deadline strikes at a known moment, however busy the machine."""
    loop = asyncio.get_running_loop()
    before = loop.time
    loop.time = lambda: before() + seconds  # type: ignore[method-assign]


def answer(status: int = 200, body: bytes = b"{}", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def saying(*answers: bytes) -> Talk:
    """One after the other; the last one again and again."""
    left = list(answers)

    async def talk(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])

    return talk


def connector(
    url: str,
    *,
    auth: Headers | OAuth2 | None = None,
    verdict: Callable[[httpx.Response], HubError | None] | None = None,
    pause: Callable[[httpx.Response], float] | None = None,
    **limits: Any,
) -> Connector:
    limited = Limits(**{"requests": 1000, "deadline": timedelta(seconds=5), **limits})
    return Connector(
        slug="shopwave",
        title="Shopwave",
        category=Category.STORE,
        settings=ConnectionSettings,
        way=lambda _settings: Way(base_url=url, auth=auth or Headers(headers={"Authorization": KEY}), limits=limited),
        read={},
        recognise=lambda _name, _body: [],
        verdict=verdict,
        pause=pause,
    )


SETTINGS = ConnectionSettings(connector="shopwave")


class Memory:
    """A token store of one process, without a disk."""

    def __init__(self) -> None:
        self.held: dict[str, Tokens] = {}
        self.asked = 0
        self._lock = asyncio.Lock()

    async def read(self, connection: str) -> Tokens | None:
        return self.held.get(connection)

    async def refresh(self, connection: str, seen: int, refresher: Refresher) -> Tokens:
        self.asked += 1
        async with self._lock:
            held = self.held.get(connection)
            if held is None or held.generation <= seen:
                fresh = await refresher(held)
                generation = (held.generation if held else 0) + 1
                held = self.held[connection] = Tokens(
                    access=fresh.access,
                    refresh=fresh.refresh,
                    expires_at=fresh.expires_at,
                    origins=fresh.origins,
                    generation=generation,
                )
            return held
