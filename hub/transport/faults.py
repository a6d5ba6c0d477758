"""Was anything sent? Our own transport knows; of the others, what their exceptions say about it."""

import httpx


class NotSent(Exception):
    """The request did not leave the house: no connection was made."""


class Lost(Exception):
    """The request left, at least in part; the answer did not come, or not whole."""


class Unsendable(Exception):
    """The request itself is wrong (its URL, a header): it would never leave."""


Fault = NotSent | Lost | Unsendable

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
_UNSENDABLE = (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL)


def fault_of(raised: Exception) -> Fault:
    """Everything that is not surely otherwise is `Lost`: the answer that costs a look, never money."""
    said = words_of(raised)
    if isinstance(raised, _UNSENDABLE):
        return Unsendable(said)
    return NotSent(said) if isinstance(raised, _NOT_SENT) else Lost(said)


def words_of(raised: Exception) -> str:
    """The kind, and what the operating system says: messages of HTTP libraries may quote URLs and bodies."""
    said = (raised.strerror or "") if isinstance(raised, OSError) else ""
    return f"{type(raised).__name__} ({said})" if said else type(raised).__name__
