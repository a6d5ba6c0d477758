"""What a CRM needs so that it agrees with an order: a contact for whoever buys, and one deal for the sale.

The CRM belongs to its people. A contact is created, and what is empty in it is filled; a field is written again only
while it says what the hub wrote last. A deal follows its order in amount and stage, unless someone moved it to a
stage that is none of ours. Whatever people deleted stays deleted, and is shown.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.crm.commands import CreateDeal, Person, SaveContact, UpdateContact, UpdateDeal
from connectors.crm.fields import digest, marks, note
from connectors.crm.settings import Stages
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.order import Order, PaymentState, SourceView, Stage
from hub.domain.records import Address, CustomerRecord, DealRecord, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What drifts call things, as the people who use the CRM do."""

    title: str  # "HubSpot"
    deal: str = "deal"
    deals: str = "deals"
    stage: str = "deal stage"
    expected: str = "a deal"
    gone: str = "deleted"  # what may have become of a deal that is no longer there


@dataclass(frozen=True, slots=True, kw_only=True)
class Crm:
    """How a vendor has what all CRMs have: its words, its commands, and how our words become its fields."""

    words: Words
    # By field of a contact, as it reads back: `name`, `phone` and, where contacts have one of their own, `company`.
    fits: Mapping[str, Callable[[str], str]]
    flat: Callable[[Address], Address]
    known_by: Callable[[Person], str]  # "" for whom there can be no contact
    contact: Callable[[OrderView], CustomerRecord | None]  # of several that are this person, the one that counts
    created: Callable[[OrderView], Mapping[str, Any]]  # fields of a new deal: its name, and what only this vendor has
    moved: Callable[[OrderView], Mapping[str, Any]] = lambda _view: {}  # further fields of one that changes its stage
    joins: Callable[[OrderView], bool] = lambda _view: True  # a deal names its contact
    person: type[Person] = Person
    save_contact: type[SaveContact] = SaveContact
    update_contact: type[UpdateContact] = UpdateContact
    create_deal: type[CreateDeal] = CreateDeal
    update_deal: type[UpdateDeal] = UpdateDeal


def plan(view: OrderView, crm: Crm) -> Iterator[Command | Mismatch]:
    order, settings = view.order, view.settings
    early = settings.from_date is not None and order.placed_at.date() < settings.from_date
    if not order.is_sale or early or (order.test and not settings.test_orders):
        return
    contact, person = crm.contact(view), _person(view, crm)
    if contact is not None:
        yield from _fill(view, crm, contact)
    elif view.customer is not None and (whose := crm.known_by(person)):
        if not _had(view, view.customer.sources, Kind.CUSTOMER):
            yield crm.save_contact(subject=view.customer.id, person=person)
            return  # the deal names the contact
        yield Mismatch(about="contact", expected=f"one of {whose}", found=f"deleted in {crm.words.title}")
    if order.currency != settings.currency and not settings.multicurrency:
        about = f"currency of the {crm.words.deal}"
        yield Mismatch(about=about, expected=settings.currency, found=order.currency)
        return
    yield from _deal(view, crm, contact, person)


def stage_of(order: Order, stages: Stages) -> str:
    """The vendor's stage that an order belongs to."""
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


def name_of(order: Order) -> str:
    """What a deal is called."""
    who = order.name or order.email
    return f"Order {order.number or order.id}{f' - {who}' if who else ''}"


def _deal(view: OrderView, crm: Crm, contact: CustomerRecord | None, person: Person) -> Iterator[Command | Mismatch]:
    order, words, stages = view.order, crm.words, view.settings.stages
    deals = [record for record in view.said if isinstance(record, DealRecord)]
    stage = stage_of(order, stages)
    who = contact.source.external_id if contact and crm.joins(view) else ""
    if len(deals) > 1:
        found = ", ".join(each.source.external_id for each in deals)
        yield Mismatch(about=words.deals, expected="1", found=found)
        return
    if not deals:
        if _had(view, order.sources, Kind.DEAL):
            expected = f"{words.expected} of {order.total}"
            yield Mismatch(about=words.deal, expected=expected, found=f"{words.gone} in {words.title}")
        elif order.cancelled_at is None or order.captured:
            yield crm.create_deal(
                subject=order.id,
                amount=order.total,
                stage=stage,
                contact=who,
                guest=person if view.customer is None and person.email else None,
                **crm.created(view),
            )
        return
    (deal,) = deals
    theirs = bool(deal.stage) and deal.stage not in stages.all
    if theirs:
        yield Mismatch(about=words.stage, expected=stage, found=deal.stage)
    amount = order.total if deal.amount != order.total else None
    moved = "" if theirs or deal.stage == stage else stage
    # A guest without a contact may have asked to be forgotten: only a contact that there is joins the deal again.
    joins = who if deal.customer is None else ""
    if amount is not None or moved or joins:
        more = crm.moved(view) if moved else {}
        target = deal.source.external_id
        yield crm.update_deal(subject=order.id, target=target, amount=amount, stage=moved, contact=joins, **more)


def _fill(view: OrderView, crm: Crm, contact: CustomerRecord) -> Iterator[UpdateContact]:
    customer = view.customer
    assert customer is not None
    written = marks(contact.note)
    wanted: dict[str, Any] = {field: fit(getattr(customer, field)) for field, fit in crm.fits.items()}
    there: dict[str, Any] = {field: getattr(contact, field) for field in crm.fits}
    wanted["address"] = _first(crm, customer.addresses)
    there["address"] = contact.addresses[0] if contact.addresses else None
    changed = {
        field: value for field, value in wanted.items() if value and _ours(value, there[field], written.get(field))
    }
    if changed:
        wrote = note(written | {field: digest(value) for field, value in changed.items()})
        yield crm.update_contact(subject=customer.id, target=contact.source.external_id, wrote=wrote, **changed)


def _ours(wanted: str | Address, there: str | Address | None, written: str | None) -> bool:
    """May be written: it differs, and is either empty and never was ours, or still what we wrote.

    Empty although we wrote it: somebody took it out, and wants it out.
    """
    if not there:
        return written is None
    return there != wanted and digest(there) == written


def _person(view: OrderView, crm: Crm) -> Person:
    """An address: where the customer lives; of a guest, where the bill goes."""
    order, customer = view.order, view.customer
    known = {
        "name": (customer.name if customer else "") or order.name,
        "company": customer.company if customer else "",
        "phone": (customer.phone if customer else "") or order.phone,
    }
    texts: dict[str, Any] = {field: fit(known[field]) for field, fit in crm.fits.items()}
    homes = customer.addresses if customer else ()
    return crm.person(
        email=((customer.email if customer else "") or order.email).strip(),
        address=_first(crm, (*homes, order.billing_address, order.shipping_address)),
        **texts,
    )


def _first(crm: Crm, addresses: tuple[Address | None, ...]) -> Address | None:
    """The first that says anything."""
    return next((found for each in addresses if each and (found := crm.flat(each)) != Address()), None)


def _had(view: OrderView, sources: tuple[SourceView, ...], kind: Kind) -> bool:
    """The CRM told of one that is gone by now: a deleted record is no part of `said`, but of the sources."""
    return any(each.source.connection == view.connection and each.source.kind is kind for each in sources)
