"""Law 4: killing, losing or repeating never makes a second effect; at full size in `tests/end_to_end/test_kill.py`."""

from datetime import timedelta

import pytest

from hub.domain.records import vendor_key
from hub.pipeline.deliver import LEASE, claim, deliver
from tests.building import order, payment
from tests.laws.asking import attempts, commands
from tests.small_hub import SmallHub

SALE = order(claims=(vendor_key("stripe", "pi_1"),))


@pytest.fixture(autouse=True)
async def paid(house: SmallHub) -> None:
    await house.say(SALE, payment())
    await house.plan()


async def test_a_worker_that_slept_through_its_lease_writes_nothing_and_sends_nothing(house: SmallHub) -> None:
    [late] = await claim(house.courier, house.connections["carrier"], 10)
    house.time.at += LEASE + timedelta(seconds=1)
    await house.settle()
    calls = len(house.sandboxes["carrier"].calls)

    await deliver(house.courier, house.connections["carrier"], late)

    assert len(house.sandboxes["carrier"].calls) == calls
    assert [row.state for row in await commands(house.db)] == ["done"]


async def test_planning_twice_makes_one_command(house: SmallHub) -> None:
    for _ in range(3):
        await house.say(order(version=2, claims=SALE.claims, note="hello"))
        await house.plan()

    assert len(await commands(house.db)) == 1


async def test_a_busy_vendor_is_met_again_later(house: SmallHub) -> None:
    house.sandboxes["carrier"].faults.refuse, house.sandboxes["carrier"].faults.status = 2, 429

    await house.settle()

    assert [row.state for row in await attempts(house.db)] == ["later", "later", "done"]


async def test_a_refusal_is_parked_with_the_vendors_words_and_never_repeated(house: SmallHub) -> None:
    house.sandboxes["carrier"].faults.refuse, house.sandboxes["carrier"].faults.status = 1, 422

    await house.settle()
    await house.settle()

    [command] = await commands(house.db)
    assert command.state == "parked" and "422" in command.reason
    assert len(await attempts(house.db)) == 1


async def test_a_wrong_key_of_ours_pauses_the_connection_and_loses_nothing(house: SmallHub) -> None:
    from hub.store import connections

    house.sandboxes["carrier"].faults.refuse, house.sandboxes["carrier"].faults.status = 1, 401

    await house.settle()
    [command] = await commands(house.db)
    assert command.state == "pending"
    async with house.db.write() as held:
        assert "401" in await connections.paused(held, "carrier")
        await connections.resume(held, "carrier")

    await house.settle()
    assert [row.state for row in await commands(house.db)] == ["done"]
