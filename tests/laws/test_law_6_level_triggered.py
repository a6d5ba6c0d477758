"""Law 6: the plan looks at the order and the records, not at the event. Nothing left to do: everything agrees."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy import update

from hub.connector import OrderView
from hub.domain.commands import Command
from hub.domain.records import CancellationRecord, Kind, Record, ShipmentRecord, ShipmentStatus, Source, vendor_key
from hub.pipeline.registry import Connections
from hub.store.tables import OrderRow
from tests.building import at, order, payment
from tests.laws.asking import attempts, changes, commands, drifts, events, orders
from tests.laws.snapshot import golden
from tests.small_hub import SmallHub
from tests.toy.sandbox import ParcelboySandbox

SALE = order(claims=(vendor_key("stripe", "pi_1"),))
PAID = payment(version=2)
CANCELLED = CancellationRecord(
    source=Source("hub", Kind.CANCELLATION, "can_1"),
    version=1,
    claims=(SALE.source.key,),
    created_at=at(30),
    updated_at=at(30),
    by="ops",
)


async def everything_is_due(house: SmallHub) -> None:
    async with house.db.write() as held:
        await held.execute(update(OrderRow).values(plan_due=1))


async def test_a_webhook_that_never_came_is_healed_by_the_next_pull(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    await house.say(SALE, PAID)
    await house.settle()
    parcelboy.move("p1", "delivered")  # its webhook is lost
    assert [each.status for each in (await orders(house.db))[0].shipments] == [ShipmentStatus.PENDING]

    await house.pull()

    [sale] = await orders(house.db)
    assert [each.status for each in sale.shipments] == [ShipmentStatus.DELIVERED]


async def test_the_webhook_that_comes_after_the_pull_is_stale_and_changes_nothing(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    await house.say(SALE, PAID)
    await house.settle()
    parcelboy.move("p1", "delivered")
    await house.pull()
    before, told = await golden(house.db), await changes(house.db)

    await house.post("carrier", parcelboy.deliveries[-1])
    await house.settle()

    assert [row.state for row in await events(house.db)] == ["stale"]
    assert (await golden(house.db), await changes(house.db)) == (before, told)


@pytest.mark.parametrize(
    "arrival",
    list(permutations([replace(SALE, claims=()), replace(SALE, version=2), payment(captured=0, version=1), PAID])),
    ids=lambda arrival: "-".join(f"{each.kind}{each.version}" for each in arrival),
)
async def test_whatever_came_first_the_state_asks_for_the_same_once(house: SmallHub, arrival: Sequence[Record]) -> None:
    for record in arrival:
        await house.say(record)
        await house.settle()

    assert [(row.action, row.state) for row in await commands(house.db)] == [("buy_label", "done")]
    assert len(house.sandboxes["carrier"].state()["parcels"]) == 1


async def test_when_nothing_is_left_to_do_planning_all_again_does_nothing(house: SmallHub) -> None:
    for number in range(5):
        key = vendor_key("stripe", f"pi_{number}")
        await house.say(order(f"{number}", claims=(key,)), payment(f"pi_{number}"))
    await house.settle()
    settled, calls = await commands(house.db), len(house.sandboxes["carrier"].calls)
    assert len(settled) == 5

    await everything_is_due(house)
    await house.settle()
    await house.pull()
    await house.settle()

    assert await commands(house.db) == settled
    pulled = [path for path in house.sandboxes["carrier"].calls[calls:] if path[0] != "GET"]
    assert (pulled, await drifts(house.db)) == ([], [])


async def test_what_is_not_wanted_any_more_is_not_sent(house: SmallHub) -> None:
    await house.say(SALE, PAID)
    await house.plan()
    assert [row.state for row in await commands(house.db)] == ["pending"]

    await house.say(CANCELLED)
    await house.settle()

    assert [row.state for row in await commands(house.db)] == ["superseded"]
    assert house.sandboxes["carrier"].calls == []


async def test_on_off_and_on_again_before_the_first_was_sent_is_one_effect(house: SmallHub) -> None:
    await house.say(SALE, PAID)
    await house.plan()
    await house.say(replace(SALE, version=2, cancelled_at=at(9)))
    await house.plan()
    await house.say(replace(SALE, version=3))
    await house.settle()

    assert [row.state for row in await commands(house.db)] == ["superseded", "done"]
    assert len(house.sandboxes["carrier"].state()["parcels"]) == 1


async def test_a_system_that_says_yes_and_holds_something_else_is_a_drift_and_is_not_asked_twice(
    house: SmallHub, parcelboy: ParcelboySandbox
) -> None:
    await house.say(SALE, PAID)
    await house.settle()
    [parcel] = (await orders(house.db))[0].shipments
    # The carrier forgets the parcel: what it was asked for is not there, though it said done.
    gone = ShipmentRecord(
        source=parcel.source,
        version=99,
        claims=(SALE.source.key,),
        created_at=at(0),
        updated_at=at(99),
        status=ShipmentStatus.CANCELLED,
        deleted=True,
    )
    await house.say(gone)
    await house.settle()
    await everything_is_due(house)
    await house.settle()

    assert [row.state for row in await attempts(house.db)] == ["done"]
    [drift] = await drifts(house.db)
    assert (drift.connection, drift.about, drift.found) == ("carrier", "buy_label", "accepted, not done")

    await house.say(replace(gone, version=100, deleted=False, status=ShipmentStatus.PENDING))
    await house.settle()
    assert await drifts(house.db) == []


async def test_a_plan_that_fails_takes_back_nothing_and_is_seen_although_something_waits(house: SmallHub) -> None:
    """Superseded by a bug, a refused command would be sent anew as soon as the bug is mended."""
    carrier = house.sandboxes["carrier"]
    carrier.faults.refuse, carrier.faults.status = 1, 422
    await house.say(SALE, payment())
    await house.settle()
    assert [row.state for row in await commands(house.db)] == ["parked"]
    good = house.connections

    def broken(_view: OrderView) -> list[Command]:
        raise KeyError("a\0b")

    connector = replace(good["carrier"].connector, plan=broken)
    house.connections = Connections({"carrier": replace(good["carrier"], connector=connector)})
    await house.say(replace(SALE, version=2, note="hello"))
    await house.settle()
    assert [row.state for row in await commands(house.db)] == ["parked"]
    [drift] = await drifts(house.db)
    assert "KeyError" in drift.found and "\0" not in drift.found

    house.connections = good
    await house.say(replace(SALE, version=3, note="bye"))
    await house.settle()
    assert [row.state for row in await commands(house.db)] == ["parked"]


async def test_a_plan_that_fails_says_so_although_a_command_waits(house: SmallHub) -> None:
    await house.say(SALE, payment())
    await house.plan()

    def broken(_view: OrderView) -> list[Command]:
        raise KeyError("name")

    carrier = house.connections["carrier"]
    house.connections = Connections({"carrier": replace(carrier, connector=replace(carrier.connector, plan=broken))})
    await house.say(replace(SALE, version=2, note="hello"))
    await house.plan()

    assert [row.state for row in await commands(house.db)] == ["superseded"]  # nobody knows whether it is wanted
    assert [row.about for row in await drifts(house.db)] == ["plan"]
