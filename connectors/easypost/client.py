"""Fetch and pull: single shipments and trackers, and the lists of what was bought or tracked, newest first."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from connectors.easypost import shapes
from connectors.easypost.kinds import SHIPMENT, TRACKER
from connectors.easypost.read import decode
from hub.connector import Account, Event, Page
from hub.domain.clock import parse_time, rfc3339
from hub.domain.errors import Missing, Unreadable

PAGE = 100  # the most that a page may have (docs.easypost.com/docs/pagination)
# The list goes by creation. A shipment may be bought long after it was made, and our clock is not EasyPost's: each run
# looks back this far, which also mends the parcels of the last day whose webhooks were lost.
LOOK_BACK = timedelta(days=1)

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)


async def get(account: Account, name: str, id: str) -> bytes:
    """`name` is the collection. What cannot be an id is not asked for: it would be another path."""
    if not _ID.fullmatch(id):
        raise Missing(f"{id!r} is no id")
    return (await account.http.get(f"/{name}/{id}")).content


def shipment_event(body: bytes) -> Event:
    return Event(kind=SHIPMENT, body=body)


async def fetch(account: Account, external_id: str) -> Sequence[Event]:
    """A parcel's record is of a shipment, or of a tracker without one."""
    if external_id.startswith("trk_"):
        return [Event(kind=TRACKER, body=await get(account, "trackers", external_id))]
    return [shipment_event(await get(account, "shipments", external_id))]


_BOUGHT = {"purchased": "true"}


async def page_of(account: Account, name: str, only: Mapping[str, str], before: str | None) -> shapes.Listed:
    """Of a collection, newest first, from the one before `before` on."""
    params = {"page_size": str(PAGE), **only} | ({"before_id": before} if before else {})
    return decode((await account.http.get(f"/{name}", params=params)).content, shapes.Listed)


class _Head(msgspec.Struct, frozen=True):
    id: str
    created_at: str
    shipment_id: str | None = None  # trackers only


def _head(body: msgspec.Raw) -> tuple[_Head, datetime]:
    head = decode(bytes(body), _Head)
    try:
        return head, parse_time(head.created_at)
    except (ValueError, OverflowError) as fault:
        raise Unreadable(f"{fault} - at `$.created_at`") from fault


async def bought_since(account: Account, since: datetime) -> AsyncIterator[bytes]:
    """Each bought shipment made at `since` or later, newest first."""
    before: str | None = None
    while True:
        listed = await page_of(account, "shipments", _BOUGHT, before)
        for body in listed.items:
            head, created = _head(body)
            if created < since:
                return
            before = head.id
            yield bytes(body)
        if not listed.has_more or not listed.items:
            return


class _Cursor(msgspec.Struct, frozen=True):
    """Within a run, `before` goes back through the list to `since`; the next run goes back to `seen`.

    After `reviewed` and the settings' `review_every`, a run goes back over all that is still followed.
    """

    since: str
    seen: str
    reviewed: str
    before: str | None = None


async def pull_shipments(account: Account, cursor: str) -> Page:
    return await _pull(account, cursor, "shipments", SHIPMENT, _BOUGHT)


async def pull_trackers(account: Account, cursor: str) -> Page:
    """Of labels from elsewhere. Those of shipments are told of with their shipments."""
    return await _pull(account, cursor, "trackers", TRACKER, {})


async def _pull(account: Account, cursor: str, name: str, kind: str, only: Mapping[str, str]) -> Page:
    at = _begin(account, cursor)
    listed = await page_of(account, name, only, at.before)
    since, more = parse_time(at.since), listed.has_more and bool(listed.items)
    events, last = [], at.before
    for body in listed.items:
        head, created = _head(body)
        if created < since:
            more = False
            break
        last = head.id
        if head.shipment_id is None:
            events.append(Event(kind=kind, body=bytes(body)))
    then = _Cursor(since=at.since, seen=at.seen, reviewed=at.reviewed, before=last if more else None)
    return Page(events=events, cursor=msgspec.json.encode(then).decode(), more=more)


def _begin(account: Account, cursor: str) -> _Cursor:
    now = account.now()
    if cursor.startswith("since:"):
        since = parse_time(cursor.removeprefix("since:"))
        return _Cursor(since=rfc3339(since), seen=rfc3339(now), reviewed=rfc3339(now))
    at = msgspec.json.decode(cursor, type=_Cursor)
    if at.before is not None:
        return at
    since, reviewed = parse_time(at.seen) - LOOK_BACK, parse_time(at.reviewed)
    if now >= reviewed + account.settings.review_every:
        since, reviewed = min(since, now - account.settings.review_for), now
    return _Cursor(since=rfc3339(since), seen=rfc3339(now), reviewed=rfc3339(reviewed))
