"""What EasyPost can be asked to do."""

from dataclasses import dataclass
from typing import ClassVar

from hub.domain.commands import Command
from hub.domain.records import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyLabel(Command):
    """The order's one parcel. Sender, measures, service and limit are those of the settings when it is sent."""

    action: ClassVar[str] = "buy_label"
    releases_goods: ClassVar[bool] = True

    order: str
    to: Address
    email: str = ""
    weight: str  # ounces, a decimal
    replaces: tuple[str, ...] = ()  # shipments whose labels were given back: a label after them is another wish


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundLabel(Command):
    """Target: the shipment. The carrier decides later (docs.easypost.com/docs/shipping-refund)."""

    action: ClassVar[str] = "refund_label"
