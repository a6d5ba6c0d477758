"""Money that goes back: refunds and disputes as PayPal tells of them."""

import re
from collections.abc import Iterator

import msgspec

from connectors.paypal.context import VENDOR, Context, related, times, version
from connectors.paypal.decode import moment, money
from connectors.paypal.shapes import Dispute, Raw, Transaction
from connectors.processors.decode import at, decode
from hub.connector import Faulty, Hint, Ignored
from hub.domain.errors import Unreadable
from hub.domain.records import DisputeRecord, DisputeStatus, Kind, Record, RefundRecord, RefundStatus, vendor_key

Said = Iterator[Record | Hint | Ignored | Faulty]

_refund = msgspec.json.Decoder(Transaction).decode
_dispute = msgspec.json.Decoder(Dispute).decode

_REFUND: dict[str, tuple[int, RefundStatus]] = {
    "PENDING": (10, RefundStatus.PENDING),
    "COMPLETED": (30, RefundStatus.SUCCEEDED),
    "CANCELLED": (40, RefundStatus.CANCELLED),
    "FAILED": (50, RefundStatus.FAILED),
}
GIVEN_BACK = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)  # the money left, or is about to
# What we write into `custom_id` of a refund: our order, the refund request, the command.
_OURS = re.compile(r"(ord_[0-9a-z]{26}),([A-Za-z0-9_.-]+),(cmd_[A-Za-z0-9_]+)", re.ASCII)


def refund_reference(order: str, request: str, command: str) -> str:
    """Only commas and these letters pass PayPal's pattern for a refund's `custom_id`; it holds 127 of them."""
    return f"{order},{request},{command}"


def reference_of(custom_id: str | None) -> tuple[str, str]:
    """(refund request, command), or ("", "") for a refund that is not ours."""
    found = _OURS.fullmatch(custom_id or "")
    return (found[2], found[3]) if found else ("", "")


def read_refund(body: bytes | Raw, context: Context) -> Said:
    shape = decode(_refund, body, context.path)
    # A status that is new to us: the money may be on its way.
    rank, status = _REFUND.get((shape.status or shape.state or "").upper(), (0, RefundStatus.PENDING))
    capture = related(shape, context).capture_id or ""
    created, updated = times(shape, context.path)
    request, _ = reference_of(shape.custom_id)
    yield RefundRecord(
        source=context.source(Kind.REFUND, shape.id),
        version=version(updated, rank),
        claims=context.claims((shape.id, capture), (shape.custom_id, shape.custom), ()),
        created_at=created,
        updated_at=updated,
        url=context.page(f"activity/payment/{shape.id}"),
        status=status,
        amount=money(shape.amount, context.path),
        payment=vendor_key(VENDOR, capture) if capture else "",
        authority=True,
        reason=(shape.status_details and shape.status_details.reason) or "",
        request=request,
    )
    if status in (RefundStatus.FAILED, RefundStatus.CANCELLED) and capture and not context.order:
        # The capture has the money again, and no event of its own tells of that.
        yield Hint(kind="capture", external_id=capture)


# "outcome_code" of the specification: what became of the money, seen from the seller.
_LOST = ("RESOLVED_BUYER_FAVOUR", "ACCEPTED")  # "DENIED": the claim was, so the money stays
_RANKS = ("OPEN", "WAITING_FOR_BUYER_RESPONSE", "WAITING_FOR_SELLER_RESPONSE", "UNDER_REVIEW", "OTHER", "RESOLVED")


def read_dispute(body: bytes | Raw, context: Context) -> Said:
    shape = decode(_dispute, body, context.path)
    if shape.disputed_transactions is None:
        # A row of the list: which payment it is about, only the dispute itself says.
        yield Hint(kind="dispute", external_id=shape.dispute_id)
        return
    if shape.dispute_amount is None:
        raise Unreadable(f"{at(context.path, 'dispute_amount')}: absent")
    created = moment(shape.create_time, context.path, "create_time")
    updated = max(created, moment(shape.update_time, context.path, "update_time")) if shape.update_time else created
    about = shape.disputed_transactions
    ids = [each.seller_transaction_id or "" for each in about]
    due = shape.seller_response_due_date
    outcome = (shape.dispute_outcome and shape.dispute_outcome.outcome_code) or ""
    status = DisputeStatus.OPEN
    if shape.status == "RESOLVED":
        status = DisputeStatus.LOST if outcome in _LOST else DisputeStatus.WON
    yield DisputeRecord(
        source=context.source(Kind.DISPUTE, shape.dispute_id),
        version=version(updated, _RANKS.index(shape.status) if shape.status in _RANKS else 0),
        claims=context.claims(
            (shape.dispute_id, *ids), (each.custom for each in about), (each.invoice_number for each in about)
        ),
        created_at=created,
        updated_at=updated,
        url=context.page(f"resolutioncenter/view/{shape.dispute_id}"),
        status=status,
        amount=money(shape.dispute_amount, context.path, "dispute_amount"),
        payment=next((vendor_key(VENDOR, each) for each in ids if each), ""),
        reason=(shape.reason or "").lower(),
        respond_by=moment(due, context.path, "seller_response_due_date") if due else None,
    )
