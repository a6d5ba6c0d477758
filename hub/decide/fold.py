"""The fold: an order is a pure function of its records. It reads no clock, no network and no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hub.decide.holds import Sums, broken_invariants, holds_of, secured, unverified
from hub.decide.identity import HUB, Group
from hub.decide.payments import Moneys, fold_moneys
from hub.decide.shipments import fold_shipments, fulfilment_state, returned_units
from hub.decide.stages import invoice_state, paid_at, payment_state, stages_of
from hub.domain.ids import CustomerId, OrderId
from hub.domain.money import NO_CURRENCY, Money
from hub.domain.order import (
    CreditNote,
    Customer,
    Deal,
    HoldKind,
    Invoice,
    Message,
    Order,
    Payment,
    SourceView,
)
from hub.domain.records import (
    Address,
    CancellationRecord,
    CreditNoteRecord,
    CustomerRecord,
    DealRecord,
    DisputeRecord,
    InvoiceRecord,
    InvoiceStatus,
    MessageRecord,
    OrderRecord,
    PaymentRecord,
    Record,
    RefundRecord,
    RefundRequestRecord,
    Source,
)


def fold_order(group: Group) -> Order:
    records = sorted(group.records, key=lambda record: record.source)
    live = [record for record in records if not record.deleted]
    sale = _sale(records)
    sums = _sums(sale, live or records)
    currency = sums.total.currency
    moneys = fold_moneys(live)
    shipments = fold_shipments(live)
    lines = sale.lines if sale else ()
    placed_at = sale.placed_at if sale else min(record.created_at for record in records)
    fulfilment = fulfilment_state(lines, shipments, sale is not None, returned_units(live))
    invoices = _invoices(live)
    cancelled_at, cancel_reason = _cancelled(sale, live, records)
    broken = broken_invariants(sums, lines, moneys.payments, group.contested) if sale else []
    reasons = [(HoldKind.INVARIANT_BROKEN, words, words) for words in broken]
    if sale and cancelled_at is None:
        reasons += [
            (HoldKind.PAYMENT_NOT_VERIFIED, facts, words)
            for facts, words in unverified(sums.total, moneys.payments, moneys.disputes, fulfilment)
        ]
    paid = paid_at(sums.total, moneys.payments, placed_at)
    stages = stages_of(
        is_sale=sale is not None,
        sound=not broken,
        placed_at=placed_at,
        paid=paid if secured(moneys.payments, currency) >= sums.total else None,
        fulfilment=fulfilment,
        shipments=shipments,
        cancelled_at=cancelled_at,
    )
    contact = _contact(sale, live)
    return Order(
        id=OrderId(group.id),
        number=sale.number if sale else "",
        channel=sale.source.connection if sale else records[0].source.connection,
        currency=currency,
        stage=stages[-1].stage,
        stages=stages,
        payment_state=payment_state(sums.total, moneys.payments),
        invoice_state=invoice_state(invoices),
        fulfilment_state=fulfilment,
        placed_at=placed_at,
        updated_at=max(record.updated_at for record in records),
        cancelled_at=cancelled_at,
        cancel_reason=cancel_reason,
        test=sale.test if sale else any(record.test for record in live if isinstance(record, PaymentRecord)),
        total=sums.total,
        subtotal=sums.subtotal,
        discount=sums.discount,
        tax=sums.tax,
        shipping=sums.shipping,
        tip=sums.tip,
        fees=sums.fees,
        tax_included=sums.tax_included,
        authorized=_total(
            (p.authorized - p.captured for p in _verified(moneys) if p.can_capture and p.captured <= p.authorized),
            currency,
        ),
        captured=_total((payment.captured for payment in _verified(moneys)), currency),
        refunded=_total((payment.refunded for payment in _verified(moneys)), currency),
        invoiced=_total((i.total for i in invoices if i.status is not InvoiceStatus.VOID), currency),
        credited=_total((n.total for n in _credit_notes(live) if not n.void), currency),
        email=contact.email,
        phone=contact.phone,
        name=contact.name,
        customer=contact.customer,
        shipping_address=sale.shipping_address if sale else None,
        billing_address=sale.billing_address if sale else None,
        tags=tuple(sorted(sale.tags)) if sale else (),
        note=sale.note if sale else "",
        lines=lines,
        payments=moneys.payments,
        refunds=moneys.refunds,
        refund_requests=moneys.requests,
        disputes=moneys.disputes,
        invoices=invoices,
        credit_notes=_credit_notes(live),
        shipments=shipments,
        deals=_deals(live),
        messages=_messages(live),
        holds=holds_of(group.id, reasons, live),
        sources=_sources(records),
    )


def fold_customer(group: Group) -> Customer:
    """Survivorship by field: the first system, in source order, that says anything; lists are joined."""
    everyone = [record for record in group.records if isinstance(record, CustomerRecord)]
    records = [record for record in everyone if not record.deleted] or everyone
    addresses: dict[Address, None] = {address: None for record in records for address in record.addresses}
    return Customer(
        id=CustomerId(group.id),
        name=_first(record.name for record in records),
        company=_first(record.company for record in records),
        email=_first(record.email for record in records),
        phone=_first(record.phone for record in records),
        addresses=tuple(addresses),
        tags=tuple(sorted({tag for record in records for tag in record.tags})),
        created_at=min(record.created_at for record in records),
        updated_at=max(record.updated_at for record in records),
        sources=_sources(group.records),
    )


def _sale(records: Sequence[Record]) -> OrderRecord | None:
    """Of several systems' words for one sale the store's counts, then the hub's; one that is gone only as the last."""
    sales = [record for record in records if isinstance(record, OrderRecord)]
    return min(sales, key=lambda sale: (sale.deleted, sale.source.connection == HUB, sale.source), default=None)


def _sums(sale: OrderRecord | None, records: Sequence[Record]) -> Sums:
    if sale is not None:
        zero = Money.zero(sale.currency)
        return Sums(
            total=sale.total,
            subtotal=sale.subtotal,
            discount=sale.discount,
            tax=sale.tax,
            shipping=sale.shipping,
            tip=sale.tip or zero,
            fees=sale.fees or zero,
            tax_included=sale.tax_included,
        )
    total = _what_it_is_about(records)
    zero = Money.zero(total.currency)
    return Sums(
        total=total, subtotal=total, discount=zero, tax=zero, shipping=zero, tip=zero, fees=zero, tax_included=False
    )


def _what_it_is_about(records: Sequence[Record]) -> Money:
    """The amount of something that no sale claims yet."""
    for record in records:
        if isinstance(record, InvoiceRecord):
            return record.total
    for record in records:
        if isinstance(record, PaymentRecord):
            return record.amount
    for record in records:
        if isinstance(record, CreditNoteRecord):
            return record.total
        if isinstance(record, RefundRecord | DisputeRecord | RefundRequestRecord):
            return record.amount
    for record in records:
        amount = getattr(record, "amount", None)
        if isinstance(amount, Money):
            return amount
    return Money(0, NO_CURRENCY)


def _invoices(records: Iterable[Record]) -> tuple[Invoice, ...]:
    return tuple(
        Invoice(
            id=record.source.key,
            source=record.source,
            number=record.number,
            status=record.status,
            total=record.total,
            balance=record.balance,
            issued_on=record.issued_on,
            due_on=record.due_on,
            url=record.url,
        )
        for record in records
        if isinstance(record, InvoiceRecord)
    )


def _credit_notes(records: Iterable[Record]) -> tuple[CreditNote, ...]:
    return tuple(
        CreditNote(
            id=record.source.key,
            source=record.source,
            number=record.number,
            total=record.total,
            reference=record.reference,
            void=record.void,
        )
        for record in records
        if isinstance(record, CreditNoteRecord)
    )


def _deals(records: Iterable[Record]) -> tuple[Deal, ...]:
    return tuple(
        Deal(
            id=record.source.key,
            source=record.source,
            name=record.name,
            stage=record.stage,
            amount=record.amount,
            closed_on=record.closed_on,
            url=record.url,
        )
        for record in records
        if isinstance(record, DealRecord)
    )


def _messages(records: Iterable[Record]) -> tuple[Message, ...]:
    return tuple(
        Message(
            id=record.source.key,
            source=record.source,
            occasion=record.occasion,
            channel=record.channel,
            to=record.to,
            status=record.status,
            detail=record.detail,
            created_at=record.created_at,
        )
        for record in sorted(
            (record for record in records if isinstance(record, MessageRecord)),
            key=lambda record: (record.created_at, record.source),
        )
    )


def _cancelled(
    sale: OrderRecord | None, live: Sequence[Record], records: Sequence[Record]
) -> tuple[datetime | None, str]:
    """The first of: the sale's own word, somebody's wish through the hub, its disappearance."""
    found = [(record.created_at, record.reason) for record in live if isinstance(record, CancellationRecord)]
    if sale is not None:
        if sale.cancelled_at is not None:
            found.append((sale.cancelled_at, sale.cancel_reason))
        if sale.deleted:
            found.append((sale.updated_at, f"deleted in {sale.source.connection}"))
    elif not live:
        found.append((max(record.updated_at for record in records), "deleted"))
    return min(found, default=(None, ""), key=lambda each: (each[0], each[1]))


@dataclass(frozen=True, slots=True)
class _Contact:
    email: str
    phone: str
    name: str
    customer: Source | None


def _contact(sale: OrderRecord | None, records: Sequence[Record]) -> _Contact:
    payments = [record for record in records if isinstance(record, PaymentRecord)]
    customers = [record.customer for record in records if isinstance(record, PaymentRecord | InvoiceRecord)]
    if sale is not None:
        shipping = sale.shipping_address.name if sale.shipping_address else ""
        return _Contact(
            _first([sale.email, *(payment.email for payment in payments)]),
            sale.phone,
            _first([sale.name, shipping, *(payment.name for payment in payments)]),
            sale.customer,
        )
    return _Contact(
        _first(payment.email for payment in payments),
        "",
        _first(payment.name for payment in payments),
        next((customer for customer in customers if customer), None),
    )


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _verified(moneys: Moneys) -> list[Payment]:
    return [payment for payment in moneys.payments if payment.verified]


def _total(amounts: Iterable[Money], currency: str) -> Money:
    """What is in another currency is no part of the sum; it is a broken invariant of its own."""
    return Money(sum(amount.minor for amount in amounts if amount.currency == currency), currency)


def _sources(records: Iterable[Record]) -> tuple[SourceView, ...]:
    return tuple(
        SourceView(source=record.source, version=record.version, updated_at=record.updated_at, url=record.url)
        for record in sorted(records, key=lambda record: record.source)
    )
