"""The newcomer's connector, from its declaration to goods that leave: nothing of the hub was changed for it."""

from collections.abc import AsyncIterator

import pytest

from hub.domain.errors import Forged
from hub.domain.order import FulfilmentState
from hub.domain.records import vendor_key
from hub.sandbox import Delivery
from hub.store.database import Database
from tests.building import order, payment
from tests.conftest import Time
from tests.laws.asking import events, orders
from tests.small_hub import SmallHub
from tests.toy.parcelboy import CONNECTOR, Settings
from tests.toy.sandbox import ParcelboySandbox


@pytest.fixture
async def hub(db: Database, time: Time) -> AsyncIterator[SmallHub]:
    settings = Settings.model_validate(
        {"connector": "parcelboy", "token": "t", "webhook": {"secrets": ["s"]}, "base_url": "http://parcelboy.test"}
    )
    hub = SmallHub(db, time, {"carrier": (CONNECTOR, settings, ParcelboySandbox(secret="s", now=time))})
    await hub.open()
    await hub.say(order(claims=(vendor_key("stripe", "pi_1"),)), payment())
    await hub.settle()
    yield hub
    await hub.close()


async def test_a_forged_scan_changes_nothing(hub: SmallHub) -> None:
    with pytest.raises(Forged):
        await hub.post("carrier", Delivery(kind="parcel", headers={"X-Parcelboy-Signature": "0" * 64}, body=b"{}"))

    assert await events(hub.db) == []


async def test_a_scan_told_twice_ships_the_order_once(hub: SmallHub) -> None:
    sandbox = hub.sandboxes["carrier"]
    sandbox.acts()["move"](id="p1", status="in_transit")
    [scan] = sandbox.deliveries

    assert (await hub.post("carrier", scan)).new == 1
    assert (await hub.post("carrier", scan)).duplicates == 1
    await hub.settle()

    [sale] = await orders(hub.db)
    assert sale.fulfilment_state is FulfilmentState.FULFILLED
    assert [event.deliveries for event in await events(hub.db)] == [2]


async def test_a_scan_whose_webhook_never_came_is_pulled(hub: SmallHub) -> None:
    hub.sandboxes["carrier"].acts()["move"](id="p1", status="delivered")

    await hub.pull()
    await hub.settle()

    [sale] = await orders(hub.db)
    assert sale.fulfilment_state is FulfilmentState.DELIVERED
