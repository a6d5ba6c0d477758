"""One request, one whole answer, one deadline."""

import asyncio
import re
from typing import Any

import aiohttp
import httpx

from hub.transport.body import TooBig, read_body
from hub.transport.faults import Lost, Unsendable, fault_of

_SPLITS = re.compile(r"[\r\n\0]")  # in a header: would start another one
# Of the wire, or not ours to keep: the body is unpacked and measured again, and no vendor gets a cookie back.
_DROPPED = frozenset({b"content-encoding", b"content-length", b"transfer-encoding", b"connection", b"set-cookie"})


async def exchange(
    inner: httpx.AsyncBaseTransport, request: httpx.Request, *, seconds: float, body_bytes: int
) -> httpx.Response:
    """The answer, read and unpacked, within `seconds` from connect to the last byte.

    Raises `NotSent`, `Lost` or `Unsendable`. An answer of 300 or more that is too big comes back cut: its status
    counts all the same. A good one that is too big raises `TooBig`.
    """
    for name, value in request.headers.items():
        if _SPLITS.search(name + value):
            raise Unsendable(f"the header {name[:40]!r} has a line break")
    # Less than the whole for connecting (the pool's wait and the connect itself): if the whole deadline strikes,
    # there was a connection, and something may have been sent.
    connect = min(10.0, 0.4 * seconds)
    request.extensions["timeout"] = {"pool": connect, "connect": connect, "read": None, "write": None}
    try:
        async with asyncio.timeout(seconds):
            response = await inner.handle_async_request(request)
            try:
                body = await read_body(response, body_bytes)
            except TooBig as fault:
                if response.status_code < 300:
                    raise
                body = fault.start
            finally:
                await response.aclose()
    except TimeoutError:
        raise Lost(f"no whole answer within {seconds:.3g} s") from None
    except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as raised:
        raise fault_of(raised) from raised
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in _DROPPED]
    known: dict[str, Any] = {
        key: response.extensions[key] for key in ("http_version", "reason_phrase") if key in response.extensions
    }
    return httpx.Response(response.status_code, headers=headers, content=body, extensions=known, request=request)
