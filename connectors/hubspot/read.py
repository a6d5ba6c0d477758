"""HubSpot's JSON to records.

A contact is a customer, and claims the ids of our customers that were written into it; never an order. A deal claims
the order whose id was written into it. Deals of the CRM's own are left alone unless the settings say otherwise.
"""

from collections.abc import Callable, Iterable

import msgspec

from connectors.crm.fields import customers_in
from connectors.hubspot import properties
from connectors.hubspot.fields import address_of, name_of
from connectors.hubspot.notices import FETCHED, read_notice
from connectors.hubspot.shapes import Thing, Things
from hub.connector import Faulty, Hint, Ignored, Reader, Reading
from hub.domain.clock import parse_time
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import CustomerRecord, DealRecord, Kind, Record, Source

_NO_DEAL = 'a deal of the CRM\'s own: it carries no order of ours (deals = "all" reads it)'
_PAGES = {"contact": "0-1", "deal": "0-3"}


def _read(make: Callable[[Reading, Thing], Record | Ignored], reading: Reading, body: bytes) -> list[Record | Ignored]:
    try:
        body.decode()
        return [make(reading, msgspec.json.decode(body, type=Thing))]
    except (ValueError, RecursionError, OverflowError) as fault:  # msgspec's errors are ValueErrors
        raise Unreadable(f"$: {fault}") from fault


def read_contact(reading: Reading, body: bytes) -> Iterable[Record | Ignored]:
    return _read(_contact, reading, body)


def read_deal(reading: Reading, body: bytes) -> Iterable[Record | Ignored]:
    return _read(_deal, reading, body)


def _contact(reading: Reading, thing: Thing) -> Record:
    fields = thing.properties
    address = address_of(fields)
    # Whoever was merged into it is the same person: the old ids lead here.
    merged = (Source(reading.connection, Kind.CUSTOMER, old).key for old in merged_into(thing))
    return CustomerRecord(
        source=Source(reading.connection, Kind.CUSTOMER, _id(thing)),
        version=_version(thing, 0),
        claims=tuple(sorted({*customers_in(fields.get(properties.CUSTOMER)), *merged})),
        created_at=parse_time(thing.created_at),
        updated_at=parse_time(thing.updated_at),
        url=thing.url or _page(reading, "contact", thing),
        deleted=thing.archived,
        name=name_of(fields),
        company=(fields.get("company") or "").strip(),
        email=(fields.get("email") or "").strip(),
        phone=(fields.get("phone") or "").strip(),
        addresses=(address,) if address else (),
        note=(fields.get(properties.WROTE) or "").strip(),  # ours: what the hub wrote last, for the plan
    )


def _deal(reading: Reading, thing: Thing) -> Record | Ignored:
    fields = thing.properties
    order = (fields.get(properties.ORDER) or "").strip()
    if not order and getattr(reading.settings, "deals", "all") == "ours":
        return Ignored(reason=_NO_DEAL)
    contacts = contacts_of(thing)
    amount = (fields.get("amount") or "").strip()
    currency = str(fields.get("deal_currency_code") or getattr(reading.settings, "currency", "USD"))
    closed = (fields.get("closedate") or "").strip()
    return DealRecord(
        source=Source(reading.connection, Kind.DEAL, _id(thing)),
        version=_version(thing, len(contacts)),
        claims=(order,) if order.startswith("ord_") else (),
        created_at=parse_time(thing.created_at),
        updated_at=parse_time(thing.updated_at),
        url=thing.url or _page(reading, "deal", thing),
        deleted=thing.archived,
        name=(fields.get("dealname") or "").strip(),
        stage=(fields.get("dealstage") or "").strip(),
        amount=Money.parse(amount, currency) if amount else None,
        customer=Source(reading.connection, Kind.CUSTOMER, contacts[0]) if contacts else None,
        closed_on=parse_time(closed).date().isoformat() if closed else "",
    )


def contacts_of(thing: Thing) -> list[str]:
    """The oldest first: ids grow. A contact with two labels is told twice."""
    refs = (thing.associations or {}).get("contacts")
    return sorted({str(ref.id) for ref in refs.results}, key=lambda contact: (len(contact), contact)) if refs else []


def merged_into(thing: Thing) -> list[str]:
    """The ids of what became part of it: `hs_merged_object_ids` is `123;456`."""
    ids = (thing.properties.get(properties.MERGED) or "").split(";")
    return sorted({old.strip() for old in ids if old.strip().isdecimal()} - {thing.id})


def read_merges(kind: str, _reading: Reading, body: bytes) -> Iterable[Hint | Ignored]:
    """A pulled object whose merges a webhook may not have told: the old ids are asked for once more, and are gone."""
    try:
        thing = msgspec.json.decode(body, type=Thing)
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"$: {fault}") from fault
    hints = [Hint(kind=kind, external_id=old, gone=True) for old in merged_into(thing)]
    return hints or [Ignored(reason="nothing was merged into it")]


def read_archived(kind: str, _reading: Reading, body: bytes) -> Iterable[Hint | Ignored]:
    """An object of the list of archived ones. Only its id is used: whoever was deleted is not copied here."""
    try:
        return [Hint(kind=kind, external_id=_id(msgspec.json.decode(body, type=Thing)), gone=True)]
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"$: {fault}") from fault


def read_page(
    make: Callable[[Reading, Thing], Record | Ignored], reading: Reading, body: bytes
) -> list[Record | Ignored | Faulty]:
    """A list, a search or a batch, as recorded: one odd row does not spoil the others."""
    try:
        body.decode()
        rows = msgspec.json.decode(body, type=Things).results
    except (ValueError, RecursionError) as fault:
        raise Unreadable(f"$: {fault}") from fault
    found: list[Record | Ignored | Faulty] = []
    for number, row in enumerate(rows):
        try:
            found += [make(reading, msgspec.json.decode(row, type=Thing))]
        except (ValueError, RecursionError, OverflowError) as fault:
            found.append(Faulty(path=f"$.results[{number}]: {fault}"))
    return found or [Ignored(reason="an empty page")]


def _id(thing: Thing) -> str:
    if not thing.id.isdecimal() or len(thing.id) > 20:
        raise ValueError(f"id: expected digits, found {thing.id[:40]!r}")
    return thing.id


def _version(thing: Thing, associated: int) -> int:
    """The time of the last change, then how many contacts a deal has: an association need not count as a change."""
    at = parse_time(thing.updated_at)
    return max(0, int(at.timestamp() * 1000)) * 100 + min(associated, 99)


def _page(reading: Reading, name: str, thing: Thing) -> str:
    portal = getattr(reading.settings, "portal_id", "")
    return f"https://app.hubspot.com/contacts/{portal}/record/{_PAGES[name]}/{thing.id}" if portal else ""


def _partial(reader: Callable[..., Iterable[Record | Hint | Ignored | Faulty]], first: object) -> Reader:
    return lambda reading, body: reader(first, reading, body)


READ: dict[str, Reader] = {
    "contact": read_contact,
    "deal": read_deal,
    "contacts": _partial(read_page, _contact),
    "deals": _partial(read_page, _deal),
    "notice": read_notice,
    **{f"{name}.merges": _partial(read_merges, kind) for name, kind in FETCHED.items()},
    **{f"{name}.archived": _partial(read_archived, kind) for name, kind in FETCHED.items()},
}
