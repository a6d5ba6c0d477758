"""Files for `hub read`: webhooks, answers, and recordings of exchanges with the API."""

from collections.abc import Iterable, Sequence

import msgspec

from connectors.quickbooks.inbound import split
from hub.connector import Event


class _Response(msgspec.Struct):
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Exchange(msgspec.Struct):
    response: _Response


class _Recording(msgspec.Struct):
    exchanges: list[_Exchange]


def recognise(name: str, body: bytes) -> Sequence[Event]:
    """What is not recognised becomes an `answer`, whose reader says what it expected."""
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start[:1] == b"<" or name.lower().endswith(".xml"):
        return [Event(kind="xml", body=body)]
    try:
        if start[:1] == b"[" or b'"eventNotifications"' in start[:64]:
            return split(start)
        return list(_recorded(start))
    except (ValueError, RecursionError):
        return [Event(kind="answer", body=body)]


def _recorded(body: bytes) -> Iterable[Event]:
    for exchange in msgspec.json.decode(body, type=_Recording).exchanges:
        if bytes(exchange.response.body) != b"null":
            yield Event(kind="answer", body=bytes(exchange.response.body))
