"""Streams: labels that were made, labels that were given back, and parcels under way.

    labels     at:<from>/<newest>/<page>   labels made since <from>, oldest first
    voids      at:<from>/<newest>/<page>   labels voided since <from>, newest first: there is no filter by that time
    tracking   at:<from>/<page>/all        a round through all labels made since <from>
               at:<from>/<page>/<asked>    one through those under way; all were asked for at <asked>
               rest:<until>/<asked>        nothing until then

Labels cannot be asked for by when they changed, and tracking neither: a lost webhook is healed by asking for each
parcel that has not arrived; once a day also for those that have, since their last webhook may be what was lost. A round
of the other two begins again some minutes earlier than the newest that was seen, since a label may show later than one
that was made after it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from connectors.shipengine import shapes
from connectors.shipengine.client import label_event, page_of_labels, tracking
from connectors.shipengine.settings import ShipEngineSettings
from hub.connector import Account, Event, Page, Pull
from hub.domain.clock import parse_time, rfc3339

_LOOK_BACK = timedelta(minutes=5)
_ALL = timedelta(days=1)  # how often parcels that have arrived are asked for, too


def _place(cursor: str) -> tuple[str, str, int]:
    """(from, newest seen, page) of either kind of cursor."""
    word, _, rest = cursor.partition(":")
    if word == "since":
        return rest, rest, 1
    since, newest, page = rest.split("/")
    return since, newest, int(page)


def _times(found: Sequence[bytes], field: str) -> list[datetime]:
    return [
        parse_time(at)
        for body in found
        if (at := getattr(msgspec.json.decode(body, type=shapes.Label), field)) is not None
    ]


async def pull_labels(account: Account, cursor: str) -> Page:
    since, newest, page = _place(cursor)
    found, more = await page_of_labels(account, page, created_at_start=since, sort_by="created_at", sort_dir="asc")
    newest = rfc3339(max([parse_time(newest), *_times(found, "created_at")]))
    return Page(events=[label_event(body) for body in found], cursor=_next(since, newest, page, more), more=more)


async def pull_voids(account: Account, cursor: str) -> Page:
    since, newest, page = _place(cursor)
    found, more = await page_of_labels(account, page, label_status="voided", sort_by="voided_at", sort_dir="desc")
    times = _times(found, "voided_at")
    newest = rfc3339(max([parse_time(newest), *times]))
    more = more and (not times or min(times) >= parse_time(since))
    wanted = [body for body in found if _voided_since(body, parse_time(since))]
    return Page(events=[label_event(body) for body in wanted], cursor=_next(since, newest, page, more), more=more)


def _voided_since(body: bytes, since: datetime) -> bool:
    at = msgspec.json.decode(body, type=shapes.Label).voided_at
    return at is None or parse_time(at) >= since


def _next(since: str, newest: str, page: int, more: bool) -> str:
    if more:
        return f"at:{since}/{newest}/{page + 1}"
    again = max(parse_time(since), parse_time(newest) - _LOOK_BACK)
    return f"at:{rfc3339(again)}/{newest}/1"


async def pull_tracking(account: Account, cursor: str) -> Page:
    settings: ShipEngineSettings = account.settings
    now = account.now()
    word, _, rest = cursor.partition(":")
    if word == "at":
        since, number, asked = rest.split("/")
        page = int(number)
    else:
        until, _, known = rest.partition("/")
        if word == "rest" and now < parse_time(until):
            return Page(events=[], cursor=cursor, more=False)
        since, page, asked = rfc3339(now - settings.track_for), 1, known
        if not asked or now - parse_time(asked) >= _ALL:
            asked = "all"
    found, more = await page_of_labels(account, page, created_at_start=since, sort_by="created_at", sort_dir="asc")
    events: list[Event] = []
    for body in found:
        label = msgspec.json.decode(body, type=shapes.Label)
        arrived = label.tracking_status == "delivered"
        if label.tracking_number and not label.voided and (asked == "all" or not arrived):
            events += await tracking(account, label.label_id)
    if more:
        return Page(events=events, cursor=f"at:{since}/{page + 1}/{asked}", more=True)
    known = rfc3339(now) if asked == "all" else asked
    return Page(events=events, cursor=f"rest:{rfc3339(now + settings.track_every)}/{known}", more=False)


PULL: dict[str, Pull] = {"labels": pull_labels, "voids": pull_voids, "tracking": pull_tracking}
