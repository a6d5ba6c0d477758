"""Commands to calls. Each can be sent again: what it names is unique over there, and a second time changes nothing."""

from collections.abc import Mapping
from urllib.parse import quote

from connectors.crm.fields import customers_in, digest, marks, note
from connectors.hubspot import properties
from connectors.hubspot.client import associate, one, update, upsert
from connectors.hubspot.commands import CreateDeal, Person, SaveContact, UpdateContact, UpdateDeal
from connectors.hubspot.fields import address_of, addressed, name_of, named
from connectors.hubspot.shapes import Properties
from hub.connector import Account, Event
from hub.domain.errors import Missing
from hub.domain.ids import CommandId
from hub.domain.money import Money


async def save_contact(account: Account, wish: SaveContact, id: CommandId) -> list[Event]:
    return [(await _contact(account, wish.person, wish.subject, id))[1]]


async def update_contact(account: Account, wish: UpdateContact, _id: CommandId) -> list[Event]:
    fields = {properties.WROTE: wish.wrote}
    if wish.name:
        fields |= named(wish.name)
    if wish.company:
        fields["company"] = wish.company
    if wish.phone:
        fields["phone"] = wish.phone
    if wish.address:
        fields |= addressed(wish.address)
    await update(account, "contacts", wish.target, fields)
    return [(await one(account, "contacts", wish.target))[0]]


async def create_deal(account: Account, wish: CreateDeal, id: CommandId) -> list[Event]:
    told, contact = [], wish.contact
    if wish.guest is not None:
        contact, event = await _contact(account, wish.guest, "", id)
        told.append(event)
    deal = await _deal(account, wish, id)
    if contact:
        await associate(account, deal, contact)
    return [*told, (await one(account, "deals", deal))[0]]


async def _deal(account: Account, wish: CreateDeal, id: CommandId) -> str:
    """The deal of the sale, made if there is none.

    One that is there stays as it is: it came of this command's first sending, whose answer was lost, and may have moved
    on since by a further command of ours or by people. The upsert alone would take it back.
    """
    try:
        return (await one(account, "deals", wish.subject, idProperty=properties.ORDER))[1].id
    except Missing:
        fields = {
            "dealname": wish.name,
            "pipeline": wish.pipeline,
            "dealstage": wish.stage,
            "closedate": wish.closed_at,
            properties.COMMAND: id,
            **_amount(account, wish.amount),
        }
        return await upsert(account, "deals", properties.ORDER, wish.subject, fields, id)


async def update_deal(account: Account, wish: UpdateDeal, _id: CommandId) -> list[Event]:
    fields: dict[str, str] = _amount(account, wish.amount) if wish.amount else {}
    if wish.stage:
        fields |= {"pipeline": wish.pipeline, "dealstage": wish.stage}
    if fields:
        await update(account, "deals", wish.target, fields)
    if wish.contact:
        await associate(account, wish.target, wish.contact)
    return [(await one(account, "deals", wish.target))[0]]


def _amount(account: Account, amount: Money) -> dict[str, str]:
    currency = {"deal_currency_code": amount.currency} if account.settings.multicurrency else {}
    return {"amount": amount.major, **currency}


async def _contact(account: Account, person: Person, customer: str, id: CommandId) -> tuple[str, Event]:
    """The contact of this e-mail address, made or filled. `customer`: ours, `""` for a guest.

    Looked for first, as an upsert would write over what people have put in. Between the two calls it may come to
    be: then the upsert writes into it, and there is still one contact. HubSpot finds contacts by their further
    addresses as well.
    """
    try:
        event, thing = await one(account, "contacts", quote(person.email, safe="@"), idProperty="email")
    except Missing:
        fields = _fields(person, {})
        if customer:
            fields[properties.CUSTOMER] = customer
        contact = await upsert(account, "contacts", "email", person.email, fields, id)
        return contact, (await one(account, "contacts", contact))[0]
    fields = _fields(person, thing.properties)
    ours = customers_in(thing.properties.get(properties.CUSTOMER))
    if customer and customer not in ours:
        fields[properties.CUSTOMER] = " ".join((*ours, customer))
    if not fields:
        return thing.id, event
    await update(account, "contacts", thing.id, fields)
    return thing.id, (await one(account, "contacts", thing.id))[0]


def _fields(person: Person, there: Properties) -> dict[str, str]:
    """What is empty, with the note of what we wrote."""
    fields: dict[str, str] = {}
    written: dict[str, str] = {}

    def fill(field: str, value: str, said: Mapping[str, str]) -> None:
        fields.update(said)
        written[field] = value

    if person.name and not name_of(there):
        fill("name", digest(person.name), named(person.name))
    if person.company and not there.get("company"):
        fill("company", digest(person.company), {"company": person.company})
    if person.phone and not there.get("phone"):
        fill("phone", digest(person.phone), {"phone": person.phone})
    if person.address and address_of(there) is None:
        fill("address", digest(person.address), addressed(person.address))
    if written:
        fields[properties.WROTE] = note(marks(there.get(properties.WROTE) or "") | written)
    return fields
