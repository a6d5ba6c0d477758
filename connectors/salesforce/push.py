"""Commands to calls. Each can be sent again: what it makes is unique over there, and a second time changes nothing."""

from typing import TypeVar

import msgspec

from connectors.crm.fields import customers_in, digest, marks, note
from connectors.salesforce.client import create, one, query, quoted, select, update, upsert
from connectors.salesforce.commands import CreateDeal, Person, SaveContact, UpdateContact, UpdateDeal
from connectors.salesforce.fields import (
    COMMAND,
    CUSTOMER,
    KEY,
    ORDER,
    WROTE,
    Fields,
    address_of,
    addressed,
    contact_key,
    name_of,
    named,
)
from connectors.salesforce.settings import SalesforceSettings
from connectors.salesforce.shapes import Contact, Opportunity
from hub.connector import Account, Event
from hub.domain.errors import Missing, Unreadable
from hub.domain.ids import CommandId
from hub.domain.money import Money

T = TypeVar("T")


async def save_contact(account: Account, wish: SaveContact, _id: CommandId) -> list[Event]:
    return [(await _contact(account, wish.person, wish.subject))[1]]


async def update_contact(account: Account, wish: UpdateContact, _id: CommandId) -> list[Event]:
    fields: Fields = {WROTE: wish.wrote}
    if wish.name:
        fields |= named(wish.name)
    if wish.phone:
        fields["Phone"] = wish.phone
    if wish.address:
        fields |= addressed(wish.address, account.settings)
    await update(account, "Contact", wish.target, fields)
    return [await one(account, "Contact", f"Id = {quoted(wish.target)}")]


async def create_deal(account: Account, wish: CreateDeal, id: CommandId) -> list[Event]:
    settings: SalesforceSettings = account.settings
    told, contact = [], wish.contact
    if wish.guest is not None:
        contact, event = await _contact(account, wish.guest, "")
        told.append(event)
    where = f"{ORDER} = {quoted(wish.subject)}"
    try:
        event = await one(account, "Opportunity", where)
    except Missing:
        # What is there stays as it is: it came of this command's first sending, whose answer was lost, and may have
        # moved on since by a further command of ours or by people. The upsert alone would take it back.
        await upsert(account, "Opportunity", ORDER, wish.subject, _opportunity(account, wish, id))
        event = await one(account, "Opportunity", where)
    if contact and settings.contact_roles and await _join(account, _said(event, Opportunity).id, contact):
        event = await one(account, "Opportunity", where)
    return [*told, event]


def _opportunity(account: Account, wish: CreateDeal, id: CommandId) -> Fields:
    settings: SalesforceSettings = account.settings
    fields: Fields = {
        "Name": wish.name,
        "StageName": wish.stage,
        "CloseDate": wish.closes_on,
        COMMAND: id,
        **_amount(account, wish.amount),
    }
    if settings.account_id:
        fields["AccountId"] = settings.account_id
    if settings.record_type_id:
        fields["RecordTypeId"] = settings.record_type_id
    return fields


async def update_deal(account: Account, wish: UpdateDeal, _id: CommandId) -> list[Event]:
    fields: Fields = _amount(account, wish.amount) if wish.amount else {}
    if wish.stage:
        fields["StageName"] = wish.stage
    if fields:
        await update(account, "Opportunity", wish.target, fields)
    if wish.contact:
        await _join(account, wish.target, wish.contact)
    return [await one(account, "Opportunity", f"Id = {quoted(wish.target)}")]


async def _join(account: Account, opportunity: str, contact: str) -> bool:
    """Makes the contact its primary one, unless it plays a role there already. Whether anything was done.

    A role has no external id: it is looked for, and one command of an opportunity is under way at a time.
    """
    where = f"OpportunityId = {quoted(opportunity)} AND ContactId = {quoted(contact)}"
    found, _ = await query(account, f"SELECT Id FROM OpportunityContactRole WHERE {where}")  # noqa: S608 - see `quoted`
    if found.records:
        return False
    role = {"OpportunityId": opportunity, "ContactId": contact, "IsPrimary": True}
    await create(account, "OpportunityContactRole", role)
    return True


def _amount(account: Account, amount: Money) -> Fields:
    currency = {"CurrencyIsoCode": amount.currency} if account.settings.multicurrency else {}
    return {"Amount": msgspec.Raw(amount.major.encode()), **currency}


async def _contact(account: Account, person: Person, customer: str) -> tuple[str, Event]:
    """The contact of this person, made or filled; its id and how it reads. `customer`: ours, `""` for a guest.

    Looked for first, by our key and by the e-mail address, as people have contacts of their own. Between the two calls
    it may come to be by another command of ours. An upsert would then write over what that one has put in; a create
    is refused, as the key is unique, and the next try finds it. So does the try after an answer that was lost.
    """
    key = contact_key(person.email, customer)
    where = f"{KEY} = {quoted(key)}"
    either = f"({where} OR Email = {quoted(person.email)})" if person.email else where
    events, _ = await select(account, "Contact", either, "ORDER BY CreatedDate, Id LIMIT 200")
    rows = [_said(event, Contact) for event in events]
    if not rows:
        fields = {KEY: key, **_fields(account, person, None)}
        if customer:
            fields[CUSTOMER] = customer
        if account.settings.account_id:
            fields["AccountId"] = account.settings.account_id
        made = await create(account, "Contact", fields)
        return made, await one(account, "Contact", f"Id = {quoted(made)}")
    # `min` takes the first of equals: the oldest.
    there = min(rows, key=lambda row: (row.key != key, not customers_in(row.customers)))
    fields, ours = _fields(account, person, there), customers_in(there.customers)
    if customer and customer not in ours:
        fields[CUSTOMER] = " ".join((*ours, customer))
    if not there.key:
        fields[KEY] = key
    if not fields:
        return there.id, events[rows.index(there)]
    await update(account, "Contact", there.id, fields)
    return there.id, await one(account, "Contact", f"Id = {quoted(there.id)}")


def _fields(account: Account, person: Person, there: Contact | None) -> Fields:
    """What is empty, with the note of what we wrote. A contact has to have a name: without one it is the address."""
    fields: Fields = {}
    written: dict[str, str] = {}
    if there is None:
        name = person.name or named(person.email)["LastName"] or ""
        fields["Email"] = person.email or None
    else:
        name = "" if name_of(there) else person.name
    if name:
        fields |= named(name)
        written["name"] = digest(name)
    if person.phone and not (there and there.phone):
        fields["Phone"] = person.phone
        written["phone"] = digest(person.phone)
    if person.address and (there is None or address_of(there) is None):
        fields |= addressed(person.address, account.settings)
        written["address"] = digest(person.address)
    if written:
        fields[WROTE] = note(marks((there.wrote if there else None) or "") | written)
    return fields


def _said(event: Event, as_: type[T]) -> T:
    try:
        return msgspec.json.decode(event.body, type=as_)
    except ValueError as fault:
        raise Unreadable(f"{as_.__name__}: {fault}") from fault
