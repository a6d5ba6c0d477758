"""Pull: what webhooks, which are sent once and never again, may have failed to tell.

Orders and refunds are asked for by time, customers cannot be (github.com/woocommerce/woocommerce/issues/31482). A
refund does not touch its order's time, so refunds are a stream of their own; neither does the usual list of orders show
the trash. What was deleted for good is told by nobody.

**Walking a list that changes.** Lists are ordered by id, and each page begins with the last thing of the page before,
as an anchor. Things that join earlier places only make the walk read something twice. Things that leave (trash) would
make it skip some: then the anchor is gone from its place, and the walk begins again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import msgspec

from connectors.woocommerce.client import MOST, ask, event, goes_on, things, whole_order, with_refunds
from connectors.woocommerce.shapes import moment
from hub.connector import Account, Event, Page
from hub.domain.clock import parse_time, rfc3339
from hub.domain.errors import Missing

# Rows that a slow checkout commits late carry an earlier time, and our clock is not the store's.
LOOK_BACK = timedelta(minutes=5)
# How often all customers are read again, since the store cannot say which of them changed.
WHOLE_WALK = timedelta(days=1)


class _Cursor(msgspec.Struct):
    """`since` is what is asked for; `started` bounds where the next run begins: what changed during a walk may have
    taken a place that the walk had passed."""

    since: str
    seen: str = ""
    started: str = ""
    offset: int = 0
    anchor: int = 0


async def pull_orders(account: Account, cursor: str) -> Page:
    return await _orders(account, cursor, "any")


async def pull_trash(account: Account, cursor: str) -> Page:
    return await _orders(account, cursor, "trash")


async def _orders(account: Account, cursor: str, status: str) -> Page:
    found, then, more = await _walk(account, "/orders", cursor, "modified_after", "date_modified_gmt", status=status)
    return Page(events=[event("order", await with_refunds(account, each)) for each in found], cursor=then, more=more)


async def pull_refunds(account: Account, cursor: str) -> Page:
    """The orders of new refunds, whole. A store before WooCommerce 9.0 has no such list: then webhooks tell of them,
    and the order's next change."""
    try:
        found, then, more = await _walk(account, "/refunds", cursor, "after", "date_created_gmt")
    except Missing:
        return Page(events=[], cursor=cursor, more=False)
    events: list[Event] = []
    for order in sorted({str(each.get("parent_id")) for each in found}):
        try:
            events.append(event("order", await whole_order(account, order)))
        except Missing:
            continue  # deleted since
    return Page(events=events, cursor=then, more=more)


async def _walk(
    account: Account, path: str, cursor: str, bound: str, time: str, **params: str
) -> tuple[list[dict[str, Any]], str, bool]:
    """One page: (what is new on it, the next cursor, whether the walk goes on)."""
    at = _cursor(cursor)
    since = (parse_time(at.since) - LOOK_BACK).strftime("%Y-%m-%dT%H:%M:%S")
    step = await _step(account, path, at, **params, **{bound: since}, dates_are_gmt="true")
    started = at.started or rfc3339(_clock_of(step.response, account))
    if step.lost:
        return [], _encode(_Cursor(since=at.since, seen=at.seen, started=started)), True
    times = [_time(each, time) for each in step.new]
    seen = max([parse_time(at.seen or at.since), *(each for each in times if each)])
    if step.more:
        then = _Cursor(since=at.since, seen=rfc3339(seen), started=started, offset=step.offset, anchor=step.anchor)
        return step.new, _encode(then), True
    next_since = max(min(seen, parse_time(started)), parse_time(at.since))
    return step.new, _encode(_Cursor(since=rfc3339(next_since))), False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One page of a walk, and where the next one begins."""

    response: httpx.Response
    new: list[dict[str, Any]]
    more: bool
    lost: bool  # the anchor is gone: things before it left the list
    offset: int
    anchor: int


async def _step(account: Account, path: str, at: "_Cursor | _Customers", **params: str) -> _Step:
    begin = max(at.offset - 1, 0)
    response = await ask(account, path, **params, orderby="id", order="asc", per_page=MOST, offset=begin)
    page = things(response)
    new = page[1:] if at.offset and page and _id(page[0]) == at.anchor else page
    return _Step(
        response=response,
        new=new,
        more=bool(new) and goes_on(response, begin, len(page)),
        lost=bool(at.offset) and (not page or _id(page[0]) > at.anchor),
        offset=begin + len(page),
        anchor=_id(page[-1]) if page else 0,
    )


def _cursor(cursor: str) -> _Cursor:
    if cursor.startswith("since:"):
        return _Cursor(since=cursor.removeprefix("since:"))
    return msgspec.json.decode(cursor, type=_Cursor)


def _encode(cursor: msgspec.Struct) -> str:
    return msgspec.json.encode(cursor).decode()


def _id(said: dict[str, Any]) -> int:
    found = said.get("id")
    return found if isinstance(found, int) else 0


def _time(said: dict[str, Any], name: str) -> datetime | None:
    """`None` for a time that cannot be read: its reader says so, the walk goes on."""
    try:
        return moment(said.get(name), name)
    except ValueError:
        return None


def _clock_of(response: httpx.Response, account: Account) -> datetime:
    """The store's own clock, which dates its orders; ours where it does not tell."""
    try:
        told = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return account.now()
    return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)


# --------------------------------------------------------------------------------------------------- customers


class _Customers(msgspec.Struct):
    """`known`: the highest id that was read; `walked`: when all were read; in a walk: where it is."""

    known: int = 0
    walked: str = ""
    top: int = 0
    offset: int = 0
    anchor: int = 0
    started: str = ""  # of a walk through all; "": a look for new ones


async def pull_customers(account: Account, cursor: str) -> Page:
    """New ones, newest first, each time; all of them once a day. Their edits in between are told by webhooks."""
    at = _Customers() if cursor.startswith("since:") else msgspec.json.decode(cursor, type=_Customers)
    now = account.now()
    if at.started or not at.walked or parse_time(at.walked) <= now - WHOLE_WALK:
        return await _all_customers(account, at, now)
    response = await ask(account, "/customers", orderby="id", order="desc", per_page=MOST, offset=at.offset)
    page = things(response)
    new = [each for each in page if _id(each) > at.known]
    top = max([at.top, *(_id(each) for each in new)])
    if len(new) == len(page) and goes_on(response, at.offset, len(page)):
        then = _Customers(known=at.known, walked=at.walked, top=top, offset=at.offset + len(page))
        return _customers(new, then, more=True)
    return _customers(new, _Customers(known=max(at.known, top), walked=at.walked), more=False)


async def _all_customers(account: Account, at: _Customers, now: datetime) -> Page:
    step, started = await _step(account, "/customers", at), at.started or rfc3339(now)
    if step.lost:
        return _customers([], _Customers(known=at.known, walked=at.walked, started=started), more=True)
    known = max(at.known, step.anchor)
    if not step.more:
        return _customers(step.new, _Customers(known=known, walked=started), more=False)
    then = _Customers(known=known, walked=at.walked, offset=step.offset, anchor=step.anchor, started=started)
    return _customers(step.new, then, more=True)


def _customers(found: Sequence[dict[str, Any]], then: _Customers, *, more: bool) -> Page:
    return Page(events=[event("customer", each) for each in found], cursor=_encode(then), more=more)
