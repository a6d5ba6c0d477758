"""What the CRM needs so that it agrees with an order: a contact for whoever buys, and one opportunity for the sale.

The CRM belongs to its people. A contact is created, and what is empty in it is filled; a field is written again only
while it says what the hub wrote last. An opportunity follows its order in amount and stage, unless someone moved it to
a stage that is none of ours. Whatever people deleted stays deleted, and is shown.
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from connectors.salesforce.commands import CreateDeal, Person, SaveContact, UpdateContact, UpdateDeal
from connectors.salesforce.fields import digest, flat, marks, note, short_name
from connectors.salesforce.settings import SalesforceSettings
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.order import Order, PaymentState, SourceView, Stage
from hub.domain.records import Address, CustomerRecord, DealRecord, Kind

_PHONE = 40  # characters, as the other widths in `fields.py`
_NAME = 120  # of an opportunity


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    order, settings = view.order, _settings(view)
    early = settings.from_date is not None and order.placed_at.date() < settings.from_date
    if not order.is_sale or early or (order.test and not settings.test_orders):
        return
    contact, person = _contact(view), _person(view)
    if contact is not None:
        yield from _fill(view, contact)
    elif view.customer is not None and (person.email or person.name):
        if not _had(view, view.customer.sources, Kind.CUSTOMER):
            yield SaveContact(subject=view.customer.id, person=person)
            return  # the opportunity names the contact
        whose = person.email or person.name
        yield Mismatch(about="contact", expected=f"one of {whose}", found="deleted in Salesforce")
    if order.currency != settings.currency and not settings.multicurrency:
        yield Mismatch(about="currency of the opportunity", expected=settings.currency, found=order.currency)
        return
    yield from _deal(view, contact, person)


def stage_of(order: Order, settings: SalesforceSettings) -> str:
    """The `StageName` that an order belongs to."""
    stages = settings.stages
    if order.cancelled_at is not None:
        return stages.cancelled
    if order.payment_state is PaymentState.REFUNDED:
        return stages.refunded
    match order.stage:
        case Stage.COMPLETED:
            return stages.completed
        case Stage.SHIPPED | Stage.DELIVERED:
            return stages.shipped
        case Stage.PAID:
            return stages.paid
        case _:
            return stages.received


def _deal(view: OrderView, contact: CustomerRecord | None, person: Person) -> Iterator[Command | Mismatch]:
    order, settings = view.order, _settings(view)
    deals = [record for record in view.said if isinstance(record, DealRecord)]
    stage = stage_of(order, settings)
    who = contact.source.external_id if contact and settings.contact_roles else ""
    if len(deals) > 1:
        found = ", ".join(each.source.external_id for each in deals)
        yield Mismatch(about="opportunities", expected="1", found=found)
        return
    if not deals:
        if _had(view, order.sources, Kind.DEAL):
            yield Mismatch(about="opportunity", expected=f"one of {order.total}", found="deleted in Salesforce")
        elif order.cancelled_at is None or order.captured:
            yield CreateDeal(
                subject=order.id,
                name=_name(order),
                amount=order.total,
                stage=stage,
                closes_on=order.placed_at.astimezone(ZoneInfo(settings.timezone)).date().isoformat(),
                contact=who,
                guest=person if view.customer is None and person.email else None,
            )
        return
    (deal,) = deals
    theirs = bool(deal.stage) and deal.stage not in settings.stages.all
    if theirs:
        yield Mismatch(about="stage of the opportunity", expected=stage, found=deal.stage)
    amount = order.total if deal.amount != order.total else None
    moved = "" if theirs or deal.stage == stage else stage
    # A guest without a contact may have asked to be forgotten: only a contact that there is joins again.
    joins = who if deal.customer is None else ""
    if amount is not None or moved or joins:
        yield UpdateDeal(subject=order.id, target=deal.source.external_id, amount=amount, stage=moved, contact=joins)


def _fill(view: OrderView, contact: CustomerRecord) -> Iterator[UpdateContact]:
    customer = view.customer
    assert customer is not None
    written = marks(contact.note)
    there = contact.addresses[0] if contact.addresses else None
    wanted = next((flat(each) for each in customer.addresses if flat(each) != Address()), None)
    name = _newer(short_name(customer.name), contact.name, written.get("name"))
    phone = _newer(customer.phone.strip()[:_PHONE], contact.phone, written.get("phone"))
    address = wanted if wanted is not None and _ours(wanted, there, written.get("address")) else None
    fields: dict[str, str | Address | None] = {"name": name, "phone": phone, "address": address}
    changed = {field: digest(value) for field, value in fields.items() if value}
    if changed:
        yield UpdateContact(
            subject=customer.id,
            target=contact.source.external_id,
            name=name,
            phone=phone,
            address=address,
            wrote=note(written | changed),
        )


def _newer(wanted: str, there: str, written: str | None) -> str:
    return wanted if wanted and _ours(wanted, there, written) else ""


def _ours(wanted: str | Address, there: str | Address | None, written: str | None) -> bool:
    """May be written: it differs, and is either empty and never was ours, or still what we wrote.

    Empty although we wrote it: somebody took it out, and wants it out.
    """
    if not there:
        return written is None
    return there != wanted and digest(there) == written


def _contact(view: OrderView) -> CustomerRecord | None:
    """Of several that are this person: the one that is marked as ours, the oldest."""
    customer = view.customer.id if view.customer else ""

    def rank(record: CustomerRecord) -> tuple[bool, bool, object, str]:
        marked = any(claim.startswith("cus_") for claim in record.claims)
        return customer not in record.claims, not marked, record.created_at, record.source.external_id

    return min(view.customer_said, key=rank, default=None)


def _person(view: OrderView) -> Person:
    order, customer = view.order, view.customer
    return Person(
        email=((customer.email if customer else "") or order.email).strip(),
        name=short_name((customer.name if customer else "") or order.name),
        phone=((customer.phone if customer else "") or order.phone).strip()[:_PHONE],
        address=_address(view),
    )


def _address(view: OrderView) -> Address | None:
    """Where the customer lives; of a guest, where the bill goes."""
    known = view.customer.addresses if view.customer else ()
    candidates = (*known, view.order.billing_address, view.order.shipping_address)
    return next((flat(each) for each in candidates if each and flat(each) != Address()), None)


def _had(view: OrderView, sources: tuple[SourceView, ...], kind: Kind) -> bool:
    """Salesforce told of one that is gone by now: a deleted record is no part of `said`, but of the sources."""
    return any(each.source.connection == view.connection and each.source.kind is kind for each in sources)


def _name(order: Order) -> str:
    who = order.name or order.email
    return f"Order {order.number or order.id}{f' - {who}' if who else ''}"[:_NAME].strip()


def _settings(view: OrderView) -> SalesforceSettings:
    settings = view.settings
    assert isinstance(settings, SalesforceSettings)
    return settings
