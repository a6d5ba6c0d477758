"""Files for `hub read`: outbound messages, rows, and other answers of the API."""

from collections.abc import Sequence

import msgspec

from connectors.salesforce.inbound import split
from hub.connector import Event

IGNORED = {
    "token": "an answer of the token endpoint",
    "refusal": "the call was declined",
    "done": "the write was taken; the answer says no more",
    "description": "what there is in the org or the API, not what it holds",
    "other": "an object that is neither a contact nor an opportunity",
    "search": "search is not used: it lags behind writes",
}


def recognise(_name: str, body: bytes) -> Sequence[Event]:
    """What is not recognised becomes a `contact`, whose reader says what it expected."""
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"<":
        return split(start)
    try:
        said = msgspec.json.decode(start)
    except (ValueError, RecursionError):
        return [Event(kind="contact", body=body)]
    return [Event(kind=_kind(said), body=start)]


def _kind(said: object) -> str:
    match said:
        case {"attributes": {"type": "Contact"}}:
            return "contact"
        case {"attributes": {"type": "Opportunity"}}:
            return "opportunity"
        case {"attributes": {"type": str()}}:
            return "other"
        case {"OrganizationId": _, "ObjectId": _}:
            return "notification"
        case {"records": [*_], "totalSize": _}:
            return "rows"
        case {"access_token": _} | {"error": str()}:
            return "token"
        case {"success": _, "errors": _}:
            return "done"
        case [{"errorCode": _}, *_]:
            return "refusal"
        case [{"attributes": _}, *_]:
            return "search"
        case [{"version": _, "url": _}, *_]:
            return "description"
        case {"sobjects": _} | {"fields": _} | {"columns": _} | {"DailyApiRequests": _}:
            return "description"
        case _:
            return "contact"
