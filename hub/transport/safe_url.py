"""Credentials go to one place only: the origin that the operator configured."""

import httpx

from hub.domain.errors import Refused

_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]


def origin(url: httpx.URL) -> Origin:
    """RFC 6454: scheme, host, port."""
    return url.scheme, url.host.lower(), url.port or _PORTS.get(url.scheme)


def require_origin(url: httpx.URL, home: Origin) -> None:
    """Raises `Refused` for a call that leaves home, such as to a "next page" link of another host."""
    if origin(url) != home:
        raise Refused(f"{url.scheme}://{url.host} is not {home[0]}://{home[1]}: credentials are not sent there")
