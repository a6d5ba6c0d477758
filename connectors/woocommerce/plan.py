"""What the store should be asked to do for an order of its own. What is in line asks for nothing."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from connectors.woocommerce.read_order import HOLD_TAG, STATUS_TAG, TRACKING_TAG
from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.money import Money
from hub.domain.order import FulfilmentState, Refund
from hub.domain.records import (
    CancellationRecord,
    OrderRecord,
    PaymentRecord,
    RefundRecord,
    RefundStatus,
    ShipmentRecord,
    ShipmentStatus,
)

_LEFT = (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED)  # a label that was only bought may still be voided
_GONE = (FulfilmentState.FULFILLED, FulfilmentState.DELIVERED)
_LONGEST_NUMBER = 100  # of a tracking number: it is part of a field's name


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkHold(Command):
    """Writes into a custom field of the order that the hub holds it, or does no more."""

    action: ClassVar[str] = "mark_hold"

    order: str  # the store's number of it
    held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TellTracking(Command):
    """`target` is the parcel's tracking number, which names the custom field that is written."""

    action: ClassVar[str] = "tell_tracking"

    order: str
    carrier: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteOrder(Command):
    """Goods leave by it: the store opens downloads and writes to the buyer."""

    action: ClassVar[str] = "complete_order"
    releases_goods: ClassVar[bool] = True

    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder(Command):
    """Gives no money back; the store puts the goods back into its stock."""

    action: ClassVar[str] = "cancel_order"

    order: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRefund(Command):
    """Tells the store of a refund that was made at the processor. No money moves by it. `target` is our request."""

    action: ClassVar[str] = "record_refund"

    order: str
    amount: Money
    reason: str = ""


def mark_of(request: str) -> str:
    """Our reference in a refund's reason: the only text that the store writes in one step with the refund."""
    return f"[orderhub {request}]"


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    """One golden order may stand on several orders of this store, after a merge: each is asked by its own id, and which
    of them a parcel or a refund is for is not ours to guess."""
    if view.order.test and not view.settings.test_mode:
        return
    orders = [record for record in view.said if isinstance(record, OrderRecord)]
    for said in orders:
        if view.settings.hold_marks:
            yield from _hold(view, said)
        yield from _cancel(view, said)
    if len(orders) == 1 and orders[0].cancelled_at is None:
        yield from _tracking(view, orders[0])
        yield from _refunds(view, orders[0])
        if view.settings.complete_orders:
            yield from _complete(view, orders[0])


def status_of(said: OrderRecord) -> str:
    return next((tag.removeprefix(STATUS_TAG) for tag in said.tags if tag.startswith(STATUS_TAG)), "")


def _hold(view: OrderView, said: OrderRecord) -> Iterator[Command]:
    held = view.order.cancelled_at is None and any(hold.active for hold in view.order.holds)
    if held is not (HOLD_TAG in said.tags):
        yield MarkHold(target=_of(view, said), order=said.source.external_id, held=held)


def _cancel(view: OrderView, said: OrderRecord) -> Iterator[Command | Mismatch]:
    """Only a cancellation that was asked of the hub: another system's own word of one is no wish towards this store."""
    asked = any(isinstance(record, CancellationRecord) for record in view.others)
    if not asked or view.order.cancelled_at is None or said.cancelled_at is not None:
        return
    status = status_of(said)
    if status == "refunded":
        return  # ended already: all was given back
    if status == "completed" or any(isinstance(record, ShipmentRecord) and _left(record) for record in view.said):
        yield Mismatch(about="cancellation", expected="cancelled", found="the goods left, the store says")
        return
    yield CancelOrder(target=_of(view, said), order=said.source.external_id)


def _tracking(view: OrderView, said: OrderRecord) -> Iterator[Command]:
    told = {tag.removeprefix(TRACKING_TAG) for tag in said.tags if tag.startswith(TRACKING_TAG)}
    for record in view.said:
        if isinstance(record, ShipmentRecord):
            told |= set(record.tracking_numbers)
    for record in view.others:
        if not isinstance(record, ShipmentRecord) or not _left(record):
            continue
        numbers = [each.strip() for each in record.tracking_numbers]
        number = numbers[0] if numbers else ""
        if told.intersection(numbers) or not number or len(number) > _LONGEST_NUMBER:
            continue
        told.update(numbers)
        yield TellTracking(
            target=number,
            order=said.source.external_id,
            carrier=record.carrier,
            url=next((url for url in record.tracking_urls if url.startswith("https://")), ""),
        )


def _complete(view: OrderView, said: OrderRecord) -> Iterator[Command | Mismatch]:
    status = status_of(said)
    if view.order.fulfilment_state not in _GONE or status in ("completed", "refunded"):
        return
    if status == "processing":
        yield CompleteOrder(target=_of(view, said), order=said.source.external_id)
    else:
        # Completing an order that the store takes for unpaid would make it say that it is paid.
        yield Mismatch(about="order status", expected="completed, as all goods left", found=status)


def _refunds(view: OrderView, said: OrderRecord) -> Iterator[Command | Mismatch]:
    """Refunds that somebody asked the hub for and a processor made. One that the store tells of itself by amount, made
    by its plug-in or by staff, is that refund: it is not told twice."""
    records = [record for record in view.said if isinstance(record, RefundRecord)]
    method = next((record.gateway for record in view.said if isinstance(record, PaymentRecord)), "")
    made = [
        refund
        for refund in view.order.refunds
        if refund.verified and refund.status is RefundStatus.SUCCEEDED and refund.amount.currency == said.currency
    ]
    ours = [refund for refund in made if refund.request]
    marked = {refund.id for refund in ours if any(mark_of(refund.request) in record.reason for record in records)}
    unmarked = Counter(
        record.amount for record in records if not any(mark_of(refund.request) in record.reason for refund in ours)
    )
    unmarked -= Counter(refund.amount for refund in made if not refund.request)
    for refund in sorted(ours, key=lambda refund: (refund.created_at, refund.id)):
        if refund.id in marked:
            continue
        if unmarked[refund.amount] > 0:
            unmarked[refund.amount] -= 1
        elif _is_of(method, view.settings.refunds_by_plugin):
            yield Mismatch(about=f"refund {refund.request}", expected=str(refund.amount), found="not in the store yet")
        else:
            yield _record(said, refund)


def _is_of(method: str, plugins: tuple[str, ...]) -> bool:
    """One plug-in brings many methods, which begin with its name: `stripe_sepa_debit`, `ppcp-credit-card-gateway`."""
    return any(method == each or method.startswith((f"{each}_", f"{each}-")) for each in plugins)


def _record(said: OrderRecord, refund: Refund) -> RecordRefund:
    return RecordRefund(
        target=refund.request,
        order=said.source.external_id,
        amount=refund.amount,
        reason=refund.reason[:200],
    )


def _left(record: ShipmentRecord) -> bool:
    return record.status in _LEFT and not record.inbound


def _of(view: OrderView, said: OrderRecord) -> str:
    """The store's own id is the target only where a golden order stands on several of its orders."""
    several = sum(isinstance(record, OrderRecord) for record in view.said) > 1
    return said.source.external_id if several else ""
