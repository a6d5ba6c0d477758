"""Files for `hub read`: webhooks, answers, and recordings of exchanges with the API."""

from collections.abc import Sequence

import msgspec

from connectors.xero.inbound import Delivery, split
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
        if _is(start, Delivery):
            return split(start) or [Event(kind="notice", body=start)]
        exchanges = msgspec.json.decode(start, type=_Recording).exchanges
    except (ValueError, RecursionError):
        return [Event(kind="connections" if _is(start, list[_Connection]) else "answer", body=body)]
    return [_answer(bytes(each.response.body)) for each in exchanges if bytes(each.response.body) != b"null"]


class _Connection(msgspec.Struct):
    tenant: str = msgspec.field(name="tenantId")


def _answer(body: bytes) -> Event:
    return Event(kind="connections" if _is(body, list[_Connection]) else "answer", body=body)


def _is(body: bytes, shape: object) -> bool:
    try:
        return bool(msgspec.json.decode(body, type=shape))
    except (ValueError, RecursionError):
        return False
