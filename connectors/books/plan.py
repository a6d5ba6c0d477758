"""Which sales are booked, and what there is to book of them. How it is said to a vendor is for that vendor's own plan.

Looks at states only. A person first, then the invoice, then what was paid and given back: each waits for the record of
the one before.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from connectors.books.commands import VoidInvoice
from connectors.books.settings import BookSettings
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.money import Money, decimals
from hub.domain.order import Customer, HoldKind, Order, Payment, PaymentState, Refund
from hub.domain.records import (
    Address,
    CreditNoteRecord,
    InvoicePaymentRecord,
    InvoiceRecord,
    InvoiceStatus,
    Kind,
    Record,
    RefundStatus,
)

_EARNED = (PaymentState.PAID, PaymentState.PARTIALLY_REFUNDED, PaymentState.REFUNDED)

R = TypeVar("R", bound=Record)
Wishes = Iterator[Command | Mismatch]


def sale(
    view: OrderView,
    *,
    fault: Callable[[OrderView], Mismatch | None],
    create: Callable[[OrderView], Wishes],
    keep: Callable[[OrderView, InvoiceRecord], Wishes],
) -> Wishes:
    """`fault`: why these books cannot hold it. `create`: it has no invoice yet. `keep`: it has this one."""
    order, settings = view.order, _settings(view)
    early = settings.from_date and day(view, order.placed_at) < f"{settings.from_date}"
    if not order.is_sale or order.test or early:
        return
    if found := fault(view):
        yield found
        return
    invoices = said(view, InvoiceRecord)
    alive = [each for each in invoices if each.status is not InvoiceStatus.VOID]
    if len(alive) > 1:
        yield Mismatch(about="invoices", expected="1", found=", ".join(each.source.external_id for each in alive))
    elif alive:
        yield from keep(view, alive[0])
    elif invoices and order.cancelled_at is None:
        # Voided by someone in the books, or a cancellation that was taken back: a second one is not ours to decide.
        yield Mismatch(about="invoice", expected=f"an invoice of {order.total}", found="void")
    elif not invoices and _wanted(order, settings):
        yield from create(view)


def currency_fault(order: Order, *, taken: bool, expected: str, vendor: str) -> Mismatch | None:
    """`taken`: the books hold the order's currency; `expected`: those that they hold."""
    currency = order.currency
    if foreign := sorted({line.total.currency for line in order.lines} - {currency}):
        return Mismatch(about="currency of lines", expected=currency, found=", ".join(foreign))
    if not taken:
        return Mismatch(about="currency", expected=expected, found=currency)
    if decimals(currency) > 2:
        return Mismatch(about="currency", expected=f"at most two decimals, as {vendor} keeps them", found=currency)
    return None


def amendment(
    view: OrderView, invoice: InvoiceRecord, *, outdated: bool, update: Callable[[], Command]
) -> Command | Mismatch | None:
    """What the invoice itself needs, before anything is booked on it.

    `outdated`: it differs because the order was edited, not because someone edited the invoice: that is theirs to
    judge.
    """
    order = view.order
    ours = any(claim.startswith("ord_") for claim in invoice.claims)
    mendable = ours and invoice.balance == invoice.total and not booked(view)
    if order.cancelled_at is not None and not order.captured:
        if mendable:
            return VoidInvoice(subject=order.id, target=invoice.source.external_id)
        found = f"{invoice.total}, of which {invoice.balance} open"
        return Mismatch(about="invoice", expected="void, as the order was cancelled unpaid", found=found)
    if invoice.total == order.total:
        return None
    if mendable and outdated and invoice.total.currency == order.currency and not held(order):
        return update()
    return Mismatch(about="invoice total", expected=str(order.total), found=str(invoice.total))


def sold_at(order: Order) -> datetime:
    """When the sale itself was last changed."""
    return max(each.updated_at for each in order.sources if each.source.kind is Kind.ORDER)


def payments(view: OrderView, invoice: InvoiceRecord) -> Iterator[tuple[Payment, Money] | Mismatch]:
    """Those that are not booked yet, each with what of it the invoice still takes."""
    order = view.order
    entries = booked(view, invoice.total.currency)
    applied = (each.amount for each in entries if each.invoices == (invoice.source.external_id,))
    # The payment's record may come before the invoice's own new balance.
    open_amount = min(invoice.balance, invoice.total - sum(applied, start=Money.zero(invoice.total.currency)))
    earlier = _under_earlier_names(order, entries)
    for payment in sorted(order.payments, key=lambda payment: (payment.created_at, payment.id)):
        if not payment.verified or not payment.captured or payment.captured.currency != order.currency:
            continue
        amounts = [each.amount for each in entries if each.reference == payment.id]
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
            yield payment, amount


def _under_earlier_names(order: Order, entries: list[InvoicePaymentRecord]) -> Counter[Money]:
    """Amounts that we booked for payments which go by another id now, as their tellers know more of them."""
    names = {payment.id for payment in order.payments}
    return Counter(each.amount for each in entries if each.reference.startswith("pay_") and each.reference not in names)


def refunds(view: OrderView, document: str) -> Iterator[Refund | Mismatch]:
    """Those that are not booked yet, oldest first. `document`: what the vendor calls that which books one."""
    notes = [each for each in said(view, CreditNoteRecord) if not each.void]
    for refund in sorted(view.order.refunds, key=lambda refund: (refund.created_at, refund.id)):
        totals = [each.total for each in notes if each.reference == refund.id]
        found = ", ".join(map(str, totals))
        if totals and refund.status in (RefundStatus.FAILED, RefundStatus.CANCELLED):
            expected = f"none, as the refund {refund.status}"
            yield Mismatch(about=f"{document} of refund {refund.id}", expected=expected, found=found)
        # What only the store tells of is told again by the processor, under another id: it would be booked twice.
        sure = refund.verified and refund.status is RefundStatus.SUCCEEDED
        if not sure or refund.amount.currency != view.order.currency:
            continue
        if not totals:
            yield refund
        elif totals != [refund.amount]:
            yield Mismatch(about=f"{document} of refund {refund.id}", expected=str(refund.amount), found=found)


def _wanted(order: Order, settings: BookSettings) -> bool:
    """A sale that adds up, and whose money came or need not have come yet.

    What was paid and given back again is booked all the same: the books tell of both, whichever they hear of first.
    """
    if held(order) or (order.cancelled_at is not None and not order.captured):
        return False
    if settings.invoice == "when_placed":
        return True
    return order.payment_state in _EARNED and order.total <= order.captured


def held(order: Order) -> bool:
    return any(hold.active and hold.kind is not HoldKind.PAYMENT_NOT_VERIFIED for hold in order.holds)


def booked(view: OrderView, currency: str = "") -> list[InvoicePaymentRecord]:
    """What the books say was paid, in one currency or in any."""
    found = (each for each in said(view, InvoicePaymentRecord) if not each.void)
    return [each for each in found if currency in ("", each.amount.currency)]


def said(view: OrderView, kind: type[R]) -> list[R]:
    return [record for record in view.said if isinstance(record, kind)]


def name_of(customer: Customer) -> str:
    return customer.name or customer.company or customer.email or f"Customer {customer.id[-6:]}"


def address_of(customer: Customer, order: Order) -> Address | None:
    found = (*customer.addresses, order.billing_address, order.shipping_address)
    return next((each for each in found if each), None)


def day(view: OrderView, at: datetime) -> str:
    return at.astimezone(ZoneInfo(_settings(view).timezone)).date().isoformat()


def _settings(view: OrderView) -> BookSettings:
    settings = view.settings
    assert isinstance(settings, BookSettings)
    return settings
