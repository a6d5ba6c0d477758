"""One request, one whole answer, one deadline."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import httpx

from hub.transport.body import TooBig, read_some, unpack
from hub.transport.faults import Lost, fault_of
from hub.transport.wire import Wire, require_headers

# Of the wire, or not ours to keep: the body is unpacked and measured again, and no vendor gets a cookie back.
_DROPPED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding", b"connection", b"set-cookie"})
_NOTHING: Mapping[str, str] = MappingProxyType({})

_Said = tuple[int, list[tuple[bytes, bytes]], list[bytes]]


async def exchange(
    inner: httpx.AsyncBaseTransport,
    request: httpx.Request,
    *,
    seconds: float,
    body_bytes: int,
    proof: Mapping[str, str] = _NOTHING,
) -> httpx.Response:
    """The answer, read and unpacked, within `seconds` from connect to the last byte.

    `proof` is in what is sent, never in the request that connectors and errors hold. Raises `NotSent`, `Lost` or
    `Unsendable`. An answer of 300 or more that is too big comes back cut: its status counts all the same. A good one
    that is too big raises `TooBig`.
    """
    content = await request.aread()
    headers = request.headers.raw
    if proof:
        own = {name.lower().encode(): (name.encode(), value.encode()) for name, value in proof.items()}
        headers = [each for each in headers if each[0].lower() not in own]
        headers += own.values()
    if isinstance(inner, Wire):
        answer = await inner.ask(request.method, request.url, headers, content, seconds=seconds, most=body_bytes)
        status, said, chunks = answer.status, answer.headers, answer.body
    else:
        status, said, chunks = await _elsewhere(inner, request, headers, content, seconds, body_bytes)
    encoding = b", ".join([value for name, value in said if name.lower() == b"content-encoding"])
    try:
        body = unpack(chunks, encoding.decode("latin-1"), body_bytes)
    except TooBig as fault:
        if status < 300:
            raise
        body = fault.start
    kept = [each for each in said if each[0].lower() not in _DROPPED]
    return httpx.Response(status, headers=kept, content=body, request=request)


async def _elsewhere(
    inner: httpx.AsyncBaseTransport,
    request: httpx.Request,
    headers: list[tuple[bytes, bytes]],
    content: bytes,
    seconds: float,
    most: int,
) -> _Said:
    """Over a transport that is not ours: the stock one, a test's."""
    require_headers(headers)
    # Less than the whole for connecting (the pool's wait and the connect itself): if the whole deadline strikes,
    # there was a connection, and something may have been sent.
    connect = min(10.0, 0.4 * seconds)
    timeout = {"pool": connect, "connect": connect, "read": None, "write": None}
    sent = httpx.Request(
        request.method,
        request.url,
        headers=headers,
        content=content,
        extensions={**request.extensions, "timeout": timeout},
    )
    try:
        async with asyncio.timeout(seconds):
            response = await inner.handle_async_request(sent)
            try:
                # The stream itself, not `aiter_raw`: a test's stand-in answer has been read once already.
                assert isinstance(response.stream, httpx.AsyncByteStream)
                return response.status_code, response.headers.raw, await read_some(response.stream, most)
            finally:
                await response.aclose()
    except TimeoutError:
        raise Lost(f"no whole answer within {seconds:.3g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as raised:
        raise fault_of(raised) from raised
