"""Calls to QuickBooks: read one, query, write. Each asks for JSON; the default would be XML."""

from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any

import msgspec

from connectors.quickbooks.read import ENTITIES
from hub.connector import Account, Event, Fetch
from hub.domain.errors import Missing, Unreadable

_HEADERS = {"Accept": "application/json"}
_PAGE = 1000  # the most that a query gives


async def get(account: Account, path: str, **params: str) -> bytes:
    params["minorversion"] = str(account.settings.minor_version)
    return (await account.http.get(path, params=params, headers=_HEADERS)).content


async def post(account: Account, entity: str, body: Mapping[str, Any], request_id: str, **params: str) -> Event:
    """Amounts in `body` are `msgspec.Raw`: JSON numbers with the digits that they have in our books.

    With the same `requestid` QuickBooks answers what it answered first. For how long is not published, so that a
    repeat relies on a look-up as well.
    """
    params |= {"requestid": request_id, "minorversion": str(account.settings.minor_version)}
    response = await account.http.post(
        f"/{entity.lower()}",
        params=params,
        content=msgspec.json.encode(body),
        headers=_HEADERS | {"Content-Type": "application/json"},
    )
    return Event(kind=entity, body=response.content)


async def fetch_one(entity: str, account: Account, external_id: str) -> list[Event]:
    if not (external_id.isascii() and external_id.isdecimal()):
        raise Missing(f"{entity} {external_id[:40]!r}: ids are digits")
    return [Event(kind=entity, body=await get(account, f"/{entity.lower()}/{external_id}"))]


class _Rows(msgspec.Struct):
    rows: dict[str, msgspec.Raw] = msgspec.field(name="QueryResponse")
    time: str = ""


async def page(account: Account, entity: str, query: str) -> tuple[list[bytes], str]:
    """The rows of one page, and the vendor's own time of the answer."""
    body = await get(account, "/query", query=query)
    try:
        answer = msgspec.json.decode(body, type=_Rows)
        rows = msgspec.json.decode(answer.rows.get(entity, b"[]"), type=list[msgspec.Raw])
    except ValueError as fault:
        raise Unreadable(f"query of {entity}: {fault}") from fault
    return [bytes(row) for row in rows], answer.time


async def find_all(account: Account, entity: str, where: str) -> AsyncIterator[bytes]:
    """All rows, page by page. Only for conditions that few rows meet: rows may move between pages."""
    position = 1
    while True:
        order = f"ORDERBY Id STARTPOSITION {position} MAXRESULTS {_PAGE}"
        rows, _ = await page(account, entity, f"SELECT * FROM {entity} WHERE {where} {order}")  # noqa: S608 - see `quoted`
        for row in rows:
            yield row
        if len(rows) < _PAGE:
            return
        position += _PAGE


def quoted(text: str) -> str:
    """A literal of the query language: `'Amy\\'s'`."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


FETCH: dict[str, Fetch] = {entity.lower(): partial(fetch_one, entity) for entity in ENTITIES}
