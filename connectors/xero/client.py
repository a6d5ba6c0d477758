"""Calls to Xero's Accounting API: read one, read a page, write one."""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

import msgspec

from connectors.xero.read import KINDS
from connectors.xero.wire import UUID
from hub.connector import Account, Event, Fetch
from hub.domain.clock import parse_time
from hub.domain.errors import Missing, Unreadable

API = "/api.xro/2.0"
_JSON = {"Accept": "application/json"}  # the default is XML
_PAGE = 100


async def get(account: Account, path: str, *, since: str = "", **params: str) -> bytes:
    headers = _JSON | ({"If-Modified-Since": since} if since else {})
    return (await account.http.get(f"{API}/{path}", params=params, headers=headers)).content


async def write(account: Account, method: str, path: str, body: Mapping[str, Any], key: str) -> list[Event]:
    """PUT creates, POST changes: a POST with an invoice's number or a contact's name would change somebody else's.

    With the same `Idempotency-Key` Xero answers what it answered first. For how long is not published, so that a
    repeat relies on a look-up as well. Amounts in `body` are `msgspec.Raw`: numbers with the digits of our books.
    """
    params = {} if path.startswith(("Contacts", "Payments")) else {"unitdp": "4"}
    if method == "PUT":
        params["summarizeErrors"] = "false"
    headers = _JSON | {"Content-Type": "application/json", "Idempotency-Key": key}
    content = msgspec.json.encode(body)
    response = await account.http.request(method, f"{API}/{path}", params=params, content=content, headers=headers)
    return events(path.partition("/")[0], response.content)


def events(plural: str, body: bytes) -> list[Event]:
    """Each object of an answer by itself. Raises `Unreadable`."""
    try:
        fields = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        items = msgspec.json.decode(fields.get(plural, b"[]"), type=list[msgspec.Raw])
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"{plural}: {fault}") from fault
    return [Event(kind=plural.removesuffix("s"), body=bytes(item)) for item in items]


async def fetch_one(entity: str, account: Account, external_id: str) -> list[Event]:
    if not UUID.fullmatch(external_id):
        raise Missing(f"{entity} {external_id[:40]!r}: ids are UUIDs in lower case")
    found = events(f"{entity}s", await get(account, f"{entity}s/{external_id}"))
    if not found:
        raise Missing(f"{entity} {external_id}: an empty answer")
    return found


async def page(account: Account, plural: str, number: int, *, since: str = "", **params: str) -> list[Event]:
    params |= {"page": str(number), "pageSize": str(_PAGE)}
    return events(plural, await get(account, plural, since=since and _header(since), **params))


async def all_of(account: Account, plural: str, **params: str) -> AsyncIterator[Event]:
    """Page by page. Only for conditions that few objects meet: they may move between pages."""
    number = 1
    while found := await page(account, plural, number, **params):
        for each in found:
            yield each
        if len(found) < _PAGE:
            return
        number += 1


def is_full(found: list[Event]) -> bool:
    return len(found) >= _PAGE


def _header(since: str) -> str:
    return parse_time(since).strftime("%Y-%m-%dT%H:%M:%SZ")


FETCH: dict[str, Fetch] = {entity.lower(): partial(fetch_one, entity) for entity in KINDS}
