"""Refunds: as objects of their own, and inside the charge that they take from."""

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from connectors.processors.decode import at, decode
from connectors.stripe.context import REQUEST, VENDOR, Context, value
from connectors.stripe.decode import id_of, moment, money
from connectors.stripe.shapes import ChargeShape, RefundShape
from hub.connector import Faulty, Hint, Ignored
from hub.domain.errors import Unreadable
from hub.domain.records import Kind, Record, RefundRecord, RefundStatus, vendor_key

Said = Iterator[Record | Hint | Ignored | Faulty]

decode_refund = msgspec.json.Decoder(RefundShape).decode

# A refund that succeeded may fail days later, when the customer's bank sends it back.
_REFUND_STATUS: dict[str | None, tuple[int, RefundStatus]] = {
    "pending": (10, RefundStatus.PENDING),
    "requires_action": (20, RefundStatus.PENDING),
    "succeeded": (30, RefundStatus.SUCCEEDED),
    None: (30, RefundStatus.SUCCEEDED),  # before 2016 a refund had no status
    "canceled": (40, RefundStatus.CANCELLED),
    "failed": (50, RefundStatus.FAILED),
}
_LAST = 99


def refund_record(refund: RefundShape, context: Context, charge: str = "", intent: str = "") -> RefundRecord:
    charge = id_of(refund.charge, at(context.path, "charge")) or charge
    intent = id_of(refund.payment_intent, at(context.path, "payment_intent")) or intent
    try:
        rank, status = _REFUND_STATUS[refund.status]
    except KeyError:
        raise Unreadable(f"{at(context.path, 'status')}: {refund.status!r} is not known") from None
    payment = intent or charge
    return RefundRecord(
        source=context.source(Kind.REFUND, refund.id),
        version=context.version(refund.created, rank * 10_000),
        claims=context.claims(refund.id, intent, charge, metadata=refund.metadata),
        created_at=moment(refund.created, context.path),
        updated_at=context.updated(refund.created),
        status=status,
        amount=money(refund.amount, refund.currency, context.path),
        payment=vendor_key(VENDOR, payment) if payment else "",
        authority=True,
        reason=refund.reason or "",
        request=value(refund.metadata, REQUEST),
    )


def refund_records(charge: ChargeShape, context: Context) -> Said:
    """The refunds inside a charge, without the one by which Stripe books what was authorised and never taken.

    That one is told as deleted, since an event of its own may have brought it as a refund before.
    """
    assert charge.refunds is not None
    shapes: list[tuple[RefundShape, Context]] = []
    for index, raw in enumerate(charge.refunds.data):
        inner = context.inside(f"refunds.data[{index}]")
        try:
            shapes.append((decode(decode_refund, raw, inner.path), inner))
        except Unreadable as fault:
            yield Faulty(path=str(fault))
    release = _release(charge, [shape for shape, _ in shapes])
    intent = id_of(charge.payment_intent, at(context.path, "payment_intent"))
    for shape, inner in shapes:
        try:
            record = refund_record(shape, inner, charge.id, intent)
        except Unreadable as fault:
            yield Faulty(path=str(fault))
            continue
        if not charge.captured or shape.id == release:
            last = context.version(shape.created, _LAST * 10_000)
            record = replace(record, deleted=True, version=last)
        yield record


def _release(charge: ChargeShape, refunds: list[RefundShape]) -> str:
    """The id of the refund that stands for a partial capture's rest: of its amount, and before all others."""
    taken = charge.amount if charge.amount_captured is None else charge.amount_captured
    rest = charge.amount - taken
    if rest <= 0 or not refunds or (charge.refunds and charge.refunds.has_more):
        return ""
    # Stripe lists the newest first, so of one second the last one is the first.
    first = min(reversed(refunds), key=lambda refund: refund.created)
    return first.id if first.amount == rest and not value(first.metadata, REQUEST) else ""
