"""What an answer of HubSpot means, where the status code does not tell, and when it wants the next call.

developers.hubspot.com, "Handling errors" and "Usage guidelines". Every member of an error may be absent, and some
answers are pages for people.
"""

from datetime import timedelta

import httpx
import msgspec

from connectors.hubspot.properties import OWN
from connectors.hubspot.shapes import Problem
from hub.domain.errors import HubError, NeedsAttention, TryLater

_TEN_SECONDS = timedelta(seconds=10)
_DAILY = timedelta(hours=1)  # the count starts again at midnight of the account's zone, which no header tells
_LOCKED = timedelta(seconds=2)  # "423: wait at least two seconds between calls"


class NoSuchProperty(NeedsAttention):
    """One of our own properties is not in the account."""


def problem(response: httpx.Response) -> Problem:
    try:
        return msgspec.json.decode(response.content, type=Problem)
    except (ValueError, RecursionError):
        return Problem()


def verdict(response: httpx.Response) -> HubError | None:
    """`None`: good, or what the status code alone tells. Raises `ValueError` for a good status without JSON."""
    status, request = response.status_code, response.request
    if status < 300 and response.content:
        msgspec.json.decode(response.content, type=msgspec.Raw)  # a proxy's page is no answer
    if status not in (400, 409, 423, 429, 477):
        return None
    error = problem(response)
    trace = f" [{error.correlation_id}]" if error.correlation_id else ""
    said = f"{request.method} {request.url.path}: {status} {error.category or ''} {error.message[:500]}{trace}"
    match status:
        case 429:
            return TryLater(said, after=timedelta(seconds=_wait(response, error)))
        case 409:  # another call made it meanwhile: the next one finds it
            return TryLater(said)
        case 423:
            return TryLater(said, after=_LOCKED)
        case 477:  # the account is being moved to another data centre, for up to a day
            return TryLater(said, after=timedelta(seconds=_retry_after(response)))
        case _ if _lacks_a_property(response.text):
            return NoSuchProperty(f"{said}: create our properties (`hub check` names them)")
        case _:
            return None


def pause(response: httpx.Response) -> float:
    """Seconds. The headers tell what is left of the windows, not when they end: the whole window is the most."""
    if response.status_code == 429:
        return _wait(response, problem(response))
    headers = response.headers
    wait = 0.0
    if headers.get("x-hubspot-ratelimit-secondly-remaining") == "0":
        wait = 1.0
    if headers.get("x-hubspot-ratelimit-remaining") == "0":
        window = headers.get("x-hubspot-ratelimit-interval-milliseconds", "")
        wait = int(window[:6]) / 1000 if window.isdecimal() else _TEN_SECONDS.total_seconds()
    return wait


def _wait(response: httpx.Response, error: Problem) -> float:
    said = _retry_after(response)
    match error.policy_name:
        case "DAILY":
            return max(said, _DAILY.total_seconds())
        case "SECONDLY":
            return max(said, 1.0)
        case _:  # TEN_SECONDLY_ROLLING, or one that we do not know
            return max(said, _TEN_SECONDS.total_seconds())


def _retry_after(response: httpx.Response) -> float:
    said = response.headers.get("retry-after", "")
    return float(said[:6]) if said.isascii() and said.isdecimal() else 0.0


def _lacks_a_property(said: str) -> bool:
    """The words may stand in `message` or in one of `errors`."""
    names = (str(definition["name"]) for definitions in OWN.values() for definition in definitions)
    absent = "does not exist" in said or "PROPERTY_DOESNT_EXIST" in said
    return absent and any(name in said for name in names)
