"""What the CRM needs so that it agrees with an order: a contact for whoever buys, and one deal for the sale.

The CRM belongs to its people. A contact is created, and what is empty in it is filled; a field is written again only
while it says what the hub wrote last. A deal follows its order in amount and stage, unless someone moved it to a
stage that is none of ours. Whatever people deleted stays deleted, and is shown.
"""

from collections.abc import Iterator

from connectors.hubspot.commands import CreateDeal, Person, SaveContact, UpdateContact, UpdateDeal
from connectors.hubspot.fields import digest, flat, marks, note
from connectors.hubspot.settings import HubSpotSettings
from hub.connector import OrderView
from hub.domain.clock import rfc3339
from hub.domain.commands import Command, Mismatch
from hub.domain.order import Order, PaymentState, SourceView, Stage
from hub.domain.records import Address, CustomerRecord, DealRecord, Kind


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    order, settings = view.order, _settings(view)
    early = settings.from_date is not None and order.placed_at.date() < settings.from_date
    if not order.is_sale or early or (order.test and not settings.test_orders):
        return
    contact = _contact(view)
    if contact is not None:
        yield from _fill(view, contact)
    elif view.customer is not None and (view.customer.email or order.email):
        if not _had(view, view.customer.sources, Kind.CUSTOMER):
            yield SaveContact(subject=view.customer.id, person=_person(view))
            return  # the deal names the contact
        yield Mismatch(about="contact", expected=f"one of {_person(view).email}", found="deleted in HubSpot")
    if order.currency != settings.currency and not settings.multicurrency:
        yield Mismatch(about="currency of the deal", expected=settings.currency, found=order.currency)
        return
    yield from _deal(view, contact)


def stage_of(order: Order, settings: HubSpotSettings) -> str:
    """The deal stage that an order belongs to."""
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


def _deal(view: OrderView, contact: CustomerRecord | None) -> Iterator[Command | Mismatch]:
    order, settings = view.order, _settings(view)
    deals = [record for record in view.said if isinstance(record, DealRecord)]
    stage = stage_of(order, settings)
    who = contact.source.external_id if contact else ""
    if len(deals) > 1:
        yield Mismatch(about="deals", expected="1", found=", ".join(each.source.external_id for each in deals))
        return
    if not deals:
        if _had(view, order.sources, Kind.DEAL):
            yield Mismatch(about="deal", expected=f"a deal of {order.total}", found="deleted or merged in HubSpot")
        elif order.cancelled_at is None or order.captured:
            yield CreateDeal(
                subject=order.id,
                name=_name(order),
                amount=order.total,
                pipeline=settings.pipeline,
                stage=stage,
                closed_at=rfc3339(order.placed_at),
                contact=who,
                guest=_person(view) if view.customer is None and order.email else None,
            )
        return
    (deal,) = deals
    theirs = bool(deal.stage) and deal.stage not in settings.stages.all
    if theirs:
        yield Mismatch(about="deal stage", expected=stage, found=deal.stage)
    amount = order.total if deal.amount != order.total else None
    moved = "" if theirs or deal.stage == stage else stage
    # A guest without a contact may have asked to be forgotten: only a contact that there is joins the deal again.
    joins = who if deal.customer is None else ""
    if amount is not None or moved or joins:
        yield UpdateDeal(
            subject=order.id,
            target=deal.source.external_id,
            amount=amount,
            pipeline=settings.pipeline if moved else "",
            stage=moved,
            contact=joins,
        )


def _fill(view: OrderView, contact: CustomerRecord) -> Iterator[UpdateContact]:
    customer = view.customer
    assert customer is not None
    written = marks(contact.note)
    there = contact.addresses[0] if contact.addresses else None
    wanted = next((flat(each) for each in customer.addresses if flat(each) != Address()), None)
    name = _newer(" ".join(customer.name.split()), contact.name, written.get("name"))
    company = _newer(customer.company.strip(), contact.company, written.get("company"))
    phone = _newer(customer.phone.strip(), contact.phone, written.get("phone"))
    address = wanted if wanted is not None and _ours(wanted, there, written.get("address")) else None
    fields: dict[str, str | Address | None] = {"name": name, "company": company, "phone": phone, "address": address}
    changed = {field: digest(value) for field, value in fields.items() if value}
    if changed:
        yield UpdateContact(
            subject=customer.id,
            target=contact.source.external_id,
            name=name,
            company=company,
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
    """Of several that are this person: the one that others were merged into, that is marked as ours, the oldest."""
    records = view.customer_said
    merged = {claim for record in records for claim in record.claims}
    customer = view.customer.id if view.customer else ""

    def rank(record: CustomerRecord) -> tuple[bool, bool, int, str]:
        number = record.source.external_id
        return record.source.key in merged, customer not in record.claims, len(number), number

    return min(records, key=rank, default=None)


def _person(view: OrderView) -> Person:
    order, customer = view.order, view.customer
    return Person(
        email=((customer.email if customer else "") or order.email).strip(),
        name=" ".join(((customer.name if customer else "") or order.name).split()),
        company=customer.company.strip() if customer else "",
        phone=((customer.phone if customer else "") or order.phone).strip(),
        address=_address(view),
    )


def _address(view: OrderView) -> Address | None:
    """Where the customer lives; of a guest, where the bill goes."""
    known = view.customer.addresses if view.customer else ()
    candidates = (*known, view.order.billing_address, view.order.shipping_address)
    return next((flat(each) for each in candidates if each and flat(each) != Address()), None)


def _had(view: OrderView, sources: tuple[SourceView, ...], kind: Kind) -> bool:
    """HubSpot told of one that is gone by now: a deleted record is no part of `said`, but of the sources."""
    return any(each.source.connection == view.connection and each.source.kind is kind for each in sources)


def _name(order: Order) -> str:
    who = order.name or order.email
    return f"Order {order.number or order.id}{f' - {who}' if who else ''}"[:200]


def _settings(view: OrderView) -> HubSpotSettings:
    settings = view.settings
    assert isinstance(settings, HubSpotSettings)
    return settings
