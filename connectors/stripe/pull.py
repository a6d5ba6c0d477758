"""Streams, oldest first: the events of the last 30 days, and what was made at all, for what is older.

Stripe lists the newest first and pages either way from an id. So a stream has an anchor, the newest thing that is
surely older than what is wanted, and goes forward from it with `ending_before`. Where there is none (a young account,
or events that Stripe has thrown away) it first walks back to the oldest. Cursors:

    since:<RFC 3339>      nothing done yet
    back:<id>             walking back, <id> was the oldest so far
    at:<settled>/<id>     <id> is where the next page begins; the next round begins at <settled>, some minutes
                          earlier, since Stripe may show an event later than one that came after it
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import msgspec

from connectors.stripe.client import connect
from connectors.stripe.kinds import EVENTS
from connectors.stripe.recognise import said_at
from hub.connector import Account, Event, Page, Pull, Window
from hub.domain.clock import parse_time
from hub.domain.errors import Missing

_SIZE = 100
_LOOK_BACK = timedelta(minutes=5)
_EVENTS_LIVE = timedelta(days=30)

Lister = Callable[[Any, dict[str, Any]], Awaitable[Any]]  # (Stripe's services, parameters) -> a list of Stripe's


async def _list(account: Account, lister: Lister, **params: Any) -> tuple[list[dict[str, Any]], bool, datetime | None]:
    """The items newest first, whether there are more, and when Stripe said so."""
    found = await lister(connect(account).v1, params)
    answer = found.last_response
    body = msgspec.json.decode(answer.body)
    return body["data"], body["has_more"], said_at(answer.headers)


def _stream(lister: Lister, to_event: Callable[[dict[str, Any], datetime | None], Event | None]) -> Pull:
    async def pull(account: Account, cursor: str) -> Page:
        word, _, place = cursor.partition(":")
        if word == "since":
            return await begin(account, parse_time(place))
        try:
            if word == "back":
                return await walk_back(account, place)
            settled, _, position = place.partition("/")
            return await forward(account, settled, position)
        except Missing:
            # Stripe has thrown away what the cursor names. All that it still has is newer.
            return await walk_back(account, "")

    async def begin(account: Account, since: datetime) -> Page:
        before, _, _ = await _list(account, lister, limit=1, created={"lt": int(since.timestamp())})
        if before:
            return Page(events=[], cursor=_at(before[0]["id"]), more=True)
        return await walk_back(account, "")

    async def walk_back(account: Account, oldest: str) -> Page:
        params = {"starting_after": oldest} if oldest else {}
        items, more, at = await _list(account, lister, limit=_SIZE, **params)
        if more:
            return Page(events=[], cursor=f"back:{items[-1]['id']}", more=True)
        if not items:
            # Nothing at all yet, or the oldest was thrown away while we walked towards it.
            return Page(events=[], cursor="back:", more=True) if oldest else _empty(account)
        settled = _settled(account, items, items[-1]["id"])
        return Page(events=_events(items, at), cursor=f"at:{settled}/{items[0]['id']}", more=True)

    async def forward(account: Account, settled: str, position: str) -> Page:
        items, more, at = await _list(account, lister, limit=_SIZE, ending_before=position)
        settled = _settled(account, items, settled)
        position = items[0]["id"] if items and more else settled
        return Page(events=_events(items, at), cursor=f"at:{settled}/{position}", more=more)

    def _events(items: list[dict[str, Any]], at: datetime | None) -> list[Event]:
        return [event for item in reversed(items) if (event := to_event(item, at))]

    return pull


def _settled(account: Account, items: list[dict[str, Any]], so_far: str) -> str:
    """The newest thing old enough that none will be shown before it any more."""
    old_enough = (account.now() - _LOOK_BACK).timestamp()
    return next((item["id"] for item in items if item["created"] <= old_enough), so_far)


def _at(external_id: str) -> str:
    return f"at:{external_id}/{external_id}"


def _empty(account: Account) -> Page:
    return Page(events=[], cursor=f"since:{account.now().isoformat()}", more=False)


def _event(item: dict[str, Any], _: datetime | None) -> Event | None:
    """Only what is read: a webhook of another kind is kept as ignored, a pulled one is no news."""
    return Event(kind=item["type"], body=msgspec.json.encode(item)) if item["type"] in EVENTS else None


def _kept(stream: Pull) -> Pull:
    """docs.stripe.com/api/events: they are there for 30 days. The other streams bring what is older."""

    async def pull(account: Account, cursor: str) -> Page:
        page = await stream(account, cursor)
        # From a place in the list it goes on without a gap; only who begins, or has lost its place, meets the end.
        if cursor.startswith("at:") and page.cursor.startswith("at:"):
            return page
        return replace(page, window=Window(account.now() - _EVENTS_LIVE, "Stripe keeps events for 30 days"))

    return pull


def _object(item: dict[str, Any], at: datetime | None) -> Event:
    return Event(kind=item["object"], body=msgspec.json.encode(item), at=at)


PULL: dict[str, Pull] = {
    "events": _kept(_stream(lambda v1, params: v1.events.list_async(params), _event)),
    "payment_intents": _stream(
        lambda v1, params: v1.payment_intents.list_async({**params, "expand": ["data.latest_charge.refunds"]}), _object
    ),
    "charges": _stream(lambda v1, params: v1.charges.list_async({**params, "expand": ["data.refunds"]}), _object),
    "refunds": _stream(
        lambda v1, params: v1.refunds.list_async({**params, "expand": ["data.charge.refunds"]}), _object
    ),
    "disputes": _stream(lambda v1, params: v1.disputes.list_async(params), _object),
}
