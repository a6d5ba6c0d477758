"""Transactions are steps; payments are totals. A chain (an authorization with its captures, or a sale) is one payment.

The processor's ids in a transaction (`payment_id`, `authorization`, `receipt`) are claimed by the payment, and by it
alone: it claims its order's key beside them, which joins order and processor. An order's own record does not repeat
them, because the webhook of the same order has no transactions, and one state must give one record.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from connectors.shopify import rest_shapes as rest
from connectors.shopify.read_customer import version_of
from hub.connector import Faulty, Reading
from hub.domain.money import Money
from hub.domain.records import (
    Kind,
    PaymentRecord,
    PaymentStatus,
    RefundRecord,
    RefundStatus,
    Source,
    vendor_key,
)

_OPENS = ("sale", "authorization", "emv_authorization")
_DONE = ("success",)
_PENDING = ("pending", "awaiting_response")
_STRIPE_PAYMENT = ("pi_", "ch_", "py_")
_STRIPE_REFUND = ("re_", "pyr_")
_PAYPAL_ID = re.compile(r"[0-9A-Z]{17}", re.ASCII)  # of a capture, an authorization or a refund alike
_RECEIPT_IDS = ("id", "payment_intent", "charge", "latest_charge", "charges", "data")


def payments(
    reading: Reading, order_id: str, currency: str, transactions: Sequence[rest.Transaction]
) -> Iterator[PaymentRecord | Faulty]:
    """Of all transactions of an order. Failed attempts are payments that failed."""
    chains = _chains(transactions)
    for root, steps in chains:
        try:
            yield _payment(reading, order_id, currency, root, steps)
        except ValueError as fault:
            yield Faulty(path=f"transaction {root.id}: {fault}")


def _chains(
    transactions: Sequence[rest.Transaction],
) -> list[tuple[rest.Transaction, list[rest.Transaction]]]:
    by_id = {each.external_id: each for each in transactions}
    chains: dict[str, list[rest.Transaction]] = defaultdict(list)
    for each in transactions:
        root, seen = each, {each.external_id}
        while root.parent_id and str(root.parent_id) in by_id and str(root.parent_id) not in seen:
            root = by_id[str(root.parent_id)]
            seen.add(root.external_id)
        chains[root.external_id].append(each)
    # A capture whose authorization is unknown is a payment; a refund or void alone is none.
    return [(by_id[root], steps) for root, steps in chains.items() if by_id[root].kind.lower() in (*_OPENS, "capture")]


def _payment(
    reading: Reading, order_id: str, currency: str, root: rest.Transaction, steps: Iterable[rest.Transaction]
) -> PaymentRecord:
    ordered = sorted(steps, key=lambda step: (step.at, step.external_id))
    authorized = _sum(ordered, currency, ("authorization", "emv_authorization"), _DONE)
    captured = _sum(ordered, currency, ("capture", "sale"), _DONE)
    refunded = _sum(ordered, currency, ("refund",), _DONE)
    voided = any(step.kind.lower() == "void" and _status(step) in _DONE for step in ordered)
    trusted = (root.gateway or "") in reading.settings.trusted_gateways
    if captured:
        status = PaymentStatus.CAPTURED
    elif voided:
        status = PaymentStatus.CANCELLED
    elif authorized:
        status = PaymentStatus.AUTHORIZED
    elif _status(root) in _PENDING:
        status = PaymentStatus.PENDING
    else:
        status = PaymentStatus.FAILED
    card = root.payment_details or rest.Card()
    claims = {Source(reading.connection, Kind.ORDER, order_id).key}
    for step in ordered:
        claims.add(transaction_key(step.external_id))
        claims.update(processor_keys(step, _STRIPE_PAYMENT))
        claims.update(paypal_keys(step) if step.kind.lower() not in ("refund", "void") else ())
    captures = [step.at for step in ordered if step.kind.lower() in ("capture", "sale") and _status(step) in _DONE]
    return PaymentRecord(
        source=Source(reading.connection, Kind.PAYMENT, root.external_id),
        # Transactions have no update time: the newest one's own time, then how many there are and how many are settled.
        version=version_of(ordered[-1].at, sum(1 if _status(step) in _PENDING else 2 for step in ordered)),
        claims=tuple(sorted(claims)),
        identity=_identity(claims),
        created_at=root.at,
        updated_at=ordered[-1].at,
        url=f"https://{reading.settings.shop}/admin/orders/{order_id}",
        status=status,
        amount=money(root.amount, currency),
        # What a void released is held no more. A sale takes the money at once and never holds it.
        authorized=Money.zero(currency) if voided and not captured else authorized,
        captured=captured,
        refunded=refunded,
        authority=trusted,
        gateway=root.gateway or "",
        method="card" if card.credit_card_number else (card.payment_method_name or ""),
        brand=card.credit_card_company or "",
        last4=_last4(card.credit_card_number or ""),
        name=card.credit_card_name or "",
        failure="" if status is not PaymentStatus.FAILED else (root.error_code or ""),
        authorized_at=root.at if authorized else None,
        captured_at=min(captures, default=None),
        can_capture=status is PaymentStatus.AUTHORIZED,
        test=bool(root.test),
    )


def refunds(
    reading: Reading, order_id: str, currency: str, said: Sequence[rest.Refund]
) -> Iterator[RefundRecord | Faulty]:
    """One record per refunding transaction: a refund may be split over payments. One without any moved no money (goods
    taken back, lines taken out of the order) and is no record."""
    for refund in said:
        lines = refund.refund_line_items or []
        moved = sorted(
            (each for each in refund.transactions or [] if each.kind.lower() == "refund"),
            key=lambda each: each.external_id,
        )
        for position, each in enumerate(moved):
            try:
                # The lines are the refund's as a whole: its first transaction tells them, so that they count once.
                told = tuple((line.line_id, line.quantity) for line in lines) if position == 0 else ()
                yield _refund(reading, order_id, currency, refund, each, told)
            except ValueError as fault:
                yield Faulty(path=f"refund {refund.id}: {fault}")


def _refund(
    reading: Reading,
    order_id: str,
    currency: str,
    refund: rest.Refund,
    step: rest.Transaction,
    lines: tuple[tuple[str, int], ...],
) -> RefundRecord:
    payment = transaction_key(str(step.parent_id)) if step.parent_id else _one(processor_keys(step, _STRIPE_PAYMENT))
    claims = {Source(reading.connection, Kind.ORDER, order_id).key}
    claims.update(processor_keys(step, _STRIPE_REFUND), paypal_keys(step))
    status = RefundStatus.FAILED
    if _status(step) in _DONE:
        status = RefundStatus.SUCCEEDED
    elif _status(step) in _PENDING:
        status = RefundStatus.PENDING
    return RefundRecord(
        source=Source(reading.connection, Kind.REFUND, step.external_id),
        version=version_of(step.at, 0 if status is RefundStatus.PENDING else 1),
        claims=tuple(sorted(claims | ({payment} if payment else set()))),
        created_at=step.at,
        updated_at=step.at,
        url=f"https://{reading.settings.shop}/admin/orders/{order_id}",
        status=status,
        amount=money(step.amount, currency),
        payment=payment,
        authority=(step.gateway or "") in reading.settings.trusted_gateways,
        reason=refund.note or "",
        lines=lines,
    )


def in_shop_currency(step: rest.Transaction, currency: str) -> bool:
    """False where a webhook tells the amount in the buyer's currency: only the API tells the shop's."""
    return not step.currency or step.currency.upper() == currency.upper()


def shop_currency(step: rest.Transaction) -> str:
    told = step.total_unsettled_set.shop_money if step.total_unsettled_set else None
    return ((told.currency or told.currency_code) if told else None) or step.currency or ""


def transaction_key(transaction_id: str) -> str:
    """A refund names its capture, which need not be the transaction that the payment is named by."""
    return vendor_key("shopify", f"OrderTransaction/{transaction_id}")


def _identity(claims: set[str]) -> str:
    """An intent before a charge: all that Stripe tells of a payment names its intent."""
    keys = sorted(claim for claim in claims if claim.startswith(("stripe/", "paypal/")))
    return next((key for key in keys if key.startswith("stripe/pi_")), keys[0] if keys else "")


def processor_keys(step: rest.Transaction, prefixes: tuple[str, ...]) -> list[str]:
    """Stripe's ids tell by their prefix what they are."""
    receipt = step.receipt
    if isinstance(receipt, str):  # the Admin API gives it as text
        try:
            receipt = rest.decode(receipt.encode(), Any)
        except (msgspec.DecodeError, ValueError):
            receipt = None
    told = (step.payment_id, step.authorization, *_ids(receipt))
    found = {each for each in told if each and each.startswith(prefixes) and len(each) <= 255}
    return sorted(vendor_key("stripe", each) for each in found)


def paypal_keys(step: rest.Transaction) -> list[str]:
    """PayPal's ids do not tell what they are, nor that they are PayPal's: the gateway has to."""
    if "paypal" not in (step.gateway or "").lower():
        return []
    told = (step.payment_id, step.authorization)
    return sorted({vendor_key("paypal", each) for each in told if each and _PAYPAL_ID.fullmatch(each)})


def _ids(receipt: object, depth: int = 0) -> Iterator[str]:
    """Ids in the few places where gateways put them; the rest of a receipt is anyone's free text."""
    if isinstance(receipt, str):
        yield receipt
    elif isinstance(receipt, dict) and depth < 4:
        for name in _RECEIPT_IDS:
            yield from _ids(receipt.get(name), depth + 1)
    elif isinstance(receipt, list) and depth < 4:
        for item in receipt[:20]:
            yield from _ids(item, depth + 1)


def money(amount: Any, currency: str) -> Money:
    return Money.parse(amount, currency)


def _sum(steps: Iterable[rest.Transaction], currency: str, kinds: tuple[str, ...], statuses: tuple[str, ...]) -> Money:
    matching = (step for step in steps if step.kind.lower() in kinds and _status(step) in statuses)
    return sum((money(step.amount, currency) for step in matching), start=Money.zero(currency))


def _status(step: rest.Transaction) -> str:
    return (step.status or "").lower()


def _last4(number: str) -> str:
    digits = number.strip()[-4:]
    return digits if len(digits) == 4 and digits.isascii() and digits.isdecimal() else ""


def _one(keys: list[str]) -> str:
    return keys[0] if keys else ""
