"""What an answer of Salesforce means, where the status code does not tell, and when to leave it alone.

developer.salesforce.com, REST API, "Status Codes and Error Responses": errors are an array of
`{message, errorCode, fields}`; those of the token endpoint are RFC 6749's.
"""

import re
from datetime import timedelta

import httpx
import msgspec

from connectors.salesforce.fields import OWN
from connectors.salesforce.shapes import Problem
from hub.domain.errors import HubError, NeedsAttention, Refused, TryLater

_USED_UP = timedelta(minutes=15)  # calls are counted over the last 24 hours: some come free all the time
_BUSY = timedelta(seconds=30)
_LOCKED = timedelta(seconds=5)
_USAGE = re.compile(r"(?:^|[\s;,])api-usage=([0-9]{1,12})/([0-9]{1,12})")

# Another transaction held the row, or made the same thing at the same time: the next look finds what it did.
_RACES = ("UNABLE_TO_LOCK_ROW", "DUPLICATE_VALUE")
_NO_FIELD = ("INVALID_FIELD", "NOT_FOUND", "INVALID_FIELD_FOR_INSERT_UPDATE")


class NoSuchField(NeedsAttention):
    """One of our own fields is not in the org, or the user may not see it."""


def problems(response: httpx.Response) -> list[Problem]:
    try:
        return msgspec.json.decode(response.content, type=list[Problem])
    except (ValueError, RecursionError):
        return []


def verdict(response: httpx.Response) -> HubError | None:
    """`None`: good, or what the status code alone tells. Raises `ValueError` for a good status without JSON."""
    status, request = response.status_code, response.request
    if status < 300 and response.content:
        msgspec.json.decode(response.content, type=msgspec.Raw)  # a proxy's page is no answer
    if status == 300:
        return Refused(f"{request.method} {request.url.path}: 300: more than one object has this external id")
    if status not in (400, 403, 404, 409):
        return None
    found = problems(response)
    codes = {each.error_code for each in found}
    words = "; ".join(f"{each.error_code}: {each.message[:300]}{_of(each)}" for each in found)
    said = f"{request.method} {request.url.path}: {status} {words}"
    if "REQUEST_LIMIT_EXCEEDED" in codes:  # answered as 403: neither credentials nor settings are wrong
        return TryLater(said, after=_BUSY if "Concurrent" in words else _USED_UP)
    if codes & {*_RACES}:
        return TryLater(said, after=_LOCKED)
    if codes & {*_NO_FIELD} and any(name in words for fields in OWN.values() for name in fields):
        return NoSuchField(f"{said}: create our fields and let the user see them (`hub check` names them)")
    if status in (400, 409) and found:
        return Refused(said)
    return None


def pause(response: httpx.Response) -> float:
    """Seconds. `Sforce-Limit-Info: api-usage=18/5000` tells how many calls the org has made in the last 24 hours."""
    used = _USAGE.search(response.headers.get("sforce-limit-info", ""))
    return _USED_UP.total_seconds() if used and int(used[1]) >= int(used[2]) > 0 else 0.0


def _of(problem: Problem) -> str:
    return f" ({', '.join(problem.fields)})" if problem.fields else ""
