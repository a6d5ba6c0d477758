"""What the books need so that they agree with an order. Looks at states only, so a lost webhook is healed later.

A contact first, then the invoice, then what was paid and given back: each waits for the record of the one before.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from connectors.xero.commands import (
    CreateContact,
    CreateCreditNote,
    CreateInvoice,
    RecordPayment,
    UpdateInvoice,
    VoidInvoice,
)
from connectors.xero.lines import credit_lines, invoice_lines
from connectors.xero.reference import credit_reference, invoice_reference
from connectors.xero.settings import XeroSettings
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.money import Money, decimals
from hub.domain.order import HoldKind, Order, PaymentState
from hub.domain.records import (
    CreditNoteRecord,
    InvoicePaymentRecord,
    InvoiceRecord,
    InvoiceStatus,
    Kind,
    Record,
    RefundStatus,
)

_EARNED = (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED)
_NUMBER = 255  # characters of `InvoiceNumber`

R = TypeVar("R", bound=Record)


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    order, settings = view.order, _settings(view)
    early = settings.from_date and _day(settings, order.placed_at) < f"{settings.from_date}"
    if not order.is_sale or order.test or early:
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
    elif not invoices and _wanted(order, settings):
        yield from _create(view)


def _wanted(order: Order, settings: XeroSettings) -> bool:
    """A sale that adds up, and whose money came or need not have come yet.

    What was paid and given back again is booked all the same: the books tell of both, whichever they hear of first.
    """
    if _held(order) or (order.cancelled_at is not None and not order.captured):
        return False
    if settings.invoice == "when_placed":
        return True
    return order.payment_state in _EARNED and order.total <= order.captured


def _held(order: Order) -> bool:
    return any(hold.active and hold.kind is not HoldKind.PAYMENT_NOT_VERIFIED for hold in order.holds)


def _create(view: OrderView) -> Iterator[Command | Mismatch]:
    order, settings = view.order, _settings(view)
    if view.customer is None:
        contact = settings.walk_in_contact or ""
        if not contact:
            about = "customer of sales without one"
            yield Mismatch(about=about, expected="walk_in_contact in the settings", found="none")
            return
    elif not view.customer_said:
        yield _contact(view)
        return
    else:
        ours = view.customer.id
        contact = min(view.customer_said, key=lambda each: (ours not in each.claims, each.source)).source.external_id
    amounts, lines = invoice_lines(order, settings)
    yield CreateInvoice(
        subject=order.id,
        contact=contact,
        date=_day(settings, order.placed_at),
        due=_day(settings, order.placed_at + timedelta(days=settings.due_days)),
        reference=invoice_reference(order.id, order.number),
        number=order.number[:_NUMBER] if settings.invoice_numbers == "order" else "",
        amounts=amounts,
        lines=lines,
        total=order.total,
    )


def _contact(view: OrderView) -> CreateContact:
    customer, order = view.customer, view.order
    assert customer is not None
    addresses = customer.addresses or tuple(each for each in (order.billing_address, order.shipping_address) if each)
    return CreateContact(
        subject=customer.id,
        name=customer.name or customer.company or customer.email or f"Customer {customer.id[-6:]}",
        company=customer.company,
        email=customer.email,
        phone=customer.phone,
        address=addresses[0] if addresses else None,
    )


def _keep(view: OrderView, invoice: InvoiceRecord) -> Iterator[Command | Mismatch]:
    """There is one invoice: does it say what the order says, and is all booked that was paid and given back?"""
    order, settings = view.order, _settings(view)
    untouched = invoice.balance == invoice.total and not _booked(view)
    ours = order.id in invoice.claims or any(claim.startswith("ord_") for claim in invoice.claims)
    if order.cancelled_at is not None and not order.captured:
        if ours and untouched:
            yield VoidInvoice(subject=order.id, target=invoice.source.external_id)
        else:
            found = f"{invoice.total}, of which {invoice.balance} open"
            yield Mismatch(about="invoice", expected="void, as the order was cancelled unpaid", found=found)
        return
    if invoice.total != order.total:
        same_currency = invoice.total.currency == order.currency
        if ours and untouched and same_currency and not _held(order) and _outdated(order, invoice):
            amounts, lines = invoice_lines(order, settings)
            target = invoice.source.external_id
            yield UpdateInvoice(subject=order.id, target=target, amounts=amounts, lines=lines, total=order.total)
        else:
            yield Mismatch(about="invoice total", expected=str(order.total), found=str(invoice.total))
        return
    if _held(order):
        return
    payments = list(_payments(view, invoice))
    if payments and invoice.status is InvoiceStatus.DRAFT:
        yield Mismatch(about="invoice", expected="approved, as it was paid", found="a draft")
        return
    yield from payments
    if invoice.customer is not None:
        yield from _refunds(view, invoice.customer.external_id)


def _outdated(order: Order, invoice: InvoiceRecord) -> bool:
    """It differs because the order was edited since, not because someone edited the invoice: that is theirs to judge.

    Xero counts no edits: all it tells is when the invoice was last changed, by whomever.
    """
    return max(each.updated_at for each in order.sources if each.source.kind is Kind.ORDER) > invoice.updated_at


def _payments(view: OrderView, invoice: InvoiceRecord) -> Iterator[Command | Mismatch]:
    order, settings = view.order, _settings(view)
    booked = [each for each in _booked(view) if each.amount.currency == invoice.total.currency]
    applied = (each.amount for each in booked if each.invoices == (invoice.source.external_id,))
    if lost := _lost(invoice, booked):
        yield lost
        return
    # The payment's record may come before the invoice's own new balance.
    open_amount = min(invoice.balance, invoice.total - sum(applied, start=Money.zero(invoice.total.currency)))
    earlier = _under_earlier_names(order, booked)
    for payment in sorted(order.payments, key=lambda payment: (payment.created_at, payment.id)):
        if not payment.verified or not payment.captured or payment.captured.currency != order.currency:
            continue
        amounts = [each.amount for each in booked if each.reference == payment.id]
        if amounts:
            sum_booked = sum(amounts, start=Money.zero(order.currency))
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
                subject=order.id,
                target=payment.id,
                invoice=invoice.source.external_id,
                account=settings.pays_into(order.currency),
                date=_day(settings, payment.captured_at or payment.created_at),
                amount=amount,
            )


def _under_earlier_names(order: Order, booked: list[InvoicePaymentRecord]) -> Counter[Money]:
    """Amounts that we booked for payments which go by another id now, as their tellers know more of them."""
    names = {payment.id for payment in order.payments}
    return Counter(each.amount for each in booked if each.reference.startswith("pay_") and each.reference not in names)


def _lost(invoice: InvoiceRecord, booked: list[InvoicePaymentRecord]) -> Mismatch | None:
    """The invoice no longer shows a payment that it showed: someone took it back. Its own record comes with a pull."""
    older = [
        each for each in booked if each.invoices == (invoice.source.external_id,) and each.version < invoice.version
    ]
    expected = sum((each.amount for each in older), start=Money.zero(invoice.total.currency))
    settled = invoice.total - invoice.balance
    if expected <= settled:
        return None
    return Mismatch(about="payments on the invoice", expected=str(expected), found=str(settled))


def _refunds(view: OrderView, contact: str) -> Iterator[Command | Mismatch]:
    order, settings = view.order, _settings(view)
    notes = [each for each in _said(view, CreditNoteRecord) if not each.void]
    for refund in sorted(order.refunds, key=lambda refund: (refund.created_at, refund.id)):
        # What only the store tells of is told again by the processor, under another id: it would be booked twice.
        sure = refund.verified and refund.status is RefundStatus.SUCCEEDED
        booked = [each.total for each in notes if each.reference == refund.id]
        if booked and refund.status in (RefundStatus.FAILED, RefundStatus.CANCELLED):
            about, expected = f"credit note of refund {refund.id}", f"none, as the refund {refund.status}"
            yield Mismatch(about=about, expected=expected, found=", ".join(map(str, booked)))
        if not sure or refund.amount.currency != order.currency:
            continue
        if not booked:
            amounts, lines = credit_lines(order, refund, settings)
            yield CreateCreditNote(
                subject=order.id,
                target=refund.id,
                contact=contact,
                date=_day(settings, refund.created_at),
                reference=credit_reference(order.id, refund.id),
                amounts=amounts,
                lines=lines,
                total=refund.amount,
            )
        elif booked != [refund.amount]:
            found = ", ".join(map(str, booked))
            yield Mismatch(about=f"credit note of refund {refund.id}", expected=str(refund.amount), found=found)


def _currency_fault(order: Order, settings: XeroSettings) -> Mismatch | None:
    currency = order.currency
    if foreign := sorted({line.total.currency for line in order.lines} - {currency}):
        return Mismatch(about="currency of lines", expected=currency, found=", ".join(foreign))
    if not settings.books_in(currency):
        expected = ", ".join((settings.currency, *settings.currencies))
        return Mismatch(about="currency", expected=expected, found=currency)
    if decimals(currency) > 2:
        return Mismatch(about="currency", expected="at most two decimals, as Xero keeps them", found=currency)
    return None


def _booked(view: OrderView) -> list[InvoicePaymentRecord]:
    return [each for each in _said(view, InvoicePaymentRecord) if not each.void]


def _said(view: OrderView, kind: type[R]) -> list[R]:
    return [record for record in view.said if isinstance(record, kind)]


def _settings(view: OrderView) -> XeroSettings:
    settings = view.settings
    assert isinstance(settings, XeroSettings)
    return settings


def _day(settings: XeroSettings, at: datetime) -> str:
    return at.astimezone(ZoneInfo(settings.timezone)).date().isoformat()
