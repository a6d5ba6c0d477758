"""The streams of changes and deletions: by SystemModstamp, then id, oldest first.

`queryAll` also finds what is in the recycle bin, and a deletion stamps the row, so one stream tells both. No query is
asked for its next part: a query locator dies, and rows move between parts. Each page goes on behind the last row of
the one before, so an answer that is cut short loses nothing.

A row is stamped when it is written and seen when its transaction ends, so a stream begins ten minutes before where it
ended: the longest that a transaction may take (developer.salesforce.com, "Execution Governors and Limits"). What comes
twice is stale.

Cursors: `since:<time>` at first, `at:<time>` when a stream has caught up, `on:<time>|<id>` within it.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from connectors.salesforce.client import is_id, quoted, select
from connectors.salesforce.fields import ORDER
from hub.connector import Account, Event, Page, Pull
from hub.domain.clock import parse_time, rfc3339
from hub.domain.errors import Unreadable

PAGE = 2000
_OVERLAP = timedelta(minutes=10)


class _Stamp(msgspec.Struct, rename="pascal"):
    id: str
    system_modstamp: str


def changes(objects: str) -> Pull:
    async def pull(account: Account, cursor: str) -> Page:
        word, _, rest = cursor.partition(":")
        try:
            match word:
                case "since":
                    return await _page(account, objects, parse_time(rest) - _OVERLAP, "")
                case "at":
                    return await _page(account, objects, parse_time(rest) - _OVERLAP, "", parse_time(rest))
                case "on":
                    at, _, last = rest.partition("|")
                    if not is_id(last):
                        raise ValueError("an id was expected")
                    return await _page(account, objects, parse_time(at), last)
        except ValueError as fault:
            raise Unreadable(f"cursor {cursor[:80]!r}: {fault}") from fault
        raise Unreadable(f"cursor {cursor[:80]!r}: expected since, at or on")

    return pull


async def _page(account: Account, objects: str, start: datetime, last: str, caught_up: datetime | None = None) -> Page:
    """`last`: the id that the page before ended with. `caught_up`: how far the stream was before it went back."""
    at = rfc3339(start)
    after = f"SystemModstamp >= {at}"
    if last:
        after = f"(SystemModstamp > {at} OR (SystemModstamp = {at} AND Id > {quoted(last)}))"
    ours = objects == "Opportunity" and account.settings.deals == "ours"
    where = f"{after} AND {ORDER} != null" if ours else after
    order = f"ORDER BY SystemModstamp, Id LIMIT {PAGE}"
    events, done = await select(account, objects, where, order, deleted=True)
    end, final = _last(events, start, last)
    if not events or (done and len(events) < PAGE):
        return Page(events=events, cursor=f"at:{rfc3339(max(end, caught_up or end))}", more=False)
    return Page(events=events, cursor=f"on:{rfc3339(end)}|{final}", more=True)


def _last(events: Sequence[Event], start: datetime, id: str) -> tuple[datetime, str]:
    if not events:
        return start, id
    row = msgspec.json.decode(events[-1].body, type=_Stamp)
    return parse_time(row.system_modstamp), row.id


PULL: dict[str, Callable[[Account, str], Awaitable[Page]]] = {
    "contacts": changes("Contact"),
    "opportunities": changes("Opportunity"),
}
