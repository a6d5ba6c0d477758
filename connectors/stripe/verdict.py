"""What Stripe's answers mean (docs.stripe.com/api/errors, docs.stripe.com/error-low-level)."""

import re

import httpx
import msgspec

from connectors.processors.verdict import retry_after
from hub.connector import is_read
from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater, Unknown

_SECRET = re.compile(r"\b((?:sk|rk|pk|whsec|ek)_|(?:pi|seti|cs)_\w+?_secret_)[\w*]+")


class _Error(msgspec.Struct, frozen=True):
    type: str | None = None
    code: str | None = None
    decline_code: str | None = None
    message: str | None = None
    param: str | None = None


class _Body(msgspec.Struct, frozen=True):
    error: _Error


_decode = msgspec.json.Decoder(_Body).decode


def verdict(response: httpx.Response) -> HubError | None:
    status, request = response.status_code, response.request
    if status < 300:
        return None
    error = _error(response)
    said = _said(response, error)
    reads = is_read(request)
    should_retry = response.headers.get("stripe-should-retry")
    if status in (401, 403):
        return NeedsAttention(said)
    if error.code == "resource_missing" or status in (404, 410):
        return Missing(said)
    # 409: another call with our key is under way, or the object is locked. 429: too many, or locked. Nothing was done.
    if status in (409, 425, 429):
        return TryLater(said, after=retry_after(response))
    if status >= 500 or status in (408, 424):
        # Stripe replays even a 500 to a repeated key, so nobody but the look-up knows what it did.
        return TryLater(said, after=retry_after(response)) if reads else Unknown(said)
    # 402: the card was declined. 400: our parameters. Stripe may say that a repetition would help all the same.
    return TryLater(said, after=retry_after(response)) if should_retry == "true" else Refused(said)


def _error(response: httpx.Response) -> _Error:
    try:
        return _decode(response.content).error
    except (ValueError, RecursionError, httpx.ResponseNotRead):
        return _Error()


def _said(response: httpx.Response, error: _Error) -> str:
    """Stripe's words without secrets: its 401 repeats part of the key, and intents have client secrets."""
    names = ", ".join(part for part in (error.type, error.code, error.decline_code, error.param) if part)
    words = _SECRET.sub(r"\1…", f"{names}: {error.message or ''}" if names or error.message else "no error object")
    number = response.headers.get("request-id", "")
    said = f"{response.request.method} {response.request.url.path}: {response.status_code} {words[:500]}"
    return f"{said} ({number})" if number else said
