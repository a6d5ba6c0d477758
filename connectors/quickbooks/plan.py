"""What the books need so that they agree with an order. Looks at states only, so a lost webhook is healed later.

A customer first, then the invoice, then what was paid and given back: each waits for the record of the one before.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from connectors.quickbooks.commands import (
    CreateCreditMemo,
    CreateCustomer,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
    VoidInvoice,
)
from connectors.quickbooks.lines import credit_lines, invoice_lines
from connectors.quickbooks.read import edits
from connectors.quickbooks.settings import QuickBooksSettings
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.money import Money, decimals
from hub.domain.order import HoldKind, Order, PaymentState
from hub.domain.records import (
    CreditNoteRecord,
    CustomerRecord,
    InvoicePaymentRecord,
    InvoiceRecord,
    InvoiceStatus,
    Kind,
    Record,
    RefundStatus,
)

_EARNED = (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED)
_NUMBER = 21  # characters of `DocNumber`

R = TypeVar("R", bound=Record)


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    order, settings = view.order, _settings(view)
    if (
        not order.is_sale
        or order.test
        or (settings.from_date and _day(view, order.placed_at) < f"{settings.from_date}")
    ):
        return
    if fault := _currency_fault(order, settings):
        yield fault
        return
    invoices = _said(view, InvoiceRecord)
    alive = [each for each in invoices if each.status is not InvoiceStatus.VOID]
    if len(alive) > 1:
        yield Mismatch(about="invoices", expected="1", found=", ".join(each.source.external_id for each in alive))
    elif alive:
        yield from _keep(view, alive[0])
    elif invoices and order.cancelled_at is None:
        # Voided by someone in the books, or a cancellation that was taken back: a second one is not ours to decide.
        yield Mismatch(about="invoice", expected=f"an invoice of {order.total}", found="void")
    elif not invoices and _wanted(view):
        yield from _create(view)


def _wanted(view: OrderView) -> bool:
    """A sale that adds up, and whose money came or need not have come yet.

    What was paid and given back again is booked all the same: the books tell of both, whichever they hear of first.
    """
    order = view.order
    if any(hold.active and hold.kind is not HoldKind.PAYMENT_NOT_VERIFIED for hold in order.holds):
        return False
    if order.cancelled_at is not None and not order.captured:
        return False
    if _settings(view).invoice == "when_placed":
        return True
    return order.payment_state in _EARNED and order.total <= order.captured


def _create(view: OrderView) -> Iterator[Command | Mismatch]:
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
            yield _customer(view)
            return
        customer = min(known, key=_preference(view.customer.id)).source.external_id
    yield CreateInvoice(
        subject=order.id,
        customer=customer,
        date=_day(view, order.placed_at),
        number=order.number[:_NUMBER] if settings.document_numbers == "order" else "",
        lines=invoice_lines(order, settings),
        total=order.total,
    )


def _customer(view: OrderView) -> CreateCustomer:
    customer, order = view.customer, view.order
    assert customer is not None
    addresses = customer.addresses or tuple(each for each in (order.billing_address, order.shipping_address) if each)
    return CreateCustomer(
        subject=customer.id,
        target=order.currency,
        name=customer.name or customer.company or customer.email or f"Customer {customer.id[-6:]}",
        company=customer.company,
        email=customer.email,
        phone=customer.phone,
        address=addresses[0] if addresses else None,
        currency=order.currency,
    )


def _keep(view: OrderView, invoice: InvoiceRecord) -> Iterator[Command | Mismatch]:
    """There is one invoice: does it say what the order says, and is all booked that was paid and given back?"""
    order = view.order
    untouched = invoice.balance == invoice.total and not _booked(view)
    ours = any(claim.startswith("ord_") for claim in invoice.claims)
    if order.cancelled_at is not None and not order.captured:
        if ours and untouched:
            yield VoidInvoice(subject=order.id, target=invoice.source.external_id)
        else:
            found = f"{invoice.total}, of which {invoice.balance} open"
            yield Mismatch(about="invoice", expected="void, as the order was cancelled unpaid", found=found)
        return
    held = any(hold.active and hold.kind is not HoldKind.PAYMENT_NOT_VERIFIED for hold in order.holds)
    if invoice.total != order.total:
        same_currency = invoice.total.currency == order.currency
        if ours and untouched and same_currency and not held and _outdated(view, invoice):
            lines = invoice_lines(order, _settings(view))
            yield UpdateInvoice(subject=order.id, target=invoice.source.external_id, lines=lines, total=order.total)
        else:
            yield Mismatch(about="invoice total", expected=str(order.total), found=str(invoice.total))
        return
    # A sales receipt is paid at once and takes no payment; without a customer there is nobody to book it to.
    if not held and invoice.customer is not None:
        yield from _payments(view, invoice, invoice.customer.external_id)
        yield from _refunds(view, invoice.customer.external_id)


def _outdated(view: OrderView, invoice: InvoiceRecord) -> bool:
    """It differs because the order was edited, not because someone edited the invoice: that is theirs to judge."""
    sale = max(each.updated_at for each in view.order.sources if each.source.kind is Kind.ORDER)
    return not edits(invoice) or sale > invoice.updated_at


def _payments(view: OrderView, invoice: InvoiceRecord, customer: str) -> Iterator[Command | Mismatch]:
    booked = [each for each in _booked(view) if each.amount.currency == invoice.total.currency]
    applied = (each.amount for each in booked if each.invoices == (invoice.source.external_id,))
    # The payment's record may come before the invoice's own new balance.
    open_amount = min(invoice.balance, invoice.total - sum(applied, start=Money.zero(invoice.total.currency)))
    earlier = _under_earlier_names(view.order, booked)
    for payment in sorted(view.order.payments, key=lambda payment: (payment.created_at, payment.id)):
        if not payment.verified or not payment.captured or payment.captured.currency != view.order.currency:
            continue
        amounts = [each.amount for each in booked if each.reference == payment.id]
        if amounts:
            sum_booked = sum(amounts, start=Money.zero(view.order.currency))
            if payment.captured < sum_booked or (sum_booked < payment.captured and open_amount.minor > 0):
                yield Mismatch(about=f"payment {payment.id}", expected=str(payment.captured), found=str(sum_booked))
            continue
        if earlier[payment.captured] > 0:
            earlier[payment.captured] -= 1
            continue
        amount = min(payment.captured, open_amount)
        if amount.minor > 0:
            open_amount -= amount
            yield RecordPayment(
                subject=view.order.id,
                target=payment.id,
                customer=customer,
                invoice=invoice.source.external_id,
                date=_day(view, payment.captured_at or payment.created_at),
                amount=amount,
            )


def _under_earlier_names(order: Order, booked: list[InvoicePaymentRecord]) -> Counter[Money]:
    """Amounts that we booked for payments which go by another id now, as their tellers know more of them."""
    names = {payment.id for payment in order.payments}
    return Counter(each.amount for each in booked if each.reference.startswith("pay_") and each.reference not in names)


def _refunds(view: OrderView, customer: str) -> Iterator[Command | Mismatch]:
    notes = [each for each in _said(view, CreditNoteRecord) if not each.void]
    for refund in sorted(view.order.refunds, key=lambda refund: (refund.created_at, refund.id)):
        # What only the store tells of is told again by the processor, under another id: it would be booked twice.
        if (
            not refund.verified
            or refund.status is not RefundStatus.SUCCEEDED
            or refund.amount.currency != view.order.currency
        ):
            continue
        booked = [each.total for each in notes if each.reference == refund.id]
        if not booked:
            yield CreateCreditMemo(
                subject=view.order.id,
                target=refund.id,
                customer=customer,
                date=_day(view, refund.created_at),
                lines=credit_lines(view.order, refund, _settings(view)),
                total=refund.amount,
            )
        elif booked != [refund.amount]:
            found = ", ".join(map(str, booked))
            yield Mismatch(about=f"credit memo of refund {refund.id}", expected=str(refund.amount), found=found)


def _currency_fault(order: Order, settings: QuickBooksSettings) -> Mismatch | None:
    currency = order.currency
    if foreign := sorted({line.total.currency for line in order.lines} - {currency}):
        return Mismatch(about="currency of lines", expected=currency, found=", ".join(foreign))
    if currency != settings.currency and not settings.multicurrency:
        return Mismatch(about="currency", expected=settings.currency, found=currency)
    if decimals(currency) > 2:
        return Mismatch(about="currency", expected="at most two decimals, as QuickBooks keeps them", found=currency)
    return None


def _preference(customer: str) -> Callable[[CustomerRecord], tuple[bool, int, str]]:
    """Ours before others, then the oldest: ids are numbers that grow."""
    return lambda record: (customer not in record.claims, len(record.source.external_id), record.source.external_id)


def _booked(view: OrderView) -> list[InvoicePaymentRecord]:
    return [each for each in _said(view, InvoicePaymentRecord) if not each.void]


def _said(view: OrderView, kind: type[R]) -> list[R]:
    return [record for record in view.said if isinstance(record, kind)]


def _settings(view: OrderView) -> QuickBooksSettings:
    settings = view.settings
    assert isinstance(settings, QuickBooksSettings)
    return settings


def _day(view: OrderView, at: datetime) -> str:
    return at.astimezone(ZoneInfo(_settings(view).timezone)).date().isoformat()
