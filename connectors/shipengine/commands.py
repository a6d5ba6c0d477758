"""What ShipEngine can be asked to do."""

from dataclasses import dataclass
from typing import ClassVar

from hub.domain.commands import Command
from hub.domain.records import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class BuyLabel(Command):
    """The order's one parcel. Subject: the order.

    Carriers, service, price limit and sender are those of the settings when it is sent.
    """

    action: ClassVar[str] = "label.buy"
    releases_goods: ClassVar[bool] = True

    to: Address
    email: str = ""
    weight: str  # a decimal, in the settings' unit


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidLabel(Command):
    """Target: the label. The carrier gives the money back, or refuses."""

    action: ClassVar[str] = "label.void"


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateReturnLabel(Command):
    """The order's one way back. Subject: the order. Target: the label of the parcel that left."""

    action: ClassVar[str] = "label.return"

    since: str  # RFC 3339: it cannot have been made before
