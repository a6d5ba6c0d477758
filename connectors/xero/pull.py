"""What changed since, one stream for each kind of object: the only news of payments, and what webhooks missed.

A full page is followed by one that begins at the time of its last object, not by the next number: what is changed
meanwhile leaves its place, and would push another one over the edge of a page. Cursors: `since:<time>` when idle, and
`walk:<time>|<page>` in between.
"""

from datetime import datetime, timedelta
from functools import partial

import msgspec

from connectors.xero.client import is_full, page
from connectors.xero.wire import parse_date
from hub.connector import Account, Event, Page, Pull
from hub.domain.clock import parse_time
from hub.domain.errors import Unreadable

_OVERLAP = timedelta(minutes=5)  # what was being written while the last answer was; records come twice, and are told
_FILTERS = {
    "Invoices": {"where": 'Type=="ACCREC"'},
    "CreditNotes": {"where": 'Type=="ACCRECCREDIT"'},
    "Payments": {"where": 'PaymentType=="ACCRECPAYMENT"'},
    "Contacts": {"includeArchived": "true"},
}


class _Stub(msgspec.Struct):
    updated: str = msgspec.field(name="UpdatedDateUTC")


async def changed(plural: str, account: Account, cursor: str) -> Page:
    word, _, rest = cursor.partition(":")
    try:
        text, _, position = rest.partition("|") if word == "walk" else (rest, "", "")
        since, number = parse_time(text), int(position or 1)
    except ValueError as fault:
        raise Unreadable(f"cursor {cursor[:80]!r}: {fault}") from fault
    asked = since if word == "walk" else since - _OVERLAP
    found = await page(account, plural, number, since=_text(asked), order="UpdatedDateUTC ASC", **_FILTERS[plural])
    times = [at for each in found if (at := _time(each))]
    newest = max([since, *(at.replace(microsecond=0) for at in times)])
    if not is_full(found):
        return Page(events=found, cursor=f"since:{_text(newest)}", more=False)
    # Many may have changed within one second, the header's unit: then by number after all.
    stuck = newest <= asked.replace(microsecond=0)
    following = f"walk:{_text(asked)}|{number + 1}" if stuck or not times else f"walk:{_text(times[-1])}|1"
    return Page(events=found, cursor=following, more=True)


def _time(event: Event) -> datetime | None:
    """`None` where it cannot be read: its reader says so, the walk goes on."""
    try:
        return parse_date(msgspec.json.decode(event.body, type=_Stub).updated)
    except ValueError:
        return None


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


PULL: dict[str, Pull] = {
    "contacts": partial(changed, "Contacts"),
    "invoices": partial(changed, "Invoices"),
    "credit_notes": partial(changed, "CreditNotes"),
    "payments": partial(changed, "Payments"),
}
