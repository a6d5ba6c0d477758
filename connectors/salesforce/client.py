"""Calls to Salesforce's REST API: queries in SOQL, and writes of one object."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from connectors.salesforce.fields import selected
from connectors.salesforce.shapes import Rows, Saved
from hub.connector import Account, Event, Fetch
from hub.domain.errors import Missing, Unreadable

KINDS = {"Contact": "contact", "Opportunity": "opportunity"}  # Salesforce's type -> the reader
_ESCAPES = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def quoted(text: str) -> str:
    """A literal of SOQL, which no text can leave (developer.salesforce.com, "Quoted String Escape Sequences")."""
    return "'" + "".join(_ESCAPES.get(sign, sign) for sign in text) + "'"


async def query(account: Account, soql: str, *, deleted: bool = False) -> tuple[Rows, datetime]:
    """The first rows that come of it, and when we asked. `deleted`: with those in the recycle bin."""
    path = "/queryAll" if deleted else "/query"
    asked = account.now()
    response = await account.http.get(path, params={"q": soql})
    try:
        return msgspec.json.decode(response.content, type=Rows), asked
    except ValueError as fault:
        raise Unreadable(f"{path}: {fault}") from fault


async def select(
    account: Account, objects: str, where: str, order: str = "", *, deleted: bool = False
) -> tuple[list[Event], bool]:
    """Rows with all that we read, and whether these are all. `where` holds text only as `quoted` gives it."""
    soql = f"SELECT {selected(objects, account.settings)} FROM {objects} WHERE {where} {order}"  # noqa: S608 - see `quoted`
    found, at = await query(account, soql.rstrip(), deleted=deleted)
    return [Event(kind=KINDS[objects], body=bytes(row), at=at) for row in found.records], found.done


async def one(account: Account, objects: str, where: str, *, deleted: bool = False) -> Event:
    """`Missing` where there is none."""
    events, _ = await select(account, objects, where, deleted=deleted)
    if not events:
        raise Missing(f"no {objects} where {where}")
    return events[0]


def is_id(text: str) -> bool:
    return text.isascii() and text.isalnum() and len(text) == 18


def fetcher(objects: str) -> Fetch:
    async def fetch(account: Account, external_id: str) -> Sequence[Event]:
        """What is in the recycle bin is found, too, and says that it is deleted."""
        if not is_id(external_id):
            raise Missing(f"{objects} {external_id[:40]!r}: ids have 18 letters and digits")
        return [await one(account, objects, f"Id = {quoted(external_id)}", deleted=True)]

    return fetch


async def update(account: Account, objects: str, id: str, fields: Mapping[str, Any]) -> None:
    await _send(account, "PATCH", f"/sobjects/{objects}/{id}", fields)


async def upsert(account: Account, objects: str, by: str, value: str, fields: Mapping[str, Any]) -> None:
    """Creates it, or updates the one whose external id `by` is `value`: 201 or 204. More than one: 300."""
    await _send(account, "PATCH", f"/sobjects/{objects}/{by}/{value}", fields)


async def create(account: Account, objects: str, fields: Mapping[str, Any]) -> str:
    """Repeated, it makes another one, or is refused where an external id is in it: look first."""
    body = await _send(account, "POST", f"/sobjects/{objects}", fields)
    try:
        return msgspec.json.decode(body, type=Saved).id
    except ValueError as fault:
        raise Unreadable(f"{objects}: {fault}") from fault


async def _send(account: Account, method: str, path: str, fields: Mapping[str, Any]) -> bytes:
    """Amounts are `msgspec.Raw`: JSON numbers with the digits that they have in our books."""
    headers = {"Content-Type": "application/json"}
    return (await account.http.request(method, path, content=msgspec.json.encode(fields), headers=headers)).content


FETCH: dict[str, Fetch] = {"customer": fetcher("Contact"), "deal": fetcher("Opportunity")}
