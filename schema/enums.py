"""The hub's own enums, shown as they are. Clients must bear new values: each description says so."""

from enum import Enum

import strawberry

from hub.connector import Category
from hub.domain.order import FulfilmentState, HoldKind, InvoiceState, PaymentState, Stage
from hub.domain.records import (
    DisputeStatus,
    InvoiceStatus,
    Kind,
    MessageChannel,
    MessageStatus,
    PaymentStatus,
    RefundStatus,
    ShipmentStatus,
)
from hub.store.reading_lists import OrderSortKey
from hub.store.reading_work import AttemptState, CommandState, EventState
from schema.paging import CountPrecision

_MAY_GROW = "Values may be added."

_SHOWN: dict[type[Enum], str] = {
    Stage: "How far an order has come; the furthest one reached counts, and CANCELLED ends it.",
    PaymentState: "What is paid, as the systems that move money say.",
    InvoiceState: "What the books say.",
    FulfilmentState: "What has left the house.",
    HoldKind: "Why an order may not go on.",
    PaymentStatus: "Where a payment is.",
    RefundStatus: "Where a refund is.",
    DisputeStatus: "Where a dispute is.",
    InvoiceStatus: "Where an invoice is.",
    ShipmentStatus: "Where a parcel is.",
    MessageChannel: "How a message goes. TEAM: a chat room of the staff.",
    MessageStatus: "Where a message is. SUPPRESSED: whoever it was for wants none.",
    Kind: "What a record of a system is about.",
    Category: "What a connector's vendor is to us.",
    EventState: "What became of an event. PARKED waits for a person, and can be replayed.",
    CommandState: "What became of a command. UNKNOWN: its answer was lost, we ask. PARKED waits for a person.",
    AttemptState: "How one try at a command ended.",
}
_NAMES: dict[type[Enum], str] = {Kind: "RecordKind", Category: "ConnectorCategory"}

for _enum, _description in _SHOWN.items():
    strawberry.enum(_enum, name=_NAMES.get(_enum), description=f"{_description} {_MAY_GROW}")
strawberry.enum(
    OrderSortKey, description="TOTAL sorts by currency first: amounts of different currencies do not compare."
)
strawberry.enum(CountPrecision)
