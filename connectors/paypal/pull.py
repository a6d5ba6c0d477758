"""Streams: webhook events of the last 30 days, disputes by their last change, and what the transaction search shows.

Each goes by windows of time. Within a window PayPal lists the newest first and names the next page by a link, of which
only path and query are followed. Cursors:

    since:<RFC 3339>                the next window begins here
    page:<end of the window>|<path and query of the next page>
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import msgspec

from connectors.paypal.inbound import UNREADABLE
from connectors.paypal.kinds import EVENTS
from hub.connector import Account, Event, Page, Pull, Window
from hub.domain.clock import parse_time, rfc3339
from hub.domain.errors import Unreadable

_MARGIN = timedelta(minutes=1)  # between our asking and PayPal's counting


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream:
    path: str
    items: str  # where the answer has them
    query: Callable[[datetime, datetime], dict[str, str]]  # (from, until) -> parameters
    event: Callable[[dict[str, Any]], Event | None]
    longest: timedelta  # a window that PayPal takes
    overlap: timedelta  # PayPal may show a thing so much later than it happened
    shown: timedelta  # how far back at all


def _stream(stream: _Stream) -> Pull:
    async def pull(account: Account, cursor: str) -> Page:
        word, _, rest = cursor.partition(":")
        window: Window | None = None
        try:
            if word == "page":
                until, _, address = rest.partition("|")
                end = parse_time(until)
            else:
                start = parse_time(rest)
                if start < (oldest := account.now() - stream.shown):
                    why = f"PayPal shows {stream.items} of the last {stream.shown.days} days"
                    window = Window(oldest, why)
                    start = oldest + _MARGIN  # what begins earlier is refused
                end = min(start + stream.longest, account.now())
                address = f"{stream.path}?{urlencode(stream.query(start, end))}"
        except ValueError as fault:
            raise Unreadable(f"cursor {cursor[:80]!r}: {fault}") from fault
        answer = await account.http.get(address)
        try:
            body = msgspec.json.decode(answer.content)
            events = [event for item in body.get(stream.items) or [] if (event := _event(stream, item))]
            following = _next(body, stream.path)
        except (ValueError, AttributeError, TypeError, KeyError) as fault:
            raise Unreadable(f"{stream.path}: {fault}") from fault
        events.reverse()
        if following and following != address:
            return Page(events=events, cursor=f"page:{rfc3339(end)}|{following}", more=True, window=window)
        behind = end < account.now() - timedelta(seconds=1)
        # While it catches up, windows join; at the end, the next one looks back over what may still appear.
        settled = end if behind else end - stream.overlap
        return Page(events=events, cursor=f"since:{rfc3339(settled)}", more=behind, window=window)

    return pull


def _event(stream: _Stream, item: Any) -> Event | None:
    """An item of another form is one that its reader parks: the others stand, and the stream goes on."""
    try:
        return stream.event(item)
    except (KeyError, TypeError):
        return Event(kind=UNREADABLE, body=msgspec.json.encode(item))


def _next(body: dict[str, Any], path: str) -> str:
    for link in body.get("links") or []:
        if link.get("rel") == "next":
            parts = urlsplit(link["href"])
            if parts.path != path:
                raise ValueError(f"the next page is at {parts.path[:100]!r}")
            return f"{path}?{parts.query}"
    return ""


def _webhook_event(item: dict[str, Any]) -> Event | None:
    """Only what is read: a webhook of another kind is kept as ignored, a pulled one is no news."""
    kind = item["event_type"]
    return Event(kind=kind, body=msgspec.json.encode(item)) if kind in EVENTS else None


_EVENTS = _stream(
    _Stream(
        path="/v1/notifications/webhooks-events",
        items="events",
        query=lambda start, end: {"start_time": rfc3339(start), "end_time": rfc3339(end), "page_size": "100"},
        event=_webhook_event,
        longest=timedelta(days=7),
        shown=timedelta(days=30),
        overlap=timedelta(minutes=10),
    )
)
_DISPUTES = _stream(
    _Stream(
        path="/v1/customer/disputes",
        items="items",
        query=lambda start, end: {
            "update_time_after": rfc3339(start),
            "update_time_before": rfc3339(end),
            "page_size": "50",
        },
        event=lambda item: Event(kind="dispute", body=msgspec.json.encode(item)),
        longest=timedelta(days=30),
        shown=timedelta(days=180),  # "update_time_after must be within the last 180 days" (Disputes, List disputes)
        overlap=timedelta(minutes=10),
    )
)
# developer.paypal.com/docs/api/transaction-search/v1: at most 31 days at once, and "it takes a maximum of three hours
# for executed transactions to appear".
_TRANSACTIONS = _stream(
    _Stream(
        path="/v1/reporting/transactions",
        items="transaction_details",
        query=lambda start, end: {"start_date": rfc3339(start), "end_date": rfc3339(end), "page_size": "100"},
        event=lambda item: Event(kind="transaction", body=msgspec.json.encode(item)),
        longest=timedelta(days=30),
        shown=timedelta(days=3 * 365),
        overlap=timedelta(hours=3),
    )
)


async def _transactions(account: Account, cursor: str) -> Page:
    if not account.settings.transaction_search:
        return Page(events=[], cursor=cursor, more=False)
    return await _TRANSACTIONS(account, cursor)


PULL: dict[str, Pull] = {"events": _EVENTS, "disputes": _DISPUTES, "transactions": _transactions}
