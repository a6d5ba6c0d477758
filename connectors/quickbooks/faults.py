"""What an answer of QuickBooks means. Faults come in two letter cases: `Fault.Error[].Message`, and for refused
credentials `fault.error[].message`."""

from datetime import timedelta

import httpx
import msgspec

from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater

_WAIT = timedelta(seconds=60)  # "Limits and throttles" asks for as long

STALE = "5010"  # the SyncToken is an older one: read again, then write
DUPLICATE_NAME = "6240"
_NOT_FOUND = "610"
_THROTTLED = "3001"
_UNAUTHENTICATED = "3200"


class NameTaken(Refused):
    """Another customer, vendor or employee has this display name."""


class _Error(msgspec.Struct):
    code: str = ""
    upper_message: str = msgspec.field(name="Message", default="")
    upper_detail: str = msgspec.field(name="Detail", default="")
    message: str | None = ""
    detail: str | None = ""

    @property
    def words(self) -> str:
        parts = (self.upper_message or self.message, self.upper_detail or self.detail)
        return ": ".join(part for part in parts if part)


class _Fault(msgspec.Struct):
    upper: list[_Error] = msgspec.field(name="Error", default_factory=list)
    lower: list[_Error] = msgspec.field(name="error", default_factory=list)


class _Answer(msgspec.Struct):
    upper: _Fault | None = msgspec.field(name="Fault", default=None)
    lower: _Fault | None = msgspec.field(name="fault", default=None)


def faults(body: bytes) -> list[tuple[str, str]]:
    """(code without leading zeros, words) of each error; none where the body is something else."""
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (ValueError, RecursionError):
        return []
    found = [error for fault in (answer.upper, answer.lower) if fault for error in fault.upper + fault.lower]
    return [(error.code.lstrip("0"), error.words) for error in found]


def verdict(response: httpx.Response) -> HubError | None:
    """`None`: good, or what the status code alone tells. Raises `ValueError` for a good status without the JSON
    that was asked for: a proxy's page, after which nobody knows what the vendor did."""
    status, request = response.status_code, response.request
    if status < 300:
        asked = request.headers.get("accept") == "application/json"
        if asked and response.content.lstrip()[:1] not in (b"{", b"["):
            raise ValueError(f"{status} is not JSON")
        return None
    found = faults(response.content)
    codes = {code for code, _ in found}
    words = "; ".join(f"{text[:500]} ({code})" for code, text in found)
    trace = response.headers.get("intuit_tid", "")
    said = f"{request.method} {request.url.path}: {status}{f', {words}' if words else ''}{trace and f' [{trace}]'}"
    if status == 429 or _THROTTLED in codes:
        after = response.headers.get("retry-after", "")
        return TryLater(said, after=max(_WAIT, timedelta(seconds=int(after[:6]) if after.isdecimal() else 0)))
    if _UNAUTHENTICATED in codes:
        return NeedsAttention(said)
    if status != 400 or not found:
        return None
    if STALE in codes:
        return TryLater(said)
    if DUPLICATE_NAME in codes:
        return NameTaken(said)
    if _NOT_FOUND in codes:
        return Missing(said)
    return Refused(said)
