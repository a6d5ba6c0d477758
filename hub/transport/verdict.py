"""What an answer means: the one place where status codes become errors."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from hub.connector import is_read
from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater, Unknown

LONGEST_PAUSE = timedelta(days=1)
EXCERPT = 300  # characters of the vendor's own words

_MARKUP = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")


def retry_after(response: httpx.Response, now: datetime) -> timedelta:
    """How long the vendor wants to be left alone (RFC 9110, 10.2.3), at most a day. Zero: no word."""
    said = response.headers.get("retry-after", "").strip()
    if said.isascii() and said.isdecimal():
        wait = timedelta(seconds=min(int(said[:9]), 10**8))
    else:
        try:
            at = parsedate_to_datetime(said)
        except ValueError:
            return timedelta()
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta()), LONGEST_PAUSE)


def excerpt(response: httpx.Response, redact: Callable[[str], str] = str) -> str:
    """The vendor's words on one line: secrets out first, then cut, so that no half of one stays."""
    text = response.content[: 64 * EXCERPT].decode(errors="replace")
    if "html" in response.headers.get("content-type", ""):
        text = _MARKUP.sub(" ", text)
    text = _BLANK.sub(" ", redact(text)).strip()
    return text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…"


def verdict(response: httpx.Response, now: datetime, redact: Callable[[str], str] = str) -> HubError | None:
    """`None`: a good answer. The usual reading, for where the vendor has no other (`Connector.verdict`)."""
    request, code = response.request, response.status_code
    if 200 <= code < 300:
        return None
    said = f"{request.method} {redact(request.url.path)}: {code}"
    if words := excerpt(response, redact) if code >= 300 else "":
        said += f" {words}"
    match code:
        case 401 | 403:
            return NeedsAttention(said)
        case 404 | 410:
            return Missing(said)
        case 425 | 429:
            return TryLater(said, after=retry_after(response, now))
        case _ if code == 408 or code >= 500:
            return TryLater(said, after=retry_after(response, now)) if is_read(request) else Unknown(said)
        case 303 if not is_read(request):
            return Unknown(said)  # "see other" is what servers say after they did it (RFC 9110, 15.4.4)
        case _ if 300 <= code < 400:
            return Refused(f"{said} (redirects are not followed)")
        case _:
            return Refused(said)
