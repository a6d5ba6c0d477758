"""What an answer of ShipEngine means: `{request_id, errors: [{error_source, error_type, error_code, message}]}`."""

import httpx
import msgspec

from connectors.shipengine.shapes import ErrorAnswer
from connectors.shipping.verdict import without_json
from hub.domain.errors import HubError, Missing, NeedsAttention, Refused

# The account cannot go on, whatever is asked of it; a person has to look (docs.shipstation.com, "Error Codes").
_ACCOUNT = {"unauthorized", "forbidden", "subscription_inactive", "trial_expired", "terms_not_accepted"}


def verdict(response: httpx.Response) -> HubError | None:
    """`None`: good, or what the status code alone tells."""
    status, request = response.status_code, response.request
    if status < 300:
        theirs = not response.content or response.content.lstrip()[:1] in (b"{", b"[")
        return None if theirs else without_json(response)
    if not 400 <= status < 500 or status in (408, 425, 429):
        return None
    try:
        answer = msgspec.json.decode(response.content, type=ErrorAnswer)
    except (ValueError, RecursionError):
        return None
    if not answer.errors:
        return None
    codes = {error.error_code for error in answer.errors if error.error_code}
    words = "; ".join(f"{(error.message or '')[:300]} ({error.error_code})" for error in answer.errors[:5])
    trace = f" [{answer.request_id}]" if answer.request_id else ""
    said = f"{request.method} {request.url.path}: {status} {words}{trace}"
    if status in (401, 403) or codes & _ACCOUNT:
        return NeedsAttention(said)
    return Missing(said) if status in (404, 410) else Refused(said)
