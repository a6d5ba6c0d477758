"""Payments and refunds of one order: the same money told by several systems is counted once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hub.domain.ids import derived_id
from hub.domain.money import Money
from hub.domain.order import Dispute, Payment, Refund, RefundRequest
from hub.domain.records import (
    DisputeRecord,
    PaymentRecord,
    PaymentStatus,
    Record,
    RefundRecord,
    RefundRequestRecord,
    RefundStatus,
)

_STATUS_RANK = [
    PaymentStatus.FAILED,
    PaymentStatus.CANCELLED,
    PaymentStatus.PENDING,
    PaymentStatus.AUTHORIZED,
    PaymentStatus.CAPTURED,
]
_GIVEN_BACK = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moneys:
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    requests: tuple[RefundRequest, ...]
    disputes: tuple[Dispute, ...]


def fold_moneys(records: Sequence[Record]) -> Moneys:
    tellings = _same(record for record in records if isinstance(record, PaymentRecord))
    payment_of = {key: _id(telling) for telling in tellings for key in (*_names(telling), _id(telling))}
    refunds = _refunds([record for record in records if isinstance(record, RefundRecord)], payment_of)
    payments = tuple(
        sorted((_payment(telling, refunds) for telling in tellings), key=lambda each: (each.created_at, each.source))
    )
    done = {refund.request for refund in refunds if refund.request and refund.status in _GIVEN_BACK}
    requests = tuple(
        RefundRequest(
            id=record.source.external_id,
            payment=payment_of.get(record.payment, record.payment),
            amount=record.amount,
            reason=record.reason,
            by=record.by,
            at=record.created_at,
            done=record.source.external_id in done,
        )
        for record in sorted(
            (record for record in records if isinstance(record, RefundRequestRecord)),
            key=lambda record: (record.created_at, record.source),
        )
    )
    disputes = tuple(
        Dispute(
            source=record.source,
            payment=payment_of.get(record.payment, record.payment),
            amount=record.amount,
            status=record.status,
            reason=record.reason,
            respond_by=record.respond_by,
            created_at=record.created_at,
        )
        for record in sorted(
            (record for record in records if isinstance(record, DisputeRecord)),
            key=lambda record: (record.created_at, record.source),
        )
    )
    return Moneys(payments=payments, refunds=refunds, requests=requests, disputes=disputes)


def _vendor_keys(record: Record) -> set[str]:
    """Claims such as `stripe/pi_1`. An order's key, which all its payments share, does not make them one."""
    return {claim for claim in record.claims if "/" in claim}


def _same(records: Iterable[PaymentRecord]) -> list[list[PaymentRecord]]:
    tellings: list[list[PaymentRecord]] = []
    for record in sorted(records, key=lambda record: record.source):
        mine = _vendor_keys(record) | {record.source.key}
        together = [telling for telling in tellings if mine & _names(telling)]
        merged = [record, *(each for telling in together for each in telling)]
        tellings = [telling for telling in tellings if telling not in together] + [merged]
    return tellings


def _names(telling: Sequence[Record]) -> set[str]:
    return {record.source.key for record in telling} | {key for record in telling for key in _vendor_keys(record)}


def _id(telling: Sequence[PaymentRecord]) -> str:
    """Stable while tellings come and go: what is planned for a payment is planned under its id."""
    named = {(not record.authority, record.identity or record.source.key) for record in telling}
    return derived_id("pay", min(named)[1])


def _believed(telling: Sequence[PaymentRecord]) -> PaymentRecord:
    """The record of the system that moved the money; of several, the one that tells of most, then the oldest."""
    return min(
        telling,
        key=lambda record: (
            not record.authority,
            -_STATUS_RANK.index(record.status),
            -record.captured.minor,
            record.created_at,
            record.source,
        ),
    )


def _payment(telling: Sequence[PaymentRecord], refunds: Sequence[Refund]) -> Payment:
    lead = _believed(telling)
    believed = [
        record
        for record in telling
        if record.authority == lead.authority and record.amount.currency == lead.amount.currency
    ]
    given_back = sum(
        refund.amount.minor
        for refund in refunds
        if refund.payment == _id(telling)
        and refund.verified
        and refund.status in _GIVEN_BACK
        and refund.amount.currency == lead.amount.currency
    )
    captured = max(record.captured.minor for record in believed)
    # Totals so far: of an intent and its charge, the larger one is the later one.
    refunded = max(given_back, *(record.refunded.minor for record in believed))
    # An intent that was cancelled takes the hold of its charge with it, though the charge does not say so yet.
    cancelled = not captured and any(record.status is PaymentStatus.CANCELLED for record in believed)
    holding = [record for record in believed if record.authorized]
    money = lead.amount.currency
    return Payment(
        id=_id(telling),
        source=lead.source,
        sources=tuple(sorted(record.source for record in telling)),
        status=PaymentStatus.CANCELLED if cancelled else lead.status,
        amount=lead.amount,
        authorized=Money(max(record.authorized.minor for record in believed), money),
        captured=Money(captured, money),
        refunded=Money(refunded, money),
        verified=lead.authority,
        can_capture=bool(holding) and not cancelled and all(record.can_capture for record in holding),
        gateway=_first(record.gateway for record in (lead, *telling)),
        method=_first(record.method for record in (lead, *telling)),
        brand=_first(record.brand for record in (lead, *telling)),
        last4=_first(record.last4 for record in (lead, *telling)),
        failure=lead.failure,
        created_at=min(record.created_at for record in believed),
        captured_at=min((record.captured_at for record in believed if record.captured_at), default=None),
    )


def _first(values: Iterable[str]) -> str:
    return next((value for value in values if value), "")


def _refunds(records: list[RefundRecord], payment_of: dict[str, str]) -> tuple[Refund, ...]:
    """A refund that a store tells of and a processor has made is one: they share a key, or payment and amount."""
    ordered = sorted(records, key=lambda record: (not record.authority, record.created_at, record.source))
    found: list[tuple[RefundRecord, Refund]] = []
    paired: set[int] = set()
    for record in ordered:
        refund = Refund(
            id=record.source.key,
            source=record.source,
            payment=payment_of.get(record.payment, ""),
            amount=record.amount,
            status=record.status,
            reason=record.reason,
            request=record.request,
            verified=record.authority,
            created_at=record.created_at,
        )
        twin = _twin(record, refund, found, paired)
        if twin is None:
            found.append((record, refund))
        else:
            paired.add(twin)
            told, kept = found[twin]
            found[twin] = (told, replace(kept, reason=kept.reason or refund.reason))
    return tuple(sorted((refund for _, refund in found), key=lambda refund: (refund.created_at, refund.source)))


def _twin(
    record: RefundRecord, refund: Refund, found: list[tuple[RefundRecord, Refund]], paired: set[int]
) -> int | None:
    if record.authority:
        return None
    for index, (told, known) in enumerate(found):
        if index in paired or told.source.connection == record.source.connection:
            continue
        same_key = bool((_vendor_keys(told) - {told.payment}) & (_vendor_keys(record) - {record.payment}))
        same_money = known.verified and known.payment == refund.payment != "" and known.amount == refund.amount
        if (same_key and told.amount == record.amount) or same_money:
            return index
    return None
