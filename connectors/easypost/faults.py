"""What EasyPost's refusals mean (docs.easypost.com/docs/errors)."""

from typing import Any

import httpx
import msgspec

from connectors.shipping.verdict import without_json
from hub.domain.errors import HubError, NeedsAttention, Refused, Unknown

# A carrier that did not answer in time, or is still at it: a label may have been made.
_OPEN = ("SHIPMENT.POSTAGE.TIMED_OUT", "SHIPMENT.POSTAGE.NO_RESPONSE", "SHIPMENT.PURCHASE.IN_PROGRESS")


class _Error(msgspec.Struct, frozen=True):
    """`errors` is a list of `{field, message}`, or of texts; either may be absent."""

    code: str = ""
    message: msgspec.Raw = msgspec.Raw(b'""')
    errors: msgspec.Raw = msgspec.Raw(b"[]")


class _Body(msgspec.Struct, frozen=True):
    error: _Error


def verdict(response: httpx.Response) -> HubError | None:
    """`None`: the usual reading. It knows 401, 404, 429 and 5xx."""
    if response.status_code < 300:
        return _not_json(response)
    if response.status_code not in (400, 402, 409, 422):
        return None
    try:
        error = msgspec.json.decode(response.content, type=_Body).error
    except (ValueError, RecursionError):
        return None
    said = f"{response.request.method} {response.request.url.path}: {response.status_code} {_words(error)}"
    if response.status_code == 402:  # no means of payment, or an empty purse: all labels wait for a person
        return NeedsAttention(said)
    return Unknown(said) if error.code in _OPEN else Refused(said)


def _not_json(response: httpx.Response) -> HubError | None:
    try:
        msgspec.json.decode(response.content, type=msgspec.Raw)
    except ValueError:
        return without_json(response)
    return None


def _words(error: _Error) -> str:
    parts: list[str] = []
    for each in (*_texts(msgspec.json.decode(error.message)), *_texts(msgspec.json.decode(error.errors))):
        if each not in parts:
            parts.append(each)
    return f"{error.code}: {'; '.join(parts)}"[:500]


def _texts(said: Any) -> list[str]:
    match said:
        case str() if said:
            return [said]
        case list():
            return [text for each in said for text in _texts(each)]
        case {"field": str(field), "message": message}:
            return [f"{field} {text}" for text in _texts(message)]
        case dict():
            return [text for each in said.values() for text in _texts(each)]
    return []
