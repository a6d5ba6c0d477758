"""Law 5: a write whose answer was lost is unknown until the vendor was asked; never failed, never blindly repeated."""

from datetime import timedelta

import pytest

from hub.domain.records import vendor_key
from hub.pipeline.deliver import LEASE, claim
from hub.store import outbox
from tests.building import order, payment
from tests.laws.asking import attempts, commands
from tests.small_hub import SmallHub

SALE = order(claims=(vendor_key("stripe", "pi_1"),))


@pytest.fixture(autouse=True)
async def paid(house: SmallHub) -> None:
    await house.say(SALE, payment())
    await house.plan()


async def test_a_reply_lost_after_the_commit_makes_no_second_parcel(house: SmallHub) -> None:
    house.sandboxes["carrier"].faults.drop_replies = 3

    await house.deliver()
    assert [row.state for row in await commands(house.db)] == ["unknown"]
    await house.settle()

    assert [row.state for row in await commands(house.db)] == ["done"]
    assert [row.state for row in await attempts(house.db)] == ["unknown", "unknown", "unknown", "done"]
    assert len(house.sandboxes["carrier"].state()["parcels"]) == 1


async def test_a_worker_that_dies_in_the_call_is_followed_by_one_that_asks(house: SmallHub) -> None:
    [lost] = await claim(house.courier, house.connections["carrier"], 10)
    assert await claim(house.courier, house.connections["carrier"], 10) == []

    house.time.at += LEASE + timedelta(seconds=1)
    await house.settle()

    assert [row.state for row in await attempts(house.db)] == ["sending", "done"]
    assert len(house.sandboxes["carrier"].state()["parcels"]) == 1
    assert lost.row.state == "pending"


async def test_a_dead_key_is_never_sent_again_blindly(house: SmallHub) -> None:
    house.sandboxes["carrier"].faults.drop_replies = 1
    await house.deliver()
    house.time.forward(days=2)

    await house.deliver()

    [command] = await commands(house.db)
    assert command.state == "parked" and "forgotten its key" in command.reason
    assert len(house.sandboxes["carrier"].state()["parcels"]) == 1


async def test_a_person_who_has_looked_may_send_what_the_vendor_has_forgotten(house: SmallHub) -> None:
    await test_a_dead_key_is_never_sent_again_blindly(house)
    [parked] = await commands(house.db)

    async with house.db.write() as held:
        await outbox.revive(held, parked.id, house.time())
    await house.settle()

    assert [row.state for row in await commands(house.db)] == ["done"]


async def test_a_refusal_that_is_tried_again_has_a_key_of_its_own(house: SmallHub) -> None:
    carrier = house.sandboxes["carrier"]
    carrier.faults.refuse, carrier.faults.status = 1, 422
    await house.settle()
    [parked] = await commands(house.db)

    async with house.db.write() as held:
        await outbox.revive(held, parked.id, house.time())
    await house.settle()

    assert list(carrier.by_key) == [f"{parked.id}r1"]  # type: ignore[attr-defined]
