"""Parcels: who tracks them is believed, and may take a word back; a store only adds to it."""

import json
from typing import Any

import pytest

from hub.decide.changes import difference
from hub.decide.codec import encode
from hub.decide.fold import fold_order
from hub.decide.identity import partition
from hub.domain.order import FulfilmentState, Order, Stage
from hub.domain.records import Record, ShipmentRecord, ShipmentStatus
from tests.building import order, payment, shipment

SALE = order(claims=("stripe/pi_1",))


def folded(*records: Record) -> Order:
    (group,) = partition([SALE, payment(), *records])
    return fold_order(group)


def tracked(status: ShipmentStatus, version: int = 1, **more: Any) -> ShipmentRecord:
    fields: dict[str, Any] = {"connection": "carrier", "authority": True, "version": version} | more
    return shipment("trk_1", of=SALE, status=status, **fields)


@pytest.mark.parametrize("status", list(ShipmentStatus))
def test_the_carrier_is_believed_before_the_store(status: ShipmentStatus) -> None:
    told = folded(shipment(of=SALE, status=ShipmentStatus.DELIVERED), tracked(status))

    assert [(each.status, each.verified) for each in told.shipments] == [(status, True)]
    assert (told.fulfilment_state is FulfilmentState.DELIVERED) is (status is ShipmentStatus.DELIVERED)


def test_a_correction_takes_the_delivery_back_and_the_timeline_says_who_did() -> None:
    before = folded(tracked(ShipmentStatus.DELIVERED))
    after = folded(tracked(ShipmentStatus.IN_TRANSIT, version=2))

    assert (before.stage, after.stage) == (Stage.COMPLETED, Stage.SHIPPED)
    assert after.shipments[0].delivered_at is None
    told = difference(encode(before), encode(after))
    assert told is not None
    assert told.summary == "the carrier corrected delivered to in_transit"


def test_a_parcel_that_comes_back_is_no_part_of_the_fulfilment() -> None:
    back = shipment("ret_1", of=SALE, tracking=("BACK1",), status=ShipmentStatus.DELIVERED, inbound=True)

    told = folded(back)

    assert told.fulfilment_state is FulfilmentState.UNFULFILLED
    assert told.stage is Stage.PAID
    assert [each.inbound for each in told.shipments] == [True]


def test_a_label_that_was_only_bought_is_not_shipped() -> None:
    told = folded(tracked(ShipmentStatus.PENDING))

    assert told.fulfilment_state is FulfilmentState.UNFULFILLED
    assert json.loads(encode(told))["shipments"][0]["status"] == "pending"
