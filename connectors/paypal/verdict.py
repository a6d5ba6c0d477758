"""What PayPal's answers mean (developer.paypal.com/api/rest/responses)."""

import httpx
import msgspec

from connectors.processors.verdict import retry_after
from hub.connector import is_read
from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater, Unknown


class _Detail(msgspec.Struct, frozen=True):
    issue: str | None = None
    description: str | None = None
    field: str | None = None


class _Body(msgspec.Struct, frozen=True):
    name: str | None = None
    message: str | None = None
    debug_id: str | None = None
    details: list[_Detail] | None = None
    error: str | None = None  # the token endpoint's own form (RFC 6749, section 5.2)
    error_description: str | None = None


_decode = msgspec.json.Decoder(_Body).decode


def verdict(response: httpx.Response) -> HubError | None:
    status, request = response.status_code, response.request
    reads = is_read(request)
    media = response.headers.get("content-type", "application/json")
    if status < 300 and "json" not in media.lower():
        # A page of something between PayPal and us: nobody knows whether PayPal has heard.
        said = f"{request.method} {request.url.path}: {status} with {media[:100]}"
        return TryLater(said) if reads else Unknown(said)
    if status < 300:
        return None
    said = _said(response)
    if status in (401, 403):
        return NeedsAttention(said)
    if status in (404, 410):
        return Missing(said)
    # 409 PREVIOUS_REQUEST_IN_PROGRESS: an earlier call on the same thing is still under way. 429 RATE_LIMIT_REACHED.
    if status in (409, 425, 429):
        return TryLater(said, after=retry_after(response))
    if status >= 500 or status == 408:
        return TryLater(said, after=retry_after(response)) if reads else Unknown(said)
    return Refused(said)


def _said(response: httpx.Response) -> str:
    """PayPal's words: issues are made for programs, descriptions for people, the debug id for PayPal's support."""
    try:
        body = _decode(response.content)
    except (ValueError, RecursionError, httpx.ResponseNotRead):
        body = _Body()
    details = "; ".join(
        " ".join(part for part in (each.issue, each.field, each.description) if part) for each in body.details or []
    )
    words = ": ".join(
        part for part in (body.name or body.error, details or body.message or body.error_description) if part
    )
    number = body.debug_id or response.headers.get("paypal-debug-id", "")
    call = f"{response.request.method} {response.request.url.path}"
    said = f"{call}: {response.status_code} {(words or 'no error object')[:500]}"
    return f"{said} ({number[:40]})" if number else said
