"""What QuickBooks needs so that it agrees with an order. When, and how much, is as for all books."""

from collections.abc import Callable

from connectors.books import plan as books
from connectors.books.plan import Wishes, address_of, day, name_of
from connectors.quickbooks.commands import (
    CreateCreditMemo,
    CreateCustomer,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
)
from connectors.quickbooks.lines import credit_lines, invoice_lines
from connectors.quickbooks.read import edits
from connectors.quickbooks.settings import QuickBooksSettings
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.order import Customer, Order
from hub.domain.records import CustomerRecord, InvoiceRecord

_NUMBER = 21  # characters of `DocNumber`


def plan(view: OrderView) -> Wishes:
    return books.sale(view, fault=_currency_fault, create=_create, keep=_keep)


def _create(view: OrderView) -> Wishes:
    order, settings = view.order, _settings(view)
    if view.customer is None:
        customer = settings.walk_in(order.currency)
        if not customer:
            about = f"customer of sales without one, in {order.currency}"
            yield Mismatch(about=about, expected="walk_in_customer_id in the settings", found="none")
            return
    else:
        known = [each for each in view.customer_said if (each.currency or settings.currency) == order.currency]
        if not known:
            yield _customer(view.customer, order)
            return
        customer = min(known, key=_preference(view.customer.id)).source.external_id
    yield CreateInvoice(
        subject=order.id,
        customer=customer,
        date=day(view, order.placed_at),
        number=order.number[:_NUMBER] if settings.document_numbers == "order" else "",
        lines=invoice_lines(order, settings),
        total=order.total,
    )


def _customer(customer: Customer, order: Order) -> CreateCustomer:
    return CreateCustomer(
        subject=customer.id,
        target=order.currency,
        name=name_of(customer),
        company=customer.company,
        email=customer.email,
        phone=customer.phone,
        address=address_of(customer, order),
        currency=order.currency,
    )


def _keep(view: OrderView, invoice: InvoiceRecord) -> Wishes:
    """There is one invoice: does it say what the order says, and is all booked that was paid and given back?"""
    order = view.order

    def update() -> Command:
        lines = invoice_lines(order, _settings(view))
        return UpdateInvoice(subject=order.id, target=invoice.source.external_id, lines=lines, total=order.total)

    outdated = not edits(invoice) or books.sold_at(order) > invoice.updated_at
    if wish := books.amendment(view, invoice, outdated=outdated, update=update):
        yield wish
    # A sales receipt is paid at once and takes no payment; without a customer there is nobody to book it to.
    elif not books.held(order) and invoice.customer is not None:
        yield from _payments(view, invoice, invoice.customer.external_id)
        yield from _refunds(view, invoice.customer.external_id)


def _payments(view: OrderView, invoice: InvoiceRecord, customer: str) -> Wishes:
    for due in books.payments(view, invoice):
        if isinstance(due, Mismatch):
            yield due
            continue
        payment, amount = due
        yield RecordPayment(
            subject=view.order.id,
            target=payment.id,
            customer=customer,
            invoice=invoice.source.external_id,
            date=day(view, payment.captured_at or payment.created_at),
            amount=amount,
        )


def _refunds(view: OrderView, customer: str) -> Wishes:
    for due in books.refunds(view, "credit memo"):
        if isinstance(due, Mismatch):
            yield due
            continue
        yield CreateCreditMemo(
            subject=view.order.id,
            target=due.id,
            customer=customer,
            date=day(view, due.created_at),
            lines=credit_lines(view.order, due, _settings(view)),
            total=due.amount,
        )


def _currency_fault(view: OrderView) -> Mismatch | None:
    order, settings = view.order, _settings(view)
    taken = order.currency == settings.currency or settings.multicurrency
    return books.currency_fault(order, taken=taken, expected=settings.currency, vendor="QuickBooks")


def _preference(customer: str) -> Callable[[CustomerRecord], tuple[bool, int, str]]:
    """Ours before others, then the oldest: ids are numbers that grow."""
    return lambda record: (customer not in record.claims, len(record.source.external_id), record.source.external_id)


def _settings(view: OrderView) -> QuickBooksSettings:
    settings = view.settings
    assert isinstance(settings, QuickBooksSettings)
    return settings
