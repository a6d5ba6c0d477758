"""Contacts in the books. A name is unique among active contacts, so a person's name is not enough to create one, and
is never enough to take one for theirs. `ContactNumber` is ours: it carries the customer's id."""

from typing import Any

import msgspec

from connectors.xero import wire
from connectors.xero.client import all_of, events, get, write
from connectors.xero.commands import CreateContact
from connectors.xero.faults import NameTaken
from connectors.xero.people import first_and_last, names
from hub.connector import Account, Event
from hub.domain.errors import Missing
from hub.domain.ids import CommandId
from hub.domain.records import Address


async def create_contact(account: Account, wish: CreateContact, id: CommandId) -> list[Event]:
    """Adopts the one that has the name if it is the same person: the same e-mail, and nobody's number."""
    plain, distinct = names(wish.company or wish.name, wish.subject)
    body = _body(wish)
    try:
        return await write(account, "PUT", "Contacts", {"Contacts": [{"Name": plain, **body}]}, id)
    except NameTaken:
        async for row in all_of(account, "Contacts", searchTerm=plain):
            said = msgspec.json.decode(row.body, type=wire.Person)
            if said.name.casefold() == plain.casefold() and _same_person(wish, said):
                number = {"ContactID": said.id, "ContactNumber": wish.subject}
                return await write(account, "POST", f"Contacts/{said.id}", {"Contacts": [number]}, f"{id}-a")
    return await write(account, "PUT", "Contacts", {"Contacts": [{"Name": distinct, **body}]}, f"{id}-2")


async def find_contact(account: Account, wish: CreateContact, _id: CommandId) -> list[Event] | None:
    try:
        return events("Contacts", await get(account, f"Contacts/{wish.subject}")) or None
    except Missing:
        return None


def _same_person(wish: CreateContact, said: wire.Person) -> bool:
    same = (said.email or "").strip().casefold() == wish.email.strip().casefold()
    return bool(wish.email) and same and not said.number and said.status == "ACTIVE"


def _body(wish: CreateContact) -> dict[str, Any]:
    """Lengths as the vendor's description gives them: what is longer is refused as a whole."""
    first, last = first_and_last(wish.name)
    body: dict[str, Any] = {"ContactNumber": wish.subject, "FirstName": first, "LastName": last}
    if wish.email and len(wish.email) <= 255:
        body["EmailAddress"] = wish.email
    if wish.phone:
        body["Phones"] = [{"PhoneType": "DEFAULT", "PhoneNumber": wish.phone[:50]}]
    if wish.address:
        body["Addresses"] = [{"AddressType": kind, **_address(wish.address)} for kind in ("POBOX", "STREET")]
    return body


def _address(address: Address) -> dict[str, str]:
    """`POBOX` is what Xero prints on invoices, `STREET` where goods go."""
    parts = {
        "AttentionTo": address.name[:255],
        "AddressLine1": address.line1[:500],
        "AddressLine2": address.line2[:500],
        "City": address.city[:255],
        "Region": address.region[:255],
        "PostalCode": address.postal_code[:50],
        "Country": address.country[:50],
    }
    return {name: value for name, value in parts.items() if value}
