"""Customers in the books. A display name is unique over customers, vendors and employees, so a person's name is not
enough to create one, and is never enough to take one for theirs."""

import re
from typing import Any

import msgspec

from connectors.quickbooks.client import find_all, post, quoted
from connectors.quickbooks.commands import CreateCustomer
from connectors.quickbooks.faults import NameTaken
from connectors.quickbooks.reference import Mark, marks, subjects
from connectors.quickbooks.shapes import Customer
from hub.connector import Account, Event
from hub.domain.ids import CommandId
from hub.domain.records import Address

# Colons part a customer from a sub-customer; tabs and line ends are refused.
_UNFIT = re.compile(r"[:\x00-\x1f\x7f]+")
_NAME = 500  # characters of `DisplayName`
_NOTES = 2000


async def create_customer(account: Account, wish: CreateCustomer, id: CommandId) -> list[Event]:
    """Adopts the one that has the name if it is the same person: our mark, or the same e-mail and nobody's mark."""
    body = _body(account, wish, id)
    plain, distinct = _names(account, wish)
    try:
        return [await post(account, "Customer", body | {"DisplayName": plain}, id)]
    except NameTaken:
        for row, said in await _named(account, plain):
            if subjects(said.notes, "cus") == (wish.subject,):
                return [Event(kind="Customer", body=row)]
            if _same_person(account, wish, said):
                return [await _adopt(account, wish, said, id)]
    return [await post(account, "Customer", body | {"DisplayName": distinct}, f"{id}-2")]


async def find_customer(account: Account, wish: CreateCustomer, id: CommandId) -> list[Event] | None:
    for name in _names(account, wish):
        for row, said in await _named(account, name):
            ours = any(mark.command == id or mark.subject == wish.subject for mark in marks(said.notes))
            if ours and _currency(account, said) == wish.currency:
                return [Event(kind="Customer", body=row)]
    return None


def _names(account: Account, wish: CreateCustomer) -> tuple[str, str]:
    """As people say it; and with a part of our id, for when that is taken. A second currency is a second customer."""
    name = _UNFIT.sub(" ", wish.name).strip() or "Customer"
    tags = [] if wish.currency == account.settings.currency else [wish.currency]
    found = []
    for suffix in (tags, [*tags, wish.subject[-8:]]):
        tail = f" ({', '.join(suffix)})" if suffix else ""
        found.append(name[: _NAME - len(tail)].rstrip() + tail)
    return found[0], found[1]


async def _named(account: Account, name: str) -> list[tuple[bytes, Customer]]:
    rows = [row async for row in find_all(account, "Customer", f"DisplayName = {quoted(name)}")]
    return [(row, msgspec.json.decode(row, type=Customer)) for row in rows]


def _same_person(account: Account, wish: CreateCustomer, said: Customer) -> bool:
    email = (said.primary_email_addr.address or "") if said.primary_email_addr else ""
    return (
        bool(wish.email)
        and email.strip().casefold() == wish.email.strip().casefold()
        and _currency(account, said) == wish.currency
        and not subjects(said.notes, "cus")
    )


def _currency(account: Account, said: Customer) -> str:
    return said.currency_ref.value if said.currency_ref else str(account.settings.currency)


async def _adopt(account: Account, wish: CreateCustomer, said: Customer, id: CommandId) -> Event:
    mark = str(Mark(wish.subject, id))
    notes = f"{(said.notes or '')[: _NOTES - len(mark) - 1].rstrip()}\n{mark}".strip()
    body = {"Id": said.id, "SyncToken": said.sync_token, "sparse": True, "Notes": notes}
    return await post(account, "Customer", body, f"{id}-a{said.sync_token}")


def _body(account: Account, wish: CreateCustomer, id: CommandId) -> dict[str, Any]:
    """Lengths as the vendor's entity reference gives them: what is longer is refused as a whole."""
    body: dict[str, Any] = {
        "PrintOnCheckName": _UNFIT.sub(" ", wish.name)[:110],
        "Notes": str(Mark(wish.subject, id)),
    }
    if wish.company:
        body["CompanyName"] = _UNFIT.sub(" ", wish.company)[:100]
    if wish.email and len(wish.email) <= 100:
        body["PrimaryEmailAddr"] = {"Address": wish.email}
    if wish.phone:
        body["PrimaryPhone"] = {"FreeFormNumber": wish.phone[:30]}
    if wish.address:
        body["BillAddr"] = _address(wish.address)
    if account.settings.multicurrency:
        body["CurrencyRef"] = {"value": wish.currency}
    return body


def _address(address: Address) -> dict[str, str]:
    parts = {
        "Line1": address.line1[:500],
        "Line2": address.line2[:500],
        "City": address.city[:255],
        "CountrySubDivisionCode": address.region[:255],
        "PostalCode": address.postal_code[:30],
        "Country": address.country[:255],
    }
    return {name: value for name, value in parts.items() if value}
