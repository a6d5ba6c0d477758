"""Calls to ShipEngine that only read: one label, labels by what is known of them, tracking."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import TypeVar

import msgspec

from connectors.shipengine import shapes
from connectors.shipengine.read import decode, number_of
from hub.connector import Account, Event, Fetch
from hub.domain.errors import Missing, Refused

T = TypeVar("T")

PAGE = 100
_ID = re.compile(r"se(-[a-z0-9]+)+", re.ASCII)


async def get(account: Account, path: str, shape: type[T], **params: str) -> T:
    return decode((await account.http.get(path, params=params)).content, shape)


def checked(id: str) -> str:
    """An id that may stand in a path. Raises `Missing` for what ShipEngine cannot have."""
    if not _ID.fullmatch(id) or len(id) > 25:
        raise Missing(f"{id[:40]!r} is no id of ShipEngine")
    return id


async def page_of_labels(account: Account, page: int, **params: str) -> tuple[Sequence[bytes], bool]:
    """The labels of a page, and whether there are more pages."""
    found = await get(account, "/v1/labels", shapes.Page, page=str(page), page_size=str(PAGE), **params)
    return [bytes(label) for label in found.labels], page < found.pages


async def labels(account: Account, **params: str) -> AsyncIterator[bytes]:
    """All of them, page by page, oldest first: what comes in the meantime comes last."""
    page, more = 1, True
    while more:
        found, more = await page_of_labels(account, page, sort_by="created_at", sort_dir="asc", **params)
        page += 1
        for label in found:
            yield label


def label_event(label: bytes) -> Event:
    return Event(kind="label", body=label)


async def label(account: Account, label_id: str) -> Event:
    return label_event((await account.http.get(f"/v1/labels/{checked(label_id)}")).content)


async def tracking(account: Account, label_id: str) -> list[Event]:
    """Nothing where the carrier does not track, or does not yet."""
    try:
        answer = await account.http.get(f"/v1/labels/{checked(label_id)}/track")
    except Refused:
        return []
    return [Event(kind="tracking", body=answer.content, at=account.now())]


async def fetch_shipment(account: Account, external_id: str) -> list[Event]:
    """A label with its tracking, by its id or by a tracking number."""
    number = number_of(external_id)
    if not number:
        return await with_tracking(account, [(await label(account, external_id)).body])
    found = [each async for each in labels(account, tracking_number=number)]
    if not found:
        raise Missing(f"no label has the tracking number {number[:40]!r}")
    return await with_tracking(account, found)


async def fetch_batch(account: Account, external_id: str) -> list[Event]:
    """The labels that a batch has made. Their tracking comes by itself."""
    return [label_event(each) async for each in labels(account, batch_id=checked(external_id))]


async def with_tracking(account: Account, found: Sequence[bytes]) -> list[Event]:
    events: list[Event] = []
    for body in found:
        events.append(label_event(body))
        said = msgspec.json.decode(body, type=shapes.Label)
        if said.tracking_number and not said.voided:
            events += await tracking(account, said.label_id)
    return events


FETCH: Mapping[str, Fetch] = {"shipment": fetch_shipment, "batch": fetch_batch}
