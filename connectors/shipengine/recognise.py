"""Files for `hub read`: webhooks, answers, lists, and recordings of exchanges with the API."""

from collections.abc import Sequence

import msgspec

from connectors.shipengine.inbound import kind_of
from hub.connector import Event


class _Response(msgspec.Struct):
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Exchange(msgspec.Struct):
    response: _Response


class _Recording(msgspec.Struct):
    exchanges: list[_Exchange]


class _Labels(msgspec.Struct):
    labels: list[msgspec.Raw]


class _Names(msgspec.Struct):
    """Members by which the vendor's objects are told apart."""

    resource_type: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    label_id: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    tracking_number: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    status_code: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    labels: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    exchanges: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def recognise(_name: str, body: bytes) -> Sequence[Event]:
    """What is not recognised becomes an `answer`, whose reader says what it expected."""
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        start.decode()
        names = msgspec.json.decode(start, type=_Names)
        if names.exchanges is not msgspec.UNSET:
            bodies = [exchange.response.body for exchange in msgspec.json.decode(start, type=_Recording).exchanges]
            return [_one(bytes(each)) for each in bodies if bytes(each) != b"null"]
        if names.labels is not msgspec.UNSET:
            found = msgspec.json.decode(start, type=_Labels).labels
            return [Event(kind="label", body=bytes(label)) for label in found]
        return [_one(start)]
    except (ValueError, RecursionError):
        return [Event(kind="answer", body=body)]


def _one(body: bytes) -> Event:
    try:
        names = msgspec.json.decode(body, type=_Names)
    except msgspec.ValidationError:
        return Event(kind="answer", body=body)
    if names.resource_type is not msgspec.UNSET:
        return Event(kind=kind_of(body), body=body)
    if names.label_id is not msgspec.UNSET:
        return Event(kind="label", body=body)
    tracking = names.tracking_number is not msgspec.UNSET and names.status_code is not msgspec.UNSET
    return Event(kind="tracking" if tracking else "answer", body=body)
