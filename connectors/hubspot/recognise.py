"""Files for `hub read`: webhooks, answers, and recordings of exchanges with the API."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from connectors.hubspot.inbound import split
from hub.connector import Event

IGNORED = {
    "company": "companies are not followed: people and their sales are",
    "owner": "the account's own users are not customers",
    "association": "what belongs together is read with the deal",
    "property": "the description of a field, not its value",
    "legacy": "an object as API versions 1 and 2 tell it: the hub asks version 3",
    "refusal": "the call was declined",
    "done": "the call was taken; the answer says no more",
}

_OBJECTS = re.compile(r"/crm/v3/objects/(contacts|deals|companies|users)\b")
_WORDS = {"contacts": "contact", "deals": "deal", "companies": "company", "users": "owner"}


def recognise(name: str, body: bytes) -> Sequence[Event]:
    """What is not recognised becomes a `contact`, whose reader says what it expected."""
    start = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    try:
        if start[:1] == b"[":
            return split(start)
        said = msgspec.json.decode(start)
    except (ValueError, RecursionError):
        return [Event(kind="contact", body=body)]
    match said:
        case {"exchanges": [*exchanges]}:
            return [event for each in exchanges for event in _exchange(each)]
        case {"subscriptionType": _}:
            return split(b"[" + start + b"]")
        case {"properties": {"dealname": _} | {"dealstage": _}}:
            return [Event(kind="deal", body=start)]
        case {"results": [*_]}:
            return [Event(kind="deals" if "deal" in name.lower() else "contacts", body=start)]
        case _:
            return [Event(kind="contact", body=start)]


def _exchange(exchange: Any) -> Iterator[Event]:
    match exchange:
        case {"request": {"url": str(url)}, "response": {"status": int(status), "body": said}}:
            yield _answer(url, status, said)
        case _:
            yield Event(kind="contact", body=msgspec.json.encode(exchange))


def _answer(url: str, status: int, said: object) -> Event:
    body = msgspec.json.encode(said)
    found = _OBJECTS.search(url)
    if status >= 400:
        return Event(kind="refusal", body=body)
    if "/associations/" in url or "/vids" in url:
        return Event(kind="association", body=body)
    if not isinstance(said, dict):
        return Event(kind="done", body=body)
    if found is None:
        legacy = re.search(r"/(properties|groups)/", url) is None
        return Event(kind="legacy" if legacy else "property", body=body)
    word = _WORDS[found[1]]
    page = "results" in said and word in ("contact", "deal")
    return Event(kind=f"{word}s" if page else word, body=body)
