"""What an answer of Xero means.

Faults come in three forms: `{ErrorNumber, Type, Message, Elements}` for what was sent, `{Title, Status, Detail}` for
the token, and the same in lower case for a wrong tenant. With `summarizeErrors=false` a refused object is an answer of
200, with its `ValidationErrors` beside it.
"""

from datetime import timedelta

import httpx
import msgspec

from connectors.xero.wire import Words
from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater, Unknown

_DAY_LOOK = 15 * 60.0  # seconds between two tries once the day's calls are used up: when the day ends is not told
_MINUTE = 60.0  # seconds: a window begins anew at a time that is not told
_CONCURRENT = timedelta(seconds=5)  # too many at once: Xero names no time


class NameTaken(Refused):
    """Another active contact has this name."""


class _Element(msgspec.Struct):
    errors: list[Words] = msgspec.field(name="ValidationErrors", default_factory=list)
    state: str | None = msgspec.field(name="StatusAttributeString", default=None)
    has_errors: bool = msgspec.field(name="HasErrors", default=False)
    has_validation_errors: bool = msgspec.field(name="HasValidationErrors", default=False)

    @property
    def refused(self) -> bool:
        return bool(self.errors) and (self.state == "ERROR" or self.has_errors or self.has_validation_errors)


class _Fault(msgspec.Struct):
    number: int | None = msgspec.field(name="ErrorNumber", default=None)
    message: str = msgspec.field(name="Message", default="")
    elements: list[_Element] = msgspec.field(name="Elements", default_factory=list)
    upper_title: str = msgspec.field(name="Title", default="")
    upper_detail: str | None = msgspec.field(name="Detail", default="")
    title: str = ""
    detail: str | None = ""

    @property
    def words(self) -> list[str]:
        told = [each.message for element in self.elements for each in element.errors]
        title = ": ".join(part for part in (self.upper_title or self.title, self.upper_detail or self.detail) if part)
        return told or [part for part in (self.message, title) if part]


def verdict(response: httpx.Response) -> HubError | None:
    """`None`: good, or what the status code alone tells."""
    request = response.request
    trace = response.headers.get("xero-correlation-id", "")
    if response.status_code < 300:
        if response.content.lstrip()[:1] not in (b"{", b"["):
            # Some page on the way, or XML: nobody knows whether the call came through.
            said = f"{request.method} {request.url.path}: not JSON{trace and f' [{trace}]'}"
            return TryLater(said) if request.method in ("GET", "HEAD") else Unknown(said)
        # Only where we wrote: what is read may show old errors that are none of ours.
        words = _refused(response.content) if request.method in ("PUT", "POST") else []
        code = 200
    else:
        fault = _decode(response.content)
        words, code = fault.words if fault else [], response.status_code
    text = "; ".join(word[:300] for word in words)
    said = f"{request.method} {request.url.path}: {code}{text and f' {text}'}{trace and f' [{trace}]'}"
    match code:
        case 200:
            return _declined(words, said) if words else None
        case 429:
            problem = response.headers.get("x-rate-limit-problem", "")
            return TryLater(f"{said} {problem}".strip(), after=max(_CONCURRENT, timedelta(seconds=_told(response))))
        case 401 | 403 if words:
            return NeedsAttention(said)
        case 404 if words:
            return Missing(said)
        case _ if 400 <= code < 500 and code != 408 and words:
            return _declined(words, said)
        case _:
            return None


def pause(response: httpx.Response) -> float:
    """Seconds until the next call, by what each answer says is left (developer.xero.com/faq/limits)."""
    if told := _told(response):
        return told
    if response.headers.get("x-daylimit-remaining") == "0":
        return _DAY_LOOK
    spent = "0" in (response.headers.get("x-minlimit-remaining"), response.headers.get("x-appminlimit-remaining"))
    return _MINUTE if spent else 0.0


def _told(response: httpx.Response) -> float:
    text = response.headers.get("retry-after", "")
    return float(text[:6]) if text.isascii() and text.isdecimal() else 0.0


def _declined(words: list[str], said: str) -> Refused:
    taken = any("already assigned to another contact" in word for word in words)
    return NameTaken(said) if taken else Refused(said)


def _refused(body: bytes) -> list[str]:
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        lists = [bytes(raw) for name, raw in fields.items() if name.endswith("s") and bytes(raw)[:1] == b"["]
        elements = [each for raw in lists for each in msgspec.json.decode(raw, type=list[_Element])]
    except (ValueError, RecursionError):
        return []
    return [each.message for element in elements if element.refused for each in element.errors]


def _decode(body: bytes) -> _Fault | None:
    try:
        return msgspec.json.decode(body, type=_Fault)
    except (ValueError, RecursionError):
        return None
