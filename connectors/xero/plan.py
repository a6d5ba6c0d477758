"""What Xero needs so that it agrees with an order. When, and how much, is as for all books."""

from datetime import timedelta

from connectors.books import plan as books
from connectors.books.plan import Wishes, address_of, day, name_of
from connectors.xero.commands import (
    CreateContact,
    CreateCreditNote,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
)
from connectors.xero.lines import credit_lines, invoice_lines
from connectors.xero.reference import credit_reference, invoice_reference
from connectors.xero.settings import XeroSettings
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.money import Money
from hub.domain.order import Customer, Order
from hub.domain.records import InvoiceRecord, InvoiceStatus

_NUMBER = 255  # characters of `InvoiceNumber`


def plan(view: OrderView) -> Wishes:
    return books.sale(view, fault=_currency_fault, create=_create, keep=_keep)


def _create(view: OrderView) -> Wishes:
    order, settings = view.order, _settings(view)
    if view.customer is None:
        contact = settings.walk_in_contact or ""
        if not contact:
            about = "customer of sales without one"
            yield Mismatch(about=about, expected="walk_in_contact in the settings", found="none")
            return
    elif not view.customer_said:
        yield _contact(view.customer, order)
        return
    else:
        ours = view.customer.id
        contact = min(view.customer_said, key=lambda each: (ours not in each.claims, each.source)).source.external_id
    amounts, lines = invoice_lines(order, settings)
    yield CreateInvoice(
        subject=order.id,
        contact=contact,
        date=day(view, order.placed_at),
        due=day(view, order.placed_at + timedelta(days=settings.due_days)),
        reference=invoice_reference(order.id, order.number),
        number=order.number[:_NUMBER] if settings.invoice_numbers == "order" else "",
        amounts=amounts,
        lines=lines,
        total=order.total,
    )


def _contact(customer: Customer, order: Order) -> CreateContact:
    return CreateContact(
        subject=customer.id,
        name=name_of(customer),
        company=customer.company,
        email=customer.email,
        phone=customer.phone,
        address=address_of(customer, order),
    )


def _keep(view: OrderView, invoice: InvoiceRecord) -> Wishes:
    """There is one invoice: does it say what the order says, and is all booked that was paid and given back?"""
    order = view.order

    def update() -> Command:
        amounts, lines = invoice_lines(order, _settings(view))
        target = invoice.source.external_id
        return UpdateInvoice(subject=order.id, target=target, amounts=amounts, lines=lines, total=order.total)

    # Xero counts no edits: all it tells is when the invoice was last changed, by whomever.
    outdated = books.sold_at(order) > invoice.updated_at
    if wish := books.amendment(view, invoice, outdated=outdated, update=update):
        yield wish
        return
    if books.held(order):
        return
    payments = list(_payments(view, invoice))
    if payments and invoice.status is InvoiceStatus.DRAFT:
        yield Mismatch(about="invoice", expected="approved, as it was paid", found="a draft")
        return
    yield from payments
    if invoice.customer is not None:
        yield from _refunds(view, invoice.customer.external_id)


def _payments(view: OrderView, invoice: InvoiceRecord) -> Wishes:
    if lost := _lost(view, invoice):
        yield lost
        return
    for due in books.payments(view, invoice):
        if isinstance(due, Mismatch):
            yield due
            continue
        payment, amount = due
        yield RecordPayment(
            subject=view.order.id,
            target=payment.id,
            invoice=invoice.source.external_id,
            account=_settings(view).pays_into(view.order.currency),
            date=day(view, payment.captured_at or payment.created_at),
            amount=amount,
        )


def _lost(view: OrderView, invoice: InvoiceRecord) -> Mismatch | None:
    """The invoice no longer shows a payment that it showed: someone took it back. Its own record comes with a pull."""
    currency = invoice.total.currency
    entries = (each for each in books.booked(view, currency) if each.invoices == (invoice.source.external_id,))
    older = (each.amount for each in entries if each.version < invoice.version)
    expected = sum(older, start=Money.zero(currency))
    settled = invoice.total - invoice.balance
    if expected <= settled:
        return None
    return Mismatch(about="payments on the invoice", expected=str(expected), found=str(settled))


def _refunds(view: OrderView, contact: str) -> Wishes:
    order = view.order
    for due in books.refunds(view, "credit note"):
        if isinstance(due, Mismatch):
            yield due
            continue
        amounts, lines = credit_lines(order, due, _settings(view))
        yield CreateCreditNote(
            subject=order.id,
            target=due.id,
            contact=contact,
            date=day(view, due.created_at),
            reference=credit_reference(order.id, due.id),
            amounts=amounts,
            lines=lines,
            total=due.amount,
        )


def _currency_fault(view: OrderView) -> Mismatch | None:
    order, settings = view.order, _settings(view)
    expected = ", ".join((settings.currency, *settings.currencies))
    return books.currency_fault(order, taken=settings.books_in(order.currency), expected=expected, vendor="Xero")


def _settings(view: OrderView) -> XeroSettings:
    settings = view.settings
    assert isinstance(settings, XeroSettings)
    return settings
