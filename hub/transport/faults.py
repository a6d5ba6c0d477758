"""Was anything sent? What the exceptions of the transports say about it.

httpx_aiohttp (0.2) turns *every* `ClientConnectionError` of aiohttp into `httpx.ConnectTimeout`: also a server that
hung up after it had read the request, where something may well have happened. So aiohttp's own exception, which is
the cause, is asked first.
"""

import aiohttp
import httpx


class NotSent(Exception):
    """The request did not leave the house: no connection was made."""


class Lost(Exception):
    """The request left, at least in part; the answer did not come, or not whole."""


class Unsendable(Exception):
    """The request itself is wrong (its URL, a header): it would never leave."""


Fault = NotSent | Lost | Unsendable

# aiohttp raises these two while it makes a connection and nowhere else (`ClientSession._request`, 3.14).
_NOT_SENT = (
    aiohttp.ClientConnectorError,  # refused, unreachable, DNS, TLS
    aiohttp.ConnectionTimeoutError,  # connecting took too long, or the wait for a free connection
)
_UNSENDABLE = (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)

_NOT_SENT_HTTPX = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_UNSENDABLE_HTTPX = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)


def fault_of(raised: Exception) -> Fault:
    """Everything that is not surely otherwise is `Lost`: the answer that costs a look, never money."""
    ours = raised if isinstance(raised, aiohttp.ClientError) else raised.__cause__
    said = _words(ours if isinstance(ours, aiohttp.ClientError) else raised)
    if isinstance(ours, aiohttp.ClientError):
        if isinstance(ours, _UNSENDABLE):
            return Unsendable(said)
        return NotSent(said) if isinstance(ours, _NOT_SENT) else Lost(said)
    if isinstance(raised, _UNSENDABLE_HTTPX):
        return Unsendable(said)
    return NotSent(said) if isinstance(raised, _NOT_SENT_HTTPX) else Lost(said)


def _words(raised: Exception) -> str:
    """The kind, and what the operating system says: messages of HTTP libraries may quote URLs and bodies."""
    reason = getattr(raised, "os_error", None) or (raised if isinstance(raised, OSError) else None)
    said = getattr(reason, "strerror", None) or ""
    return f"{type(raised).__name__} ({said})" if said else type(raised).__name__
