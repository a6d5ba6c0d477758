"""What the store should be asked to do for an order. Looks at records only; what is in line asks for nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from hub.connector import OrderView
from hub.domain.commands import Command, Mismatch
from hub.domain.records import CancellationRecord, OrderRecord, ShipmentRecord, ShipmentStatus

HOLD_TAG = "orderhub-hold"
_LEFT = (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED)  # a label that was only bought may still be voided
_REASONS = ("customer", "declined", "fraud", "inventory", "staff")


@dataclass(frozen=True, slots=True, kw_only=True)
class FulfilOrder(Command):
    """`target` is the parcel's tracking number, by which it is found again."""

    action: ClassVar[str] = "fulfil_order"
    releases_goods: ClassVar[bool] = True

    order: str  # Shopify's number of it
    carrier: str = ""
    url: str = ""
    lines: tuple[tuple[str, int], ...] = ()  # (Shopify's line id, quantity); empty: all that is left


@dataclass(frozen=True, slots=True, kw_only=True)
class TagOrder(Command):
    """`target` is the tag."""

    action: ClassVar[str] = "tag_order"

    order: str
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder(Command):
    """Gives no money back and writes to nobody: both are asked for by themselves. Held card payments are voided."""

    action: ClassVar[str] = "cancel_order"

    order: str
    reason: str  # one of Shopify's
    note: str = ""  # for staff


def plan(view: OrderView) -> Iterator[Command | Mismatch]:
    """One golden order may stand on several orders of this store, after a merge: each is asked by its own id."""
    orders = [record for record in view.said if isinstance(record, OrderRecord)]
    for said in orders:
        if view.settings.hold_tags:
            yield from _tag(view, said)
        yield from _cancel(view, said)
    if len(orders) == 1:
        yield from _fulfil(view, orders[0])


def _tag(view: OrderView, said: OrderRecord) -> Iterator[Command]:
    held = view.order.cancelled_at is None and any(hold.active for hold in view.order.holds)
    if held is not (HOLD_TAG in said.tags):
        yield TagOrder(target=_of(view, said, HOLD_TAG), order=said.source.external_id, present=held)


def _cancel(view: OrderView, said: OrderRecord) -> Iterator[Command | Mismatch]:
    """Only a cancellation that was asked of the hub: another system's own word of one is no wish towards this store."""
    asked = [record for record in view.others if isinstance(record, CancellationRecord)]
    if not asked or view.order.cancelled_at is None or said.cancelled_at is not None:
        return
    if any(_stands(record) for record in view.said if isinstance(record, ShipmentRecord)):
        yield Mismatch(about="cancellation", expected="cancelled", found="fulfilled in the store, which refuses then")
        return
    why = asked[0].reason.strip()
    reason = why.lower() if why.lower() in _REASONS else "other"
    note = f"{why} (orderhub {view.order.id})".strip()
    yield CancelOrder(target=_of(view, said, ""), order=said.source.external_id, reason=reason.upper(), note=note[:255])


def _fulfil(view: OrderView, said: OrderRecord) -> Iterator[Command]:
    if said.cancelled_at is not None:
        return
    ours = [record for record in view.said if isinstance(record, ShipmentRecord) and _stands(record)]
    known = {number for record in ours for number in record.tracking_numbers}
    line_ids = {line.id for line in said.lines}
    for record in view.others:
        if not isinstance(record, ShipmentRecord) or record.status not in _LEFT or not record.tracking_numbers:
            continue
        if record.inbound:
            continue
        if known & set(record.tracking_numbers):
            continue
        known |= set(record.tracking_numbers)
        yield FulfilOrder(
            target=record.tracking_numbers[0],
            order=said.source.external_id,
            carrier=record.carrier,
            url=next((url for url in record.tracking_urls if url.startswith("https://")), ""),
            # Lines of another system's own count say nothing to the store.
            lines=record.lines if all(line in line_ids for line, _ in record.lines) else (),
        )


def _stands(record: ShipmentRecord) -> bool:
    return record.status not in (ShipmentStatus.CANCELLED, ShipmentStatus.FAILED)


def _of(view: OrderView, said: OrderRecord, target: str) -> str:
    """The store's own id joins the target only where a golden order stands on several of its orders."""
    several = sum(isinstance(record, OrderRecord) for record in view.said) > 1
    return f"{said.source.external_id}:{target}" if several else target
