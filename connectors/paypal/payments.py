"""Orders, authorizations, captures and v1 sales: the tellers of one payment.

All are named by the PayPal order, which only the oldest of them do not know. A capture tells of itself alone, so where
an authorization may be captured in parts the order, which counts them together, is asked for.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from connectors.paypal.context import VENDOR, Context, related, times, version
from connectors.paypal.decode import moment, money
from connectors.paypal.reversals import GIVEN_BACK, read_refund
from connectors.paypal.shapes import Order, PurchaseUnit, Raw, Transaction
from connectors.processors.decode import decode
from connectors.processors.versions import share
from hub.connector import Faulty, Hint, Ignored
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import Kind, PaymentRecord, PaymentStatus, Record, RefundRecord, vendor_key

Said = Iterator[Record | Hint | Ignored | Faulty]

_order = msgspec.json.Decoder(Order).decode
_transaction = msgspec.json.Decoder(Transaction).decode

# How far each status is, for tellings of one second: steps of ten, as of two tellings of one status the one that names
# the order counts more. A word that is new to us moves no money.
_CAPTURE: dict[str, tuple[int, PaymentStatus]] = {
    "PENDING": (10, PaymentStatus.PENDING),
    "DECLINED": (20, PaymentStatus.FAILED),
    "DENIED": (20, PaymentStatus.FAILED),
    "FAILED": (20, PaymentStatus.FAILED),
    "COMPLETED": (30, PaymentStatus.CAPTURED),
    "PARTIALLY_REFUNDED": (40, PaymentStatus.CAPTURED),
    "REFUNDED": (50, PaymentStatus.CAPTURED),
    "REVERSED": (60, PaymentStatus.CAPTURED),
}
_AUTHORIZATION: dict[str, tuple[int, PaymentStatus]] = {
    "PENDING": (10, PaymentStatus.PENDING),
    "CREATED": (20, PaymentStatus.AUTHORIZED),
    "AUTHORIZED": (20, PaymentStatus.AUTHORIZED),  # v1's word
    "PARTIALLY_CAPTURED": (30, PaymentStatus.AUTHORIZED),
    "CAPTURED": (40, PaymentStatus.CAPTURED),
    "DENIED": (50, PaymentStatus.FAILED),
    "EXPIRED": (50, PaymentStatus.CANCELLED),
    "VOIDED": (50, PaymentStatus.CANCELLED),
}
_NEW = (0, PaymentStatus.PENDING)
_RANK = {status: rank for rank, status in enumerate(PaymentStatus, 1)}


def read_capture(body: bytes | Raw, context: Context) -> Said:
    yield from _taken(body, context, "captures")


def read_sale(body: bytes | Raw, context: Context) -> Said:
    yield from _taken(body, context, "sale")


def _taken(body: bytes | Raw, context: Context, what: str) -> Said:
    shape = decode(_transaction, body, context.path)
    word = _word(shape)
    rank, status = _CAPTURE.get(word, _NEW)
    amount = money(shape.amount, context.path)
    none = Money.zero(amount.currency)
    ids = related(shape, context)
    created, updated = when = times(shape, context.path)
    taken = amount if status is PaymentStatus.CAPTURED else none
    yield PaymentRecord(
        **_head(shape, context, what, when, (ids.order_id, ids.authorization_id)),
        version=version(updated, rank + bool(ids.order_id)),
        status=status,
        amount=amount,
        # What an authorization held is the authorization's to tell.
        authorized=none if ids.authorization_id else taken,
        captured=taken,
        # In part: only the refunds say how much.
        refunded=amount if word in ("REFUNDED", "REVERSED") else none,
        failure=_reason(shape) if status is PaymentStatus.FAILED else "",
        captured_at=created if taken else None,
    )
    if context.order:
        return
    if ids.order_id and (ids.authorization_id or word == "PARTIALLY_REFUNDED"):
        yield Hint(kind="order", external_id=ids.order_id)
    elif ids.authorization_id and not shape.parent_payment:
        yield Hint(kind="authorization", external_id=ids.authorization_id)


def read_authorization(body: bytes | Raw, context: Context) -> Said:
    shape = decode(_transaction, body, context.path)
    word = _word(shape)
    rank, status = _AUTHORIZATION.get(word, _NEW)
    amount = money(shape.amount, context.path)
    none = Money.zero(amount.currency)
    ids = related(shape, context)
    created, updated = when = times(shape, context.path)
    held = status in (PaymentStatus.AUTHORIZED, PaymentStatus.CAPTURED)
    yield PaymentRecord(
        **_head(shape, context, "authorizations", when, (ids.order_id,)),
        version=version(updated, rank + bool(ids.order_id)),
        status=status,
        amount=amount,
        authorized=amount if held else none,
        captured=none,  # its captures say how much
        refunded=none,
        failure=_reason(shape) if status is PaymentStatus.FAILED else "",
        authorized_at=created if held else None,
        can_capture=status is PaymentStatus.AUTHORIZED,
    )
    if not context.order and ids.order_id and word in ("CAPTURED", "PARTIALLY_CAPTURED"):
        yield Hint(kind="order", external_id=ids.order_id)


def _word(shape: Transaction) -> str:
    return (shape.status or shape.state or "").upper()


def _reason(shape: Transaction) -> str:
    return (shape.status_details and shape.status_details.reason) or shape.reason_code or _word(shape).lower()


def _head(
    shape: Transaction, context: Context, what: str, when: tuple[datetime, datetime], others: tuple[str | None, ...]
) -> dict[str, Any]:
    """The external id is the path in PayPal's API: its ids alone do not tell what they name."""
    created, updated = when
    named = [each for each in (*others, shape.parent_payment) if each]
    return {
        "source": context.source(Kind.PAYMENT, f"{what}/{shape.id}"),
        "claims": context.claims(
            (shape.id, *named), (shape.custom_id, shape.custom), (shape.invoice_id, shape.invoice_number)
        ),
        "identity": vendor_key(VENDOR, next(iter(named), shape.id)),
        "created_at": created,
        "updated_at": updated,
        "url": context.page(f"activity/payment/{shape.id}"),
        "authority": True,
        "gateway": VENDOR,
        "method": VENDOR,
        "test": context.settings.is_test,
    }


# ------------------------------------------------------------------------------------------------------------ order


def read_order(body: bytes | Raw, context: Context) -> Said:
    order = decode(_order, body, context.path)
    if order.purchase_units is None or order.create_time is None:
        # The answer to a create or capture without `Prefer: return=representation`: id, status and links.
        yield Hint(kind="order", external_id=order.id)
        return
    inner: list[Record] = []
    for index, unit in enumerate(order.purchase_units):
        where = context.inside(f"purchase_units[{index}].payments", order.id)
        for said in _of_unit(unit, where):
            inner += [said] if isinstance(said, Record) else []
            yield said
    yield _order_record(order, order.purchase_units, inner, context)


def _of_unit(unit: PurchaseUnit, context: Context) -> Said:
    if unit.payments is None:
        return
    readers: tuple[tuple[str, list[Raw] | None, Callable[[bytes | Raw, Context], Said]], ...] = (
        ("authorizations", unit.payments.authorizations, read_authorization),
        ("captures", unit.payments.captures, read_capture),
        ("refunds", unit.payments.refunds, read_refund),
    )
    for name, items, reader in readers:
        for index, raw in enumerate(items or []):
            try:
                yield from list(reader(raw, context.inside(f"{name}[{index}]")))
            except Unreadable as fault:
                yield Faulty(path=str(fault))


def _order_record(order: Order, units: list[PurchaseUnit], inner: list[Record], context: Context) -> PaymentRecord:
    amounts = [
        money(unit.amount, context.path, f"purchase_units[{index}].amount")
        for index, unit in enumerate(units)
        if unit.amount
    ]
    if not amounts:
        raise Unreadable(f"{context.path or 'body'}.purchase_units: no amount")
    currency = amounts[0].currency
    payments = [each for each in inner if isinstance(each, PaymentRecord) and each.amount.currency == currency]
    held = [each for each in payments if each.source.external_id.startswith("authorizations/")]
    taken = [each for each in payments if each not in held]
    back = [each for each in inner if isinstance(each, RefundRecord) and each.status in GIVEN_BACK]
    captured = sum((each.captured for each in taken), Money.zero(currency))
    authorized = sum((each.authorized for each in held), Money.zero(currency))
    refunded = _given_back(taken, [each for each in back if each.amount.currency == currency])
    total = sum(amounts, Money.zero(currency))
    status = _order_status(order, held, taken)
    assert order.create_time is not None
    created = moment(order.create_time, context.path, "create_time")
    changed = [moment(order.update_time, context.path, "update_time")] if order.update_time else []
    updated = max([created, *changed, *(each.updated_at for each in inner)])
    name = order.payer.name if order.payer else None
    part = share(captured.minor, total.minor) + share(refunded, total.minor)
    return PaymentRecord(
        source=context.source(Kind.PAYMENT, f"orders/{order.id}"),
        version=version(updated, _RANK[status] * 20_000 + part),
        # Its captures do not always name it.
        claims=context.claims(
            (order.id, *(each.source.external_id.partition("/")[2] for each in payments)),
            (unit.custom_id for unit in units),
            (unit.invoice_id for unit in units),
        ),
        identity=vendor_key(VENDOR, order.id),
        created_at=created,
        updated_at=updated,
        status=status,
        amount=total,
        authorized=authorized if captured < authorized else captured,
        captured=captured,
        refunded=Money(refunded, currency),
        authority=True,
        gateway=VENDOR,
        method=VENDOR,
        email=(order.payer and order.payer.email_address) or "",
        name=" ".join(part for part in (name.given_name, name.surname) if part) if name else "",
        authorized_at=min((each.authorized_at for each in held if each.authorized_at), default=None),
        captured_at=min((each.captured_at for each in taken if each.captured_at), default=None),
        can_capture=any(each.can_capture for each in held),
        test=context.settings.is_test,
    )


def _given_back(taken: list[PaymentRecord], refunds: list[RefundRecord]) -> int:
    """Minor units. Of each capture what its refunds sum up to, or all of it where its status says so."""
    captures = {vendor_key(VENDOR, each.source.external_id.partition("/")[2]): each.refunded.minor for each in taken}
    listed = dict.fromkeys(("", *captures), 0)
    for each in refunds:
        listed[each.payment if each.payment in captures else ""] += each.amount.minor
    known = sum(max(minor, listed[capture]) for capture, minor in captures.items())
    return max(known, sum(listed.values()))


def _order_status(order: Order, held: list[PaymentRecord], taken: list[PaymentRecord]) -> PaymentStatus:
    if any(each.captured for each in taken):
        return PaymentStatus.CAPTURED
    said = {each.status for each in (*held, *taken)}
    for status in (PaymentStatus.AUTHORIZED, PaymentStatus.PENDING):
        if status in said:
            return status
    if order.status == "VOIDED" or PaymentStatus.CANCELLED in said:
        return PaymentStatus.CANCELLED
    # The buyer may try again with other means, as long as the order is open.
    return PaymentStatus.FAILED if PaymentStatus.FAILED in said else PaymentStatus.PENDING
