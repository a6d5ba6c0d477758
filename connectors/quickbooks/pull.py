"""The stream of changes, by change data capture, and by queries where that does not reach.

Change data capture looks at most 30 days back, and gives at most 1,000 objects in an answer without saying that
there are more. Cursors: `cdc:<time>` and `walk:<start>|<since>|<entity>|<at>|<position>`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec

from connectors.quickbooks.client import get, page
from connectors.quickbooks.read import ENTITIES
from connectors.quickbooks.shapes import Stub
from hub.connector import Account, Event, Page
from hub.domain.clock import parse_time
from hub.domain.errors import Unreadable

_REACH = timedelta(days=29)  # of 30: clocks disagree
_FULL = 1000
_ROWS = 500
_OVERLAP = timedelta(minutes=5)  # what was being written while the last answer was; records come twice, and are told


@dataclass(frozen=True, slots=True)
class _Walk:
    """Through one entity after the other, oldest change first."""

    start: str  # when the walk began, by the vendor's clock: change data capture goes on from there
    since: str  # how far back each entity is walked
    entity: str
    at: str  # how far this one has come
    position: int = 1

    def __str__(self) -> str:
        return f"walk:{self.start}|{self.since}|{self.entity}|{self.at}|{self.position}"


class _Feed(msgspec.Struct):
    groups: list[dict[str, msgspec.Raw]] = msgspec.field(name="CDCResponse")
    time: str = ""


async def changes(account: Account, cursor: str) -> Page:
    word, _, rest = cursor.partition(":")
    try:
        if word == "walk":
            start, since, entity, at, position = rest.split("|")
            return await _walk(account, _Walk(start, since, entity, at, int(position)))
        since_at = parse_time(rest)
    except ValueError as fault:
        raise Unreadable(f"cursor {cursor[:80]!r}: {fault}") from fault
    if account.now() - since_at > _REACH:
        return await _walk(account, _Walk("", _text(since_at), ENTITIES[0], _text(since_at)))
    return await _capture(account, since_at)


async def _capture(account: Account, since: datetime) -> Page:
    body = await get(account, "/cdc", entities=",".join(ENTITIES), changedSince=_text(since - _OVERLAP))
    events: list[Event] = []
    newest, full = since, False
    try:
        feed = msgspec.json.decode(body, type=_Feed)
        for group in feed.groups:
            for found in msgspec.json.decode(group.get("QueryResponse", b"[]"), type=list[dict[str, msgspec.Raw]]):
                for entity in ENTITIES:
                    rows = msgspec.json.decode(found.get(entity, b"[]"), type=list[msgspec.Raw])
                    full = full or len(rows) >= _FULL
                    events += [Event(kind=entity, body=bytes(row)) for row in rows]
        newest = max([since, *(at for event in events if (at := _changed(event.body)))])
        # A quiet company must not stay at the same cursor until it is out of reach.
        quiet = parse_time(feed.time) if feed.time and not events else newest
    except ValueError as fault:
        raise Unreadable(f"change data capture: {fault}") from fault
    if full or len(events) >= _FULL:
        # What came is kept: deletions are told nowhere else. The rest is found by walking.
        first = _text(since - _OVERLAP)
        return Page(events=events, cursor=str(_Walk(feed.time, first, ENTITIES[0], first)), more=True)
    return Page(events=events, cursor=f"cdc:{_text(max(newest, quiet))}", more=False)


async def _walk(account: Account, walk: _Walk) -> Page:
    where = f"MetaData.LastUpdatedTime >= '{walk.at}'"
    order = f"ORDERBY MetaData.LastUpdatedTime STARTPOSITION {walk.position} MAXRESULTS {_ROWS}"
    rows, time = await page(account, walk.entity, f"SELECT * FROM {walk.entity} WHERE {where} {order}")  # noqa: S608 - our own words
    events = [Event(kind=walk.entity, body=row) for row in rows]
    walk = replace(walk, start=walk.start or time or _text(account.now()))
    if len(rows) == _ROWS:
        last = _text(_changed(rows[-1]) or parse_time(walk.at))
        # By time, not by position, as rows that change meanwhile leave their places. Position only within one second.
        stuck = last == walk.at
        walk = replace(walk, at=last, position=walk.position + _ROWS if stuck else 1)
        return Page(events=events, cursor=str(walk), more=True)
    if following := ENTITIES[ENTITIES.index(walk.entity) + 1 :]:
        return Page(events=events, cursor=str(replace(walk, entity=following[0], at=walk.since, position=1)), more=True)
    return Page(events=events, cursor=f"cdc:{_text(parse_time(walk.start))}", more=True)


def _changed(row: bytes) -> datetime | None:
    meta = msgspec.json.decode(row, type=Stub).meta_data
    return parse_time(meta.last_updated_time) if meta else None


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
