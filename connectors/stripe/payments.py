"""Payment intents, charges and Checkout sessions: three tellers of one payment.

They share the claim of the intent's id. An intent knows what was received and never what was given back; refunds are
counted by the charge, which an intent of an old API version holds inside and which is then read on its own.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from connectors.processors.decode import at, decode
from connectors.processors.versions import share
from connectors.stripe.context import VENDOR, Context, page
from connectors.stripe.decode import id_of, is_object, moment, money
from connectors.stripe.refunds import refund_records
from connectors.stripe.shapes import ChargeShape, IntentShape, Listed, PaymentError, Raw, SessionShape
from hub.connector import Faulty, Hint, Ignored
from hub.domain.errors import Unreadable
from hub.domain.records import Kind, PaymentRecord, PaymentStatus, Record, vendor_key

Said = Iterator[Record | Hint | Ignored | Faulty]

_intent = msgspec.json.Decoder(IntentShape).decode
_charge = msgspec.json.Decoder(ChargeShape).decode
_session = msgspec.json.Decoder(SessionShape).decode

# How far each status is, for events of one second. `requires_payment_method` is where an intent begins and where a
# failed try puts it back; with an error it is further.
_INTENT_STATUS: dict[str, tuple[int, PaymentStatus]] = {
    "requires_payment_method": (0, PaymentStatus.PENDING),
    "requires_confirmation": (10, PaymentStatus.PENDING),
    "requires_action": (30, PaymentStatus.PENDING),
    "requires_source": (0, PaymentStatus.PENDING),  # names of 2018, still in 2019-02-11's events
    "requires_source_action": (30, PaymentStatus.PENDING),
    "processing": (40, PaymentStatus.PENDING),
    "requires_capture": (50, PaymentStatus.AUTHORIZED),
    "succeeded": (70, PaymentStatus.CAPTURED),
    "canceled": (80, PaymentStatus.CANCELLED),
}
_FAILED = 20


def read_intent(body: bytes | Raw, context: Context) -> Said:
    intent = decode(_intent, body, context.path)
    yield _intent_record(intent, context)
    yield from _inner_charges(intent, context)


def _intent_record(intent: IntentShape, context: Context) -> PaymentRecord:
    try:
        rank, status = _INTENT_STATUS[intent.status]
    except KeyError:
        raise Unreadable(f"{at(context.path, 'status')}: {intent.status!r} is not known") from None
    error = intent.last_payment_error if isinstance(intent.last_payment_error, PaymentError) else None
    if rank == 0 and error:
        rank, status = _FAILED, PaymentStatus.FAILED

    def amount(of: int, field: str) -> Any:
        return money(of, intent.currency, context.path, field)

    # What is still held, and what was taken. What a capture left over is released at once.
    held = intent.amount_capturable if status is PaymentStatus.AUTHORIZED else 0
    failure = ": ".join(part for part in (error.decline_code or error.code, error.message) if part) if error else ""
    return PaymentRecord(
        source=context.source(Kind.PAYMENT, intent.id),
        version=context.version(intent.created, rank * 10_000 + share(intent.amount_received, intent.amount)),
        claims=context.claims(intent.id, metadata=intent.metadata),
        identity=vendor_key(VENDOR, intent.id),
        created_at=moment(intent.created, context.path),
        updated_at=context.updated(intent.created),
        url=page(not intent.livemode, f"payments/{intent.id}"),
        status=status,
        amount=amount(intent.amount, "amount"),
        authorized=amount(held + intent.amount_received, "amount_capturable"),
        captured=amount(intent.amount_received, "amount_received"),
        refunded=amount(0, "amount"),
        authority=True,
        gateway="stripe",
        method=intent.payment_method_types[0] if len(intent.payment_method_types) == 1 else "",
        email=intent.receipt_email or "",
        failure=failure if status is not PaymentStatus.CAPTURED else "",
        customer=context.customer(id_of(intent.customer, at(context.path, "customer"))),
        can_capture=status is PaymentStatus.AUTHORIZED,
        test=not intent.livemode,
    )


def _inner_charges(intent: IntentShape, context: Context) -> Said:
    if intent.charges:
        yield from _each(intent.charges, context.inside("charges"), read_charge)
    latest = context.inside("latest_charge")
    if is_object(intent.latest_charge):
        yield from guarded(read_charge, intent.latest_charge, latest)
    elif intent.status == "canceled" and (charge := id_of(intent.latest_charge, latest.path)):
        # The charge still says that money is held until someone asks it again.
        yield Hint(kind="charge", external_id=charge)


def _each(listed: Listed, context: Context, reader: Any) -> Said:
    for index, raw in enumerate(listed.data):
        yield from guarded(reader, raw, context.inside(f"data[{index}]"))


def guarded(reader: Any, raw: bytes | Raw, context: Context) -> Said:
    """One bad item does not spoil its siblings."""
    try:
        yield from list(reader(raw, context))
    except Unreadable as fault:
        yield Faulty(path=str(fault))


def read_charge(body: bytes | Raw, context: Context) -> Said:
    charge = decode(_charge, body, context.path)
    yield _charge_record(charge, context)
    if charge.refunds and charge.refunds.data:
        yield from refund_records(charge, context)
    elif charge.captured and _released(charge) and charge.amount_refunded and context.event:
        # Stripe books what a partial capture released as a refund, too. Only the list tells it from a real one.
        yield Hint(kind="charge", external_id=charge.id)


def _taken(charge: ChargeShape) -> int:
    if not charge.captured:
        return 0
    return charge.amount if charge.amount_captured is None else charge.amount_captured


def _released(charge: ChargeShape) -> int:
    """What was authorised and never taken. Stripe counts it as refunded once it is let go."""
    return charge.amount - _taken(charge)


def _charge_record(charge: ChargeShape, context: Context) -> PaymentRecord:
    path = context.path
    taken, released = _taken(charge), _released(charge)
    let_go = not charge.captured and (charge.refunded or charge.amount_refunded >= charge.amount > 0)
    rank, status = _charge_status(charge, let_go, path)
    details = charge.payment_method_details or {}
    method = details.get("type")
    card = details.get(method) if isinstance(method, str) else None
    card = card if isinstance(card, dict) else {}
    billing = charge.billing_details
    intent = id_of(charge.payment_intent, at(path, "payment_intent"))

    def amount(of: int, field: str) -> Any:
        return money(of, charge.currency, path, field)

    held = charge.amount if status is PaymentStatus.AUTHORIZED else 0
    return PaymentRecord(
        source=context.source(Kind.PAYMENT, charge.id),
        version=context.version(charge.created, rank * 10_000 + share(charge.amount_refunded, charge.amount)),
        claims=context.claims(charge.id, intent, metadata=charge.metadata),
        identity=vendor_key(VENDOR, intent or charge.id),
        created_at=moment(charge.created, path),
        updated_at=context.updated(charge.created),
        url=page(not charge.livemode, f"payments/{intent or charge.id}"),
        status=status,
        amount=amount(charge.amount, "amount"),
        authorized=amount(held + taken, "amount"),
        captured=amount(taken, "amount_captured"),
        refunded=amount(max(charge.amount_refunded - released, 0) if charge.captured else 0, "amount_refunded"),
        authority=True,
        gateway="stripe",
        method=method if isinstance(method, str) else "",
        brand=_word(card.get("brand")),
        last4=_word(card.get("last4")),
        email=charge.receipt_email or (billing and billing.email) or "",
        name=(billing and billing.name) or "",
        failure=": ".join(part for part in (charge.failure_code, charge.failure_message) if part),
        customer=context.customer(id_of(charge.customer, at(path, "customer"))),
        authorized_at=moment(charge.created, path) if charge.paid and rank > 20 else None,
        captured_at=moment(charge.created, path) if taken else None,  # of a later capture, Stripe does not say
        can_capture=status is PaymentStatus.AUTHORIZED,
        test=not charge.livemode,
    )


def _charge_status(charge: ChargeShape, let_go: bool, path: str) -> tuple[int, PaymentStatus]:
    match charge.status:
        case "failed":
            return 20, PaymentStatus.FAILED
        case "pending":
            return 10, PaymentStatus.PENDING
        case "succeeded" | "paid" | None:
            if let_go:
                return 80, PaymentStatus.CANCELLED
            return (70, PaymentStatus.CAPTURED) if charge.captured else (50, PaymentStatus.AUTHORIZED)
        case other:
            raise Unreadable(f"{at(path, 'status')}: {other!r} is not known")


def read_session(body: bytes | Raw, context: Context) -> Said:
    """A Checkout session names the order (`client_reference_id`) that its intent may know nothing of.

    So it is a teller of the intent's payment without authority: it brings the claims, the intent the truth.
    """
    session = decode(_session, body, context.path)
    intent = id_of(session.payment_intent, at(context.path, "payment_intent"))
    if session.mode != "payment":
        yield Ignored(reason=f"a Checkout session in {session.mode} mode: nothing of it is an order's own payment")
        return
    if session.payment_status == "no_payment_required" or session.amount_total is None or not session.currency:
        yield Ignored(reason="a Checkout session without an amount to pay")
        return
    created = session.created
    if created is None:
        if context.said is None:
            raise Unreadable(f"{at(context.path, 'created')}: absent, and nothing else tells the time")
        created = int(context.said.timestamp())
    total = money(session.amount_total, session.currency, context.path, "amount_total")
    none = money(0, session.currency, context.path)
    paid = session.payment_status == "paid"
    rank, status = (70, PaymentStatus.CAPTURED) if paid else (0, PaymentStatus.PENDING)
    if session.status == "expired":
        rank, status = 80, PaymentStatus.CANCELLED
    elif context.event.endswith(".async_payment_failed"):
        rank, status = 20, PaymentStatus.FAILED
    who = session.customer_details
    yield PaymentRecord(
        source=context.source(Kind.PAYMENT, session.id),
        version=context.version(created, rank * 10_000),
        claims=context.claims(session.id, intent, metadata=session.metadata, reference=session.client_reference_id),
        identity=vendor_key(VENDOR, intent or session.id),
        created_at=moment(created, context.path),
        updated_at=context.updated(created),
        status=status,
        amount=total,
        authorized=total if paid else none,
        captured=total if paid else none,
        refunded=none,
        authority=False,
        gateway="stripe",
        email=(who and who.email) or session.customer_email or "",
        name=(who and who.name) or "",
        customer=context.customer(id_of(session.customer, at(context.path, "customer"))),
        test=not session.livemode,
    )


def _word(found: object) -> str:
    return found if isinstance(found, str) else ""
