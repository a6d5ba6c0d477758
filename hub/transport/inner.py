"""The transports that ours stands on: a fast one for work, the stock one for tests that patch it."""

import functools
import ssl

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

# Many servers drop an idle connection after 5 s (uvicorn, Node). A write on a connection that dies at that moment is an
# unknown outcome, so ours go first.
_KEEP_IDLE = 4.0
_HEADER = 32 * 1024  # bytes of one header: links to a next page can be longer than aiohttp's 8 KB


@functools.cache
def tls() -> ssl.SSLContext:
    """One for all: reading the trusted roots takes 20 ms. `SSL_CERT_FILE` may name an operator's own."""
    return httpx.create_ssl_context(trust_env=True)


def fast() -> httpx.AsyncBaseTransport:
    """aiohttp under httpx: stock httpcore walks its whole pool on each request (encode/httpcore#1035)."""
    return AiohttpTransport(client=_session)


def stock() -> httpx.AsyncBaseTransport:
    """What respx patches."""
    limits = httpx.Limits(max_connections=100, keepalive_expiry=_KEEP_IDLE)
    return httpx.AsyncHTTPTransport(verify=tls(), trust_env=False, limits=limits)


def _session() -> aiohttp.ClientSession:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=tls(), keepalive_timeout=_KEEP_IDLE, limit=100),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("User-Agent", "Content-Type", "Accept", "Accept-Encoding"),
        trust_env=False,
        max_line_size=_HEADER,
        max_field_size=_HEADER,
    )
    # aiohttp sends PUT and DELETE again by itself when a connection breaks. Whether to repeat is the hub's to decide,
    # and there is no public switch (aio-libs/aiohttp#7297 added this one for its own test client).
    session._retry_connection = False
    return session
