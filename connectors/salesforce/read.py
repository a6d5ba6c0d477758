"""Salesforce's rows to records.

A contact is a customer, and claims the ids of our customers that were written into it; never an order. An opportunity
claims the order whose id was written into it. Opportunities of the CRM's own are left alone unless the settings say
otherwise.
"""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from connectors.crm.fields import customers_in
from connectors.salesforce.client import is_id
from connectors.salesforce.fields import address_of, name_of
from connectors.salesforce.shapes import Contact, Notification, Opportunity, Role, Row, Rows
from hub.connector import Faulty, Hint, Ignored, Reader, Reading
from hub.domain.clock import parse_time
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import CustomerRecord, DealRecord, Kind, Source

Said = CustomerRecord | DealRecord | Hint | Ignored

_NO_DEAL = 'an opportunity of the CRM\'s own: it carries no order of ours (deals = "all" reads it)'
_SETTLED = timedelta(seconds=30)  # by our clock: more than two well-kept clocks differ by
_MS = timedelta(milliseconds=1)
_HALF = 1 << 30  # milliseconds, twelve days: our clock against Salesforce's
_FETCHED = {"Contact": "customer", "Opportunity": "deal"}
_FAULTS = (ValueError, RecursionError, OverflowError)  # msgspec's errors are ValueErrors


def read_contact(reading: Reading, body: bytes) -> list[Said]:
    try:
        body.decode()
        contact = msgspec.json.decode(body, type=Contact)
        return _contact(reading, contact)
    except _FAULTS as fault:
        raise Unreadable(f"$: {fault}") from fault


def read_opportunity(reading: Reading, body: bytes) -> list[Said]:
    try:
        body.decode()
        return _opportunity(reading, msgspec.json.decode(body, type=Opportunity))
    except _FAULTS as fault:
        raise Unreadable(f"$: {fault}") from fault


def _contact(reading: Reading, contact: Contact) -> list[Said]:
    number, master = _id(contact.id), contact.master_record_id
    address = address_of(contact)
    bucket = getattr(reading.settings, "account_id", None)
    belongs = contact.account_id and (bucket is None or contact.account_id[:15] != bucket[:15])
    # One that was merged leads to what it became part of: they are the same person, and its claims go on to count.
    merged = [Source(reading.connection, Kind.CUSTOMER, _id(master)).key] if master else []
    record = CustomerRecord(
        source=Source(reading.connection, Kind.CUSTOMER, number),
        version=_version(reading, contact.system_modstamp, 0),
        claims=tuple(sorted({*customers_in(contact.customers), *merged})),
        created_at=parse_time(contact.created_date),
        updated_at=parse_time(contact.system_modstamp),
        url=_page(reading, number),
        deleted=contact.is_deleted,
        name=name_of(contact),
        company=((contact.account.name if contact.account else "") or "").strip() if belongs else "",
        email=(contact.email or "").strip(),
        phone=(contact.phone or "").strip(),
        addresses=(address,) if address else (),
        note=(contact.wrote or "").strip(),  # ours: what the hub wrote last, for the plan
    )
    return [record, Hint(kind="customer", external_id=master)] if master else [record]


def _opportunity(reading: Reading, found: Opportunity) -> list[Said]:
    number, order = _id(found.id), (found.order or "").strip()
    if not order and getattr(reading.settings, "deals", "all") == "ours":
        return [Ignored(reason=_NO_DEAL)]
    roles = found.opportunity_contact_roles.records if found.opportunity_contact_roles else []
    contact = _first(roles)
    currency = found.currency_iso_code or str(getattr(reading.settings, "currency", "USD"))
    record = DealRecord(
        source=Source(reading.connection, Kind.DEAL, number),
        version=_version(reading, found.system_modstamp, len(roles)),
        claims=(order,) if order.startswith("ord_") else (),
        created_at=parse_time(found.created_date),
        updated_at=parse_time(found.system_modstamp),
        url=_page(reading, number),
        deleted=found.is_deleted,
        name=(found.name or "").strip(),
        stage=(found.stage_name or "").strip(),
        amount=Money.parse(found.amount, currency) if found.amount is not None else None,
        customer=Source(reading.connection, Kind.CUSTOMER, contact) if contact else None,
        closed_on=found.close_date or "",
    )
    return [record]


def _first(roles: list[Role]) -> str:
    """The primary contact, or the one that was named first: ids grow."""
    named = [role for role in roles if role.contact_id]
    return min(named, key=lambda role: (not role.is_primary, role.id)).contact_id or "" if named else ""


def read_notification(reading: Reading, body: bytes) -> list[Said]:
    """An item of an outbound message. It has no more than an id that we believe: the object is fetched."""
    try:
        said = msgspec.json.decode(body, type=Notification)
        kind = _FETCHED.get(said.type)
        if kind is None:
            return [Ignored(reason=f"of type {said.type[:60]!r}: neither a contact nor an opportunity")]
        ours = getattr(reading.settings, "organization_id", "")  # none where a body is read without a connection
        if ours and said.organization_id[:15] != ours[:15]:
            return [Ignored(reason=f"of the org {said.organization_id[:18]}, not of ours")]
        return [Hint(kind=kind, external_id=_id(said.object_id))]
    except _FAULTS as fault:
        raise Unreadable(f"$: {fault}") from fault


def read_rows(reading: Reading, body: bytes) -> Iterable[Said | Faulty]:
    """The answer to a query, as recorded: one odd row does not spoil the others."""
    try:
        body.decode()
        rows = msgspec.json.decode(body, type=Rows).records
    except _FAULTS as fault:
        raise Unreadable(f"$: {fault}") from fault
    found: list[Said | Faulty] = []
    for number, row in enumerate(rows):
        try:
            found += read_row(reading, bytes(row))
        except (Unreadable, *_FAULTS) as fault:
            found.append(Faulty(path=f"$.records[{number}]: {fault}"))
    return found or [Ignored(reason="no rows")]


def read_row(reading: Reading, body: bytes) -> list[Said]:
    name = msgspec.json.decode(body, type=Row).attributes.type
    match name:
        case "Contact":
            return read_contact(reading, body)
        case "Opportunity":
            return read_opportunity(reading, body)
        case _:
            return [Ignored(reason=f"of type {name[:60]!r}: neither a contact nor an opportunity")]


def _id(value: str) -> str:
    """18 characters: the last three make it safe from being compared without regard to case."""
    if not is_id(value):
        raise ValueError(f"an id of 18 letters and digits was expected, found {value[:40]!r}")
    return value


def _version(reading: Reading, stamp: str, roles: int) -> int:
    """`SystemModstamp`, then when it was read, then the contact roles: a role is no change of its opportunity.

    `SystemModstamp` counts whole seconds, so a row that was read in the second of its change may yet change without
    a new stamp. `reading.at` is when we asked: whoever asks after the last change is told all of it, so of two reads
    the one that was asked for later counts. Half a minute after the stamp there is no later one, and what the
    look-back of the polls brings again is stale.
    """
    at = parse_time(stamp)
    since = reading.at - at if reading.at is not None else _SETTLED
    asked = min(max(since // _MS + _HALF, 0), 2 * _HALF - 1) if since < _SETTLED else 2 * _HALF + min(roles, 499)
    return max(0, int(at.timestamp())) << 32 | asked


def _page(reading: Reading, id: str) -> str:
    base = getattr(reading.settings, "base_url", "")
    return f"{base}/{id}" if base else ""


READ: dict[str, Reader] = {
    "contact": read_contact,
    "opportunity": read_opportunity,
    "notification": read_notification,
    "rows": read_rows,
}
