"""The fast transport: HTTP/1.1 with connections that are kept for a while.

What it knows better than any library above a socket: whether a request began to leave. `NotSent` is said only where
not one byte of it was handed to a connection. Nothing is ever sent twice.
"""

import asyncio
import contextlib
import re
import socket
import ssl
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence

import aiohappyeyeballs
import httpx
from aiohappyeyeballs import AddrInfoType

from hub.transport.faults import Lost, NotSent, Unsendable, words_of
from hub.transport.line import Answer, Line

Resolve = Callable[[str, int], Awaitable[Sequence[AddrInfoType]]]
"""A host and a port -> where to connect to, or `OSError`. Asked for addresses in figures, too."""

KEEP_IDLE = 4.0
"""Many servers drop an idle connection after 5 s (uvicorn, Node). A write on a connection that dies at that moment is
an unknown outcome, so ours go first."""

_NEXT_ADDRESS = 0.25  # s (RFC 8305, section 5)
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_SPLITS = re.compile(rb"[\r\n\0]")  # in a value: would start another header
_OURS = frozenset({b"content-length", b"transfer-encoding"})  # a body is always whole, and its length is known
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

_FOREVER, _ALL = 10.0**6, 2**40  # s, bytes
_Place = tuple[bool, str, int]  # whether by TLS, host, port


async def addresses(host: str, port: int) -> Sequence[AddrInfoType]:
    return await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Wire(httpx.AsyncBaseTransport):
    def __init__(
        self, tls: Callable[[], ssl.SSLContext], *, keep: float = KEEP_IDLE, resolve: Resolve = addresses
    ) -> None:
        """`keep`: seconds that a connection may lie idle. How many there are is up to those who call."""
        self._tls = tls
        self._keep = keep
        self._resolve = resolve
        self._lines: set[Line] = set()
        self._idle: defaultdict[_Place, deque[Line]] = defaultdict(deque)  # the longest idle first
        self._sweep: asyncio.TimerHandle | None = None

    async def ask(
        self,
        method: str,
        url: httpx.URL,
        headers: Sequence[tuple[bytes, bytes]],
        content: bytes,
        *,
        seconds: float,
        most: int,
    ) -> Answer:
        """The answer within `seconds`, its body read to a little above `most` bytes.

        Raises `NotSent`, `Lost` or `Unsendable`.
        """
        place, message = _place(url), _message(method, url, headers, content)
        sent = False
        try:
            async with asyncio.timeout(seconds):
                line = self._idle_line(place) or await self._connected(place, min(10.0, 0.4 * seconds))
                sent = True
                answer = await line.ask(message, most=most, head_only=method == "HEAD")
        except TimeoutError:
            raise (Lost if sent else NotSent)(f"no whole answer within {seconds:.3g} s") from None
        if line.open and self._keep > 0:
            self._keep_idle(place, line)
        return answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Like any transport of httpx, for those who know no other way: without a deadline or a bound of its own."""
        content = await request.aread()
        answer = await self.ask(request.method, request.url, request.headers.raw, content, seconds=_FOREVER, most=_ALL)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=httpx.ByteStream(b"".join(answer.body)), request=request
        )

    async def aclose(self) -> None:
        if self._sweep is not None:
            self._sweep.cancel()
            self._sweep = None
        self._idle.clear()
        for line in [*self._lines]:
            line.close()
        await asyncio.sleep(0)  # the loop tells them so

    # --------------------------------------------------------------------------------------------------- connecting

    async def _connected(self, place: _Place, seconds: float) -> Line:
        secure, host, port = place
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                found = await self._resolve(host, port)
                sock = await aiohappyeyeballs.start_connection(found, happy_eyeballs_delay=_NEXT_ADDRESS, interleave=1)
                try:
                    _, line = await loop.create_connection(
                        lambda: Line(self._lines),
                        sock=sock,
                        ssl=self._tls() if secure else None,
                        server_hostname=host if secure else None,
                    )
                except BaseException:
                    with contextlib.suppress(OSError):  # the loop may have taken it already
                        sock.close()
                    raise
        except (OSError, RuntimeError) as fault:  # RuntimeError: uvloop's word for some of them
            raise NotSent(words_of(fault)) from fault
        except ValueError as fault:
            raise Unsendable(f"no host: {type(fault).__name__}") from fault
        return line

    # --------------------------------------------------------------------------------------------------------- idle

    def _idle_line(self, place: _Place) -> Line | None:
        idle = self._idle.get(place)
        now = asyncio.get_running_loop().time()
        while idle:
            line = idle.pop()  # the one used last: it is the surest to be open
            if line.open and now - line.idle_since < self._keep:
                return line
            line.close()
        return None

    def _keep_idle(self, place: _Place, line: Line) -> None:
        loop = asyncio.get_running_loop()
        line.idle_since = loop.time()
        self._idle[place].append(line)
        if self._sweep is None:
            self._sweep = loop.call_later(self._keep, self._swept)

    def _swept(self) -> None:
        """Ends connections that lay idle for too long."""
        loop = asyncio.get_running_loop()
        for place, idle in [*self._idle.items()]:
            while idle and (loop.time() - idle[0].idle_since >= self._keep or not idle[0].open):
                idle.popleft().close()
            if not idle:
                del self._idle[place]
        self._sweep = loop.call_later(self._keep / 4, self._swept) if self._idle else None


def _place(url: httpx.URL) -> _Place:
    secure = url.scheme == "https"
    host = url.raw_host.decode("ascii")
    if not host or not (secure or url.scheme == "http"):
        raise Unsendable("not an address of http or https")
    return secure, host, url.port or (443 if secure else 80)


def require_headers(headers: Sequence[tuple[bytes, bytes]]) -> None:
    """Raises `Unsendable` for one that would be another one, or two."""
    for name, value in headers:
        if _TOKEN.fullmatch(name) is None or _SPLITS.search(value):
            raise Unsendable(f"the header {name.decode(errors='replace')[:40]!r} has a line break, or is no name")


def _message(method: str, url: httpx.URL, headers: Sequence[tuple[bytes, bytes]], content: bytes) -> bytes:
    start = b"%b %b HTTP/1.1" % (method.encode(), url.raw_path)
    if start.count(b" ") != 2 or _SPLITS.search(start):
        raise Unsendable("a method or a path with a blank or a line break")
    require_headers(headers)
    lines = [start, *(b"%b: %b" % each for each in headers if each[0].lower() not in _OURS)]
    if content or method in _WITH_BODY:
        lines.append(b"Content-Length: %d" % len(content))
    return b"\r\n".join(lines) + b"\r\n\r\n" + content
