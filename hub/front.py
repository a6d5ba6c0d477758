"""The HTTP front: uvicorn with the bounds that it lacks.

uvicorn alone holds half-open connections for ever and waits for them when it is asked to stop. Here every request has
a deadline for its head and one for its body, heads have a size, connections a number, and a client that does not read
its answer is cut off. `serve` ends within `Limits.stop` of being asked, whatever clients do.
"""

import asyncio
import contextlib
import logging
import signal
import socket
from asyncio import TimerHandle
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

_log = logging.getLogger(__name__)

_FLUSH: Final = 2.0  # seconds that a client has to take the last bytes of a connection that is being closed


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds, bytes and counts of one client or of all."""

    connections: int = 1000
    head: float = 10.0  # seconds for a request's head, from its first byte (or from connecting)
    head_bytes: int = 32 * 1024
    headers: int = 100
    body: float = 30.0  # seconds for a whole body
    idle: float = 15.0  # seconds that a connection may wait for its next request
    write: float = 30.0  # seconds that a client may leave a full answer buffer unread
    stop: float = 10.0  # seconds for requests under way, once asked to stop
    socket_message: int = 64 * 1024  # bytes of one WebSocket message


class _Refusal(Exception):
    """Raised inside the parser's callbacks, which carry no other way out."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


def _protocol(limits: Limits) -> type[HttpToolsProtocol]:
    class Protocol(_Bounded):
        pass

    Protocol.limits = limits
    return Protocol


class _Joined:
    """A transport that sends an answer's head together with what follows it: one packet and one system call less."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self.inner = transport
        self._soon = loop.call_soon
        self._head = b""

    def write(self, data: bytes) -> None:
        if self._head:
            data, self._head = self._head + data, b""
        elif data.startswith(b"HTTP/1.1 "):
            self._head = data
            self._soon(self.flush)  # an answer whose body is not ready yet
            return
        self.inner.write(data)

    def flush(self) -> None:
        if self._head:
            data, self._head = self._head, b""
            self.inner.write(data)

    def close(self) -> None:
        self.flush()
        self.inner.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class _Bounded(HttpToolsProtocol):
    limits: Limits
    _deadline: float | None = None  # of the head or body that is arriving
    _timer: TimerHandle | None = None  # looks at it; it is not moved with every request
    _write_timer: TimerHandle | None = None
    _in_head = False
    _in_body = False
    _head_bytes = 0
    _refusal: _Refusal | None = None

    # ------------------------------------------------------------------------------------------- the head

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, _Joined(transport, self.loop)))
        if len(self.connections) > self.limits.connections:
            self._refuse(_Refusal(503, "Too many connections"))
            return
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        if not self._in_head and not self._in_body and self._is_idle():
            self._expect_head()  # whatever comes now, blank lines included, is on the clock
        counted = self._in_head
        super().data_received(data)
        if counted and self._in_head:
            # One endless header reaches no callback before it ends: the raw bytes count.
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.head_bytes:
                self._refuse(_Refusal(431, "Request head too large"))

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if not self._in_head:  # a further request in the same packet
            self._expect_head()

    def on_headers_complete(self) -> None:
        size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if size > self.limits.head_bytes or len(self.headers) > self.limits.headers:
            self._refusal = _Refusal(431, "Request head too large")
            raise self._refusal
        self._in_head = False
        self._in_body = True
        self._set_timer(self.limits.body)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        self._set_timer(None)
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._in_head = self._in_body = False
        self._set_timer(None)  # from here on the WebSocket protocol's own pings and time-outs hold
        self.transport = cast(_Joined, self.transport).inner
        super().handle_websocket_upgrade()

    # --------------------------------------------------------------------------------------- the way out

    def send_400_response(self, msg: str) -> None:
        self._refuse(self._refusal or _Refusal(400, msg))

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(self.limits.write, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._cancel_write_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._set_timer(None)
        self._cancel_write_timer()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """A request that has not arrived is not waited for; one that has may end."""
        if self._in_body:
            self._refuse(_Refusal(503, "Stopping"))
            return
        super().shutdown()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _expect_head(self) -> None:
        self._in_head = True
        self._head_bytes = 0
        self._set_timer(self.limits.head)

    def _set_timer(self, seconds: float | None) -> None:
        self._deadline = None if seconds is None else self.loop.time() + seconds
        if self._deadline is None:
            return
        if self._timer is not None:
            if self._timer.when() <= self._deadline:
                return
            self._timer.cancel()
        self._timer = self.loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._deadline is None:
            return
        if self.loop.time() >= self._deadline:
            self._refuse(_Refusal(408, "Request too slow"))
        else:
            self._timer = self.loop.call_at(self._deadline, self._look)

    def _cancel_write_timer(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _refuse(self, refusal: _Refusal) -> None:
        """Says why, unless an answer is under way, and closes. The application hears of a disconnect."""
        self._set_timer(None)
        if self.transport.is_closing():
            return
        answering = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not answering and not self.pipeline:
            text = str(refusal).encode()
            self.transport.write(
                STATUS_LINE[refusal.status]
                + b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n" % len(text)
                + b"connection: close\r\n\r\n"
                + text
            )
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True  # nothing the application still says may follow
            self.cycle.message_event.set()
        self.transport.close()
        self.loop.call_later(_FLUSH, self.transport.abort)  # closing waits for a client that does not read


class _Server(uvicorn.Server):
    """Signals are the caller's: a process may have more to end than its HTTP front."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises `OSError`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=1024)
    listening.setblocking(False)
    return listening


async def serve(
    app: ASGIApp,
    listening: socket.socket,
    *,
    stop: asyncio.Event,
    limits: Limits | None = None,
    trusted_proxies: Sequence[str] = (),
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serves until `stop` is set, then lets requests under way end, for `limits.stop` seconds at most.

    `ready` is called once requests are answered. `stop` is set before connections are told, so that an endless answer
    (a subscription) that watches it ends in time.
    """
    limits = limits or Limits()
    server = _Server(
        uvicorn.Config(
            app,
            http=_protocol(limits),
            ws="websockets-sansio",  # the other adapter stands on an API that websockets has deprecated
            ws_max_size=limits.socket_message,
            ws_per_message_deflate=False,  # a small frame could unpack to much
            timeout_keep_alive=round(limits.idle),
            timeout_graceful_shutdown=max(1, round(limits.stop)),
            proxy_headers=bool(trusted_proxies),
            forwarded_allow_ips=list(trusted_proxies),
            server_header=False,
            access_log=False,
            log_config=None,
        ),
        ready,
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    told = asyncio.create_task(_watch(server, stop))
    try:
        await asyncio.wait([serving, told], return_when=asyncio.FIRST_COMPLETED)
        await serving
    finally:
        server.should_exit = True
        told.cancel()
        if not serving.done():
            await serving


async def _watch(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True


@contextlib.contextmanager
def stopping_on_signals(stop: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT set `stop`; a second one ends the process as the system would."""
    loop = asyncio.get_running_loop()
    handled = (signal.SIGTERM, signal.SIGINT)

    def asked(name: str) -> None:
        _log.info("stop asked for by %s", name)
        for each in handled:
            loop.remove_signal_handler(each)
        stop.set()

    for each in handled:
        loop.add_signal_handler(each, asked, each.name)
    try:
        yield
    finally:
        for each in handled:
            loop.remove_signal_handler(each)
