"""The streams of changes: by search, oldest change first, and a walk through what was deleted.

A search shows at most 10,000 rows, so none is paged: each page starts at the time of the last row before. Rows of one
millisecond that fill a page (an import) are gone through by id. The index lags "a few moments" behind writes
(developers.hubspot.com, "Search"), so a stream begins a few minutes before where it ended; what comes twice is stale.

Cursors: `since:<time>` at first, `at:<ms>` when a stream has caught up, `on:<ms>` within it, `tie:<ms>:<id>` within a
millisecond.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from connectors.hubspot.client import KINDS, SEARCH_PAGE, contacts_of_deals, get, rows, search, with_contacts
from connectors.hubspot.properties import MODIFIED, ORDER
from connectors.hubspot.read import merged_into
from connectors.hubspot.shapes import Thing
from hub.connector import Account, Event, Page, Pull
from hub.domain.clock import from_unix, parse_time, rfc3339
from hub.domain.errors import Unreadable

_OVERLAP = timedelta(minutes=5)
_WALK_EVERY = timedelta(hours=1)
_PAGE = 100  # the most that a list gives


def changes(objects: str) -> Pull:
    async def pull(account: Account, cursor: str) -> Page:
        word, _, rest = cursor.partition(":")
        try:
            match word:
                case "since":
                    return await _after(account, objects, _ms(parse_time(rest) - _OVERLAP))
                case "at":
                    return await _after(account, objects, int(rest) - _ms_of(_OVERLAP), caught_up=int(rest))
                case "on":
                    return await _after(account, objects, int(rest))
                case "tie":
                    ms, _, last = rest.partition(":")
                    return await _within(account, objects, int(ms), int(last))
        except ValueError as fault:
            raise Unreadable(f"cursor {cursor[:80]!r}: {fault}") from fault
        raise Unreadable(f"cursor {cursor[:80]!r}: expected since, at, on or tie")

    return pull


async def _after(account: Account, objects: str, ms: int, caught_up: int = 0) -> Page:
    """`caught_up`: how far the stream was before it went back for the index."""
    found = await _search(account, objects, [_filter(MODIFIED[objects], "GTE", ms)], MODIFIED[objects])
    events = await _events(account, objects, found)
    last = max((_changed(objects, thing) for _, thing in found), default=0)
    if len(found) < SEARCH_PAGE:
        return Page(events=events, cursor=f"at:{max(last, caught_up, ms)}", more=False)
    return Page(events=events, cursor=f"on:{last}" if last > ms else f"tie:{ms}:0", more=True)


async def _within(account: Account, objects: str, ms: int, above: int) -> Page:
    filters = [_filter(MODIFIED[objects], "EQ", ms), _filter("hs_object_id", "GT", above)]
    found = await _search(account, objects, filters, "hs_object_id")
    events = await _events(account, objects, found)
    if len(found) < SEARCH_PAGE:
        return Page(events=events, cursor=f"on:{ms + 1}", more=True)
    last = max(int(thing.id) for _, thing in found)
    return Page(events=events, cursor=f"tie:{ms}:{last}", more=True)


async def _search(
    account: Account, objects: str, filters: list[dict[str, str]], sort: str
) -> list[tuple[bytes, Thing]]:
    """Each row, and what it says."""
    if objects == "deals" and account.settings.deals == "ours":
        filters = [*filters, {"propertyName": ORDER, "operator": "HAS_PROPERTY"}]
    return [(row, msgspec.json.decode(row, type=Thing)) for row in await search(account, objects, filters, sort)]


def _changed(objects: str, thing: Thing) -> int:
    """The millisecond of the last change. What is sorted by counts; `updatedAt` may be another time."""
    return _ms(parse_time(thing.properties.get(MODIFIED[objects]) or thing.updated_at))


async def _events(account: Account, objects: str, found: list[tuple[bytes, Thing]]) -> list[Event]:
    kind = KINDS[objects]
    if objects == "deals":
        contacts = await contacts_of_deals(account, [thing.id for _, thing in found])
        found = [(with_contacts(row, contacts.get(thing.id, ())), thing) for row, thing in found]
    events = [Event(kind=kind, body=row) for row, _ in found]
    merges = [row for row, thing in found if merged_into(thing)]
    return events + [Event(kind=f"{kind}.merges", body=row) for row in merges]


# ------------------------------------------------------------------------------------------------------- deletions


class _Archived(msgspec.Struct, rename="camel"):
    archived_at: str = ""


async def deletions(account: Account, cursor: str) -> Page:
    """What was deleted while no webhook came. The list of archived objects has no order and no filter, so it is gone
    through from end to end, once an hour. What was deleted for privacy is in no list.

    Cursors: `since:<time>` and `walked:<time>`, then `walk|<since>|<begun>|<objects>|<after>`.
    """
    try:
        if not cursor.startswith("walk|"):
            since = parse_time(cursor.partition(":")[2])
            if cursor.startswith("walked:") and account.now() - since < _WALK_EVERY:
                return Page(events=[], cursor=cursor, more=False)
            return await _walk(account, since, account.now(), "contacts", "")
        _, first, begun, objects, after = cursor.split("|")
        return await _walk(account, parse_time(first), parse_time(begun), objects, after)
    except ValueError as fault:
        raise Unreadable(f"cursor {cursor[:80]!r}: {fault}") from fault


async def _walk(account: Account, since: datetime, begun: datetime, objects: str, after: str) -> Page:
    params = {"archived": "true", "limit": str(_PAGE)} | ({"after": after} if after else {})
    found, following = rows(await get(account, f"/crm/v3/objects/{objects}", **params), f"archived {objects}")
    events = []
    for row in found:
        at = msgspec.json.decode(row, type=_Archived).archived_at
        if not at or parse_time(at) >= since - _OVERLAP:
            events.append(Event(kind=f"{KINDS[objects]}.archived", body=row))
    if not following and objects == "deals":
        return Page(events=events, cursor=f"walked:{rfc3339(begun)}", more=False)
    if not following:
        objects = "deals"
    cursor = f"walk|{rfc3339(since)}|{rfc3339(begun)}|{objects}|{following}"
    return Page(events=events, cursor=cursor, more=True)


def _filter(name: str, operator: str, value: int) -> dict[str, str]:
    return {"propertyName": name, "operator": operator, "value": str(value)}


def _ms(at: datetime) -> int:
    return (at - from_unix(0)) // timedelta(milliseconds=1)


def _ms_of(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)


PULL: dict[str, Callable[[Account, str], Awaitable[Page]]] = {
    "contacts": changes("contacts"),
    "deals": changes("deals"),
    "deletions": deletions,
}
