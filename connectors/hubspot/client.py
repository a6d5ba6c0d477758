"""Calls to HubSpot's object API, version 3, and the association API, version 4."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from connectors.hubspot.prepare import prepared
from connectors.hubspot.properties import PROPERTIES
from connectors.hubspot.shapes import Associated, Batch, Thing, Things
from hub.connector import READS, Account, Event, Fetch
from hub.domain.errors import Missing, Refused, TryLater, Unreadable

SEARCH_PAGE = 200  # the most that a search gives at once
KINDS = {"contacts": "contact", "deals": "deal"}  # HubSpot's plural -> the reader


async def get(account: Account, path: str, **params: str) -> bytes:
    return (await account.http.get(path, params=params)).content


async def one(account: Account, objects: str, id: str, **params: str) -> tuple[Event, Thing]:
    """With all that we read: the answer to a write has only what was written. `Missing` where there is none."""
    params["properties"] = ",".join(PROPERTIES[objects])
    if objects == "deals":
        params["associations"] = "contacts"
    body = await get(account, f"/crm/v3/objects/{objects}/{id}", **params)
    try:
        return Event(kind=KINDS[objects], body=body), msgspec.json.decode(body, type=Thing)
    except ValueError as fault:
        raise Unreadable(f"{objects} {id}: {fault}") from fault


def fetcher(objects: str) -> Fetch:
    async def fetch(account: Account, external_id: str) -> Sequence[Event]:
        """HubSpot answers for a merged object with the one that it became part of."""
        if not (external_id.isascii() and external_id.isdecimal()):
            raise Missing(f"{objects} {external_id[:40]!r}: ids are digits")
        event, thing = await one(account, objects, external_id)
        if thing.id != external_id:
            raise Missing(f"{objects} {external_id} became part of {thing.id}")
        return [event]

    return fetch


async def update(account: Account, objects: str, id: str, fields: Mapping[str, str]) -> None:
    wish = {"properties": fields}
    await prepared(account, lambda: account.http.patch(f"/crm/v3/objects/{objects}/{id}", json=wish))


async def upsert(account: Account, objects: str, by: str, value: str, fields: Mapping[str, str], trace: str) -> str:
    """Creates, or updates the one whose unique property `by` is `value`. Returns its id.

    A batch of one: there is no upsert of a single object. A batch that fails in part is answered 207.
    """
    wish = {"idProperty": by, "id": value, "objectWriteTraceId": trace, "properties": {by: value, **fields}}
    path = f"/crm/v3/objects/{objects}/batch/upsert"
    response = await prepared(account, lambda: account.http.post(path, json={"inputs": [wish]}))
    try:
        batch = msgspec.json.decode(response.content, type=Batch)
        if batch.results:
            return msgspec.json.decode(batch.results[0], type=_Id).id
    except ValueError as fault:
        raise Unreadable(f"upsert of {objects}: {fault}") from fault
    words = "; ".join(f"{each.category or 'error'}: {each.message[:300]}" for each in batch.errors) or "no result"
    if any(each.category == "RATE_LIMITS" for each in batch.errors):
        raise TryLater(f"upsert of {objects}: {words}")
    raise Refused(f"upsert of {objects}: {words}")


class _Id(msgspec.Struct):
    id: str


async def associate(account: Account, deal: str, contact: str) -> None:
    """Without a label. Done again it changes nothing."""
    await account.http.put(f"/crm/v4/objects/deals/{deal}/associations/default/contacts/{contact}")


async def search(account: Account, objects: str, filters: Sequence[Mapping[str, str]], sort: str) -> list[bytes]:
    """One page, oldest first by `sort`. Never asks for a second: a search ends after 10,000 rows."""
    wish = {
        "filterGroups": [{"filters": list(filters)}],
        "sorts": [sort],
        "properties": list(PROPERTIES[objects]),
        "limit": SEARCH_PAGE,
    }
    path = f"/crm/v3/objects/{objects}/search"
    response = await prepared(account, lambda: account.http.post(path, json=wish, extensions=READS))
    return rows(response.content, f"search of {objects}")[0]


def rows(body: bytes, what: str) -> tuple[list[bytes], str]:
    """The rows of a page, and where the next one starts; `""`: nowhere."""
    try:
        page = msgspec.json.decode(body, type=Things)
    except ValueError as fault:
        raise Unreadable(f"{what}: {fault}") from fault
    following = page.paging.next.after if page.paging and page.paging.next else ""
    return [bytes(row) for row in page.results], following


async def contacts_of_deals(account: Account, deals: Sequence[str]) -> dict[str, list[str]]:
    """By deal. A search does not tell associations; a deal without any is answered as an error within a 207."""
    if not deals:
        return {}
    wish = {"inputs": [{"id": deal} for deal in deals]}
    response = await account.http.post("/crm/v4/associations/deals/contacts/batch/read", json=wish, extensions=READS)
    try:
        batch = msgspec.json.decode(response.content, type=Batch)
        found = [msgspec.json.decode(row, type=Associated) for row in batch.results]
    except ValueError as fault:
        raise Unreadable(f"associations of deals: {fault}") from fault
    return {str(each.from_.id): [str(to.to_object_id) for to in each.to] for each in found}


def with_contacts(row: bytes, contacts: Sequence[str]) -> bytes:
    """A deal of a search as the object API would tell it, with its contacts."""
    fields: dict[str, Any] = msgspec.json.decode(row, type=dict[str, msgspec.Raw])
    refs = [{"id": contact, "type": "deal_to_contact"} for contact in contacts]
    if refs:
        fields["associations"] = {"contacts": {"results": refs}}
    return msgspec.json.encode(fields)


FETCH: dict[str, Fetch] = {"customer": fetcher("contacts"), "deal": fetcher("deals")}
