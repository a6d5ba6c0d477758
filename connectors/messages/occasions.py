"""When a person is told: a pure look at the order, level-triggered.

An occasion's key is what one message each is sent for. Parcels and refunds may be told by several systems, so an
occasion also knows the keys by which it may have been told before another system joined in.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from hub.connector import OrderView
from hub.domain.order import HoldKind, Order, Shipment, Stage
from hub.domain.records import DisputeStatus, MessageRecord, RefundStatus, ShipmentStatus


class ForBuyer(StrEnum):
    CONFIRMED = "confirmed"  # the money is sure
    SHIPPED = "shipped"  # one for each parcel
    DELIVERED = "delivered"  # all of it
    REFUNDED = "refunded"  # one for each refund that a processor confirms
    CANCELLED = "cancelled"


class ForTeam(StrEnum):
    SALE = "sale"  # the money is sure
    HOLD = "hold"  # one for each
    DISPUTE = "dispute"  # one for each
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    kind: ForBuyer | ForTeam
    key: str  # `confirmed`, `shipped:<shipment id>`
    at: datetime  # when it was reached
    told_as: frozenset[str] = frozenset()  # other keys of the same occasion
    about: dict[str, Any] = field(default_factory=dict)  # what only this kind knows, by its name in templates

    def is_told(self, view: OrderView) -> bool:
        keys = self.told_as | {self.key}
        return any(isinstance(record, MessageRecord) and record.occasion in keys for record in view.said)


def for_buyer(view: OrderView) -> Iterator[Occasion]:
    order = view.order
    if not order.is_sale:
        return
    stages = _stages(order)
    adds_up = not any(hold.active and hold.kind is HoldKind.INVARIANT_BROKEN for hold in order.holds)
    if Stage.PAID in stages and order.cancelled_at is None and adds_up:
        yield Occasion(kind=ForBuyer.CONFIRMED, key="confirmed", at=stages[Stage.PAID])
    for shipment in order.shipments:
        if not shipment.inbound and shipment.status in (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED):
            yield _shipped(view, shipment)
    if Stage.DELIVERED in stages:
        yield Occasion(kind=ForBuyer.DELIVERED, key="delivered", at=stages[Stage.DELIVERED])
    for refund in order.refunds:
        if refund.status is RefundStatus.SUCCEEDED and refund.verified:
            yield Occasion(
                kind=ForBuyer.REFUNDED, key=f"refunded:{refund.id}", at=refund.created_at, about={"refund": refund}
            )
    if order.cancelled_at is not None:
        yield Occasion(kind=ForBuyer.CANCELLED, key="cancelled", at=order.cancelled_at)


def for_team(view: OrderView) -> Iterator[Occasion]:
    order = view.order
    stages = _stages(order)
    if order.is_sale and Stage.PAID in stages:
        yield Occasion(kind=ForTeam.SALE, key="sale", at=stages[Stage.PAID])
    for hold in order.holds:
        if hold.active and hold.kind in view.settings.holds:
            # Nobody says since when: a hold is derived. It stands at least since the last news of the order.
            yield Occasion(kind=ForTeam.HOLD, key=f"hold:{hold.id}", at=order.updated_at, about={"hold": hold})
    for dispute in order.disputes:
        if dispute.status is DisputeStatus.OPEN:
            key = f"dispute:{dispute.source.key}"
            yield Occasion(kind=ForTeam.DISPUTE, key=key, at=dispute.created_at, about={"dispute": dispute})
    if order.is_sale and order.cancelled_at is not None:
        yield Occasion(kind=ForTeam.CANCELLED, key="cancelled", at=order.cancelled_at)


def _stages(order: Order) -> dict[Stage, datetime]:
    return {reached.stage: reached.at for reached in order.stages}


def _shipped(view: OrderView, shipment: Shipment) -> Occasion:
    """Named by the telling that was there first: a carrier that joins in later must not make a second message."""
    tellings = [record for record in (*view.said, *view.others) if record.source in shipment.sources]
    first = min(tellings, key=lambda record: (record.created_at, record.source))
    return Occasion(
        kind=ForBuyer.SHIPPED,
        key=f"shipped:{first.source.key}",
        at=shipment.shipped_at or shipment.delivered_at or first.created_at,
        told_as=frozenset(f"shipped:{source.key}" for source in shipment.sources),
        about={"shipment": shipment},
    )
