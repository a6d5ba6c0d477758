"""In a whole hub: an order's label is bought, tracked, given back or answered by one for the way back, and then all is
still."""

from collections.abc import AsyncIterator

import pytest

from connectors.shipengine import CONNECTOR
from connectors.shipengine.sandbox import ShipEngineSandbox
from hub.store.database import Database
from tests.conftest import Time
from tests.connectors.shipengine.test_plan import PAID, cancelled, refund_asked, sale
from tests.connectors.shipengine.yard import BUYING, key, settings
from tests.small_hub import SmallHub


@pytest.fixture
async def hub(db: Database, time: Time) -> AsyncIterator[SmallHub]:
    yard = ShipEngineSandbox(private_key=key(), now=time)
    given = settings(**BUYING, return_labels=True, track_every="0s")
    small = SmallHub(db, time, {"yard": (CONNECTOR, given, yard)})
    await small.open()
    await small.say(sale(), PAID)
    await small.settle()
    yield small
    await small.close()


def yard_of(hub: SmallHub) -> ShipEngineSandbox:
    yard = hub.sandboxes["yard"]
    assert isinstance(yard, ShipEngineSandbox)
    return yard


async def rest(hub: SmallHub) -> None:
    hub.time.forward(days=1)
    await hub.pull()
    await hub.settle()


async def test_a_cancelled_orders_label_is_given_back_once_although_the_answer_was_lost(hub: SmallHub) -> None:
    yard = yard_of(hub)
    yard.faults.drop_replies = 1

    await hub.say(cancelled())
    await hub.settle()
    await rest(hub)

    (label,) = yard.shelf.labels.values()
    assert label["voided"]
    assert yard.shelf.voids == [label["label_id"]]


async def test_a_label_whose_parcel_has_left_is_not_given_back(hub: SmallHub) -> None:
    yard = yard_of(hub)
    (label,) = yard.shelf.labels.values()
    yard.move(label["label_id"], "in_transit")
    await rest(hub)

    await hub.say(cancelled())
    await rest(hub)

    assert not label["voided"]
    assert not [call for call in yard.calls if call[1].endswith("/void")]


async def test_a_return_gets_one_label_however_often_refunds_are_asked_for(hub: SmallHub) -> None:
    yard = yard_of(hub)
    (label,) = yard.shelf.labels.values()
    yard.move(label["label_id"], "delivered")
    await rest(hub)
    yard.faults.drop_replies = 1

    await hub.say(refund_asked())
    await hub.settle()
    await hub.say(refund_asked("2"))
    await rest(hub)

    there, back = yard.shelf.labels.values()
    assert (there["is_return_label"], back["is_return_label"]) == (False, True)
    writes = len([call for call in yard.calls if call[0] != "GET"])
    await rest(hub)
    assert len([call for call in yard.calls if call[0] != "GET"]) == writes
