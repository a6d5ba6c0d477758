"""The transports that ours stands on: a fast one for work, the stock one for tests that patch it."""

import functools
import ssl

import httpx

from hub.transport.wire import KEEP_IDLE, Wire


@functools.cache
def tls() -> ssl.SSLContext:
    """One for all: reading the trusted roots takes 20 ms. `SSL_CERT_FILE` may name an operator's own."""
    return httpx.create_ssl_context(trust_env=True)


def fast() -> Wire:
    """Ours: stock httpcore walks its whole pool on each request (encode/httpcore#1035)."""
    return Wire(tls)


def stock() -> httpx.AsyncBaseTransport:
    """What respx patches."""
    limits = httpx.Limits(max_connections=100, keepalive_expiry=KEEP_IDLE)
    return httpx.AsyncHTTPTransport(verify=tls(), trust_env=False, limits=limits)
