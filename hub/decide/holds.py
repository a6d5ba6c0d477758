"""What stops an order, and who let it go on all the same."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hub.domain.ids import derived_id
from hub.domain.money import Money
from hub.domain.order import Dispute, FulfilmentState, Hold, HoldKind, Payment
from hub.domain.records import DisputeStatus, HoldReleaseRecord, Line, Record, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """An order's amounts, all in one currency."""

    total: Money
    subtotal: Money
    discount: Money
    tax: Money
    shipping: Money
    tip: Money
    fees: Money
    tax_included: bool


def secured(payments: Iterable[Payment], currency: str) -> Money:
    """What processors confirm: captured, or held on a card and still to be captured. Refunds are not taken off."""
    minor = 0
    for payment in payments:
        if payment.verified and payment.amount.currency == currency:
            open_hold = payment.authorized.minor - payment.captured.minor if payment.can_capture else 0
            minor += payment.captured.minor + max(open_hold, 0)
    return Money(minor, currency)


def broken_invariants(
    sums: Sums, lines: Sequence[Line], payments: Sequence[Payment], contested: Sequence[tuple[Source, str]]
) -> list[str]:
    """Law 8, in words for a person. Each is checked on every fold; none can crash it."""
    currency = sums.total.currency
    broken: list[str] = []
    foreign = [line.id for line in lines if line.total.currency != currency]
    if foreign:
        broken.append(f"lines in another currency than {currency}: {', '.join(foreign)}")
    elif lines:
        line_sum = sum(line.total.minor for line in lines)
        if line_sum != sums.subtotal.minor:
            broken.append(f"lines sum to {Money(line_sum, currency)}, the subtotal says {sums.subtotal}")
    amounts = (sums.subtotal, sums.shipping, sums.discount, sums.tip, sums.fees, sums.tax)
    if others := sorted({amount.currency for amount in amounts} - {currency}):
        broken.append(f"amounts in {', '.join(others)} beside a total in {currency}")
    parts = sums.subtotal.minor + sums.shipping.minor - sums.discount.minor + sums.tip.minor + sums.fees.minor
    parts += 0 if sums.tax_included else sums.tax.minor
    if parts != sums.total.minor:
        broken.append(f"lines, tax, shipping and discount sum to {Money(parts, currency)}, the total says {sums.total}")
    if sums.total.minor < 0:
        broken.append(f"the total is negative: {sums.total}")
    kept = 0
    for payment in payments:
        if not payment.verified:
            continue
        if payment.refunded.minor > payment.captured.minor:
            broken.append(
                f"payment {payment.source.external_id}: {payment.refunded} given back of {payment.captured} captured"
            )
        if payment.amount.currency != currency:
            if payment.captured:
                broken.append(f"payment {payment.source.external_id} is in {payment.amount.currency}, not {currency}")
        else:
            kept += payment.captured.minor - payment.refunded.minor
    if kept > sums.total.minor:
        broken.append(f"{Money(kept, currency)} was taken for a total of {sums.total}")
    broken += [f"{source} is claimed by another order too ({order})" for source, order in contested]
    return broken


def unverified(
    total: Money, payments: Sequence[Payment], disputes: Sequence[Dispute], fulfilment: FulfilmentState
) -> list[tuple[str, str]]:
    """Reasons why the money is not sure, as (what a release covers, words): default deny (law 10).

    A release covers what was owed then: an edit that raises the total holds again, a part payment does not.
    """
    sure = secured(payments, total.currency)
    if sure < total:
        return [(str(total), f"{sure} of {total} confirmed by a payment processor")]
    if fulfilment in (FulfilmentState.FULFILLED, FulfilmentState.DELIVERED):
        return []
    mine = [payment for payment in payments if payment.verified and payment.amount.currency == total.currency]
    captured, refunded = (
        sum(payment.captured.minor for payment in mine),
        sum(payment.refunded.minor for payment in mine),
    )
    reasons = [f"all of {Money(captured, total.currency)} was given back"] if 0 < captured <= refunded else []
    reasons += [
        f"payment disputed ({dispute.source.external_id}, {dispute.status})"
        for dispute in disputes
        if dispute.status is not DisputeStatus.WON
    ]
    return [(words, words) for words in reasons]


def holds_of(
    order_id: str, reasons: Iterable[tuple[HoldKind, str, str]], records: Iterable[Record]
) -> tuple[Hold, ...]:
    """`reasons` are (kind, the facts that a release covers, words). The first release of a hold counts."""
    releases: dict[str, HoldReleaseRecord] = {}
    for record in sorted(
        (record for record in records if isinstance(record, HoldReleaseRecord)),
        key=lambda record: (record.created_at, record.source),
    ):
        releases.setdefault(record.hold, record)
    holds: dict[str, Hold] = {}
    for kind, facts, reason in reasons:
        hold_id = derived_id("hld", order_id, kind, facts)
        release = releases.get(hold_id)
        holds[hold_id] = Hold(
            id=hold_id,
            kind=kind,
            reason=reason,
            released_at=release.created_at if release else None,
            released_by=release.by if release else "",
            note=release.note if release else "",
        )
    return tuple(holds[hold_id] for hold_id in sorted(holds))
