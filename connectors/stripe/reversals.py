"""Money that goes back: refunds and disputes as Stripe tells of them."""

from collections.abc import Iterator

import msgspec

from connectors.processors.decode import at, decode
from connectors.stripe.context import VENDOR, Context, page
from connectors.stripe.decode import id_of, is_object, moment, money
from connectors.stripe.payments import guarded, read_charge
from connectors.stripe.refunds import decode_refund, refund_record
from connectors.stripe.shapes import DisputeShape, Raw
from hub.connector import Faulty, Hint, Ignored
from hub.domain.errors import Unreadable
from hub.domain.records import DisputeRecord, DisputeStatus, Kind, Record, RefundRecord, RefundStatus, vendor_key

Said = Iterator[Record | Hint | Ignored | Faulty]

_dispute = msgspec.json.Decoder(DisputeShape).decode

_DISPUTE_STATUS: dict[str, tuple[int, DisputeStatus]] = {
    "warning_needs_response": (10, DisputeStatus.OPEN),
    "warning_under_review": (20, DisputeStatus.OPEN),
    "needs_response": (30, DisputeStatus.OPEN),
    "under_review": (40, DisputeStatus.OPEN),
    # An inquiry that ended, or a dispute settled before it began: no money was taken.
    "warning_closed": (50, DisputeStatus.WON),
    "prevented": (50, DisputeStatus.WON),
    "won": (60, DisputeStatus.WON),
    "lost": (60, DisputeStatus.LOST),
}


def read_refund(body: bytes | Raw, context: Context) -> Said:
    refund = decode(decode_refund, body, context.path)
    record = refund_record(refund, context)
    yield record
    if is_object(refund.charge):
        yield from guarded(read_charge, refund.charge, context.inside("charge"))
    elif (charge := id_of(refund.charge, at(context.path, "charge"))) and _asks_the_charge(record):
        yield Hint(kind="charge", external_id=charge)


def _asks_the_charge(record: RefundRecord) -> bool:
    """A refund that failed makes the charge's `amount_refunded` fall, and no event tells of that charge.

    One that we did not ask for may be the release of an authorisation, which only the charge tells.
    """
    return not record.request or record.status in (RefundStatus.FAILED, RefundStatus.CANCELLED)


def read_dispute(body: bytes | Raw, context: Context) -> Said:
    dispute = decode(_dispute, body, context.path)
    try:
        rank, status = _DISPUTE_STATUS[dispute.status]
    except KeyError:
        raise Unreadable(f"{at(context.path, 'status')}: {dispute.status!r} is not known") from None
    charge = id_of(dispute.charge, at(context.path, "charge"))
    intent = id_of(dispute.payment_intent, at(context.path, "payment_intent"))
    due = dispute.evidence_details.due_by if dispute.evidence_details else None
    payment = intent or charge
    yield DisputeRecord(
        source=context.source(Kind.DISPUTE, dispute.id),
        version=context.version(dispute.created, rank * 10_000),
        claims=context.claims(dispute.id, intent, charge, metadata=dispute.metadata),
        created_at=moment(dispute.created, context.path),
        updated_at=context.updated(dispute.created),
        url=page(not dispute.livemode, f"disputes/{dispute.id}"),
        status=status,
        amount=money(dispute.amount, dispute.currency, context.path),
        payment=vendor_key(VENDOR, payment) if payment else "",
        reason=dispute.reason or "",
        respond_by=moment(due, context.path, "evidence_details.due_by") if due else None,
    )
