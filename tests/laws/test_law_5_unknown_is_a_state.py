"""Law 5: a write whose answer was lost is unknown until the vendor was asked; never failed, never blindly repeated."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.connector import Account, Event, Find, KeyHeader, Push
from hub.domain.errors import HubError, NeedsAttention, Unknowable, Unreadable
from hub.domain.records import vendor_key
from hub.pipeline.deliver import HANDOVER, LEASE, claim, deliver
from hub.pipeline.registry import Connections
from hub.store import connections, lanes
from hub.store.outbox import CommandState
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
        await lanes.revive(held, parked.id, house.time())
    await house.settle()

    assert [row.state for row in await commands(house.db)] == ["done"]


async def test_a_refusal_that_is_tried_again_has_a_key_of_its_own(house: SmallHub) -> None:
    carrier = house.sandboxes["carrier"]
    carrier.faults.refuse, carrier.faults.status = 1, 422
    await house.settle()
    [parked] = await commands(house.db)

    async with house.db.write() as held:
        await lanes.revive(held, parked.id, house.time())
    await house.settle()

    assert list(carrier.by_key) == [f"{parked.id}r1"]  # type: ignore[attr-defined]


def pushes(house: SmallHub, send: Any, safety: Any) -> None:
    """From now on the carrier is asked in this way."""
    carrier = house.connections["carrier"]
    push = {command: Push(send=send, safety=safety) for command in carrier.connector.push}
    house.connections = Connections({"carrier": replace(carrier, connector=replace(carrier.connector, push=push))})


async def test_a_delivery_of_many_slow_calls_stops_before_another_worker_takes_over(house: SmallHub) -> None:
    """Each call has its deadline, but a label is several calls: two workers at once would make two."""
    cut_off: list[bool] = []

    async def look(_account: Account, _wish: Any, _key: str) -> None:
        return None

    async def send(_account: Account, _wish: Any, _key: str) -> list[Event]:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cut_off.append(True)
            raise
        return []

    pushes(house, send, Find(look))
    [leased] = await claim(house.courier, house.connections["carrier"], 10)
    house.time.at = leased.until - HANDOVER - timedelta(milliseconds=1)

    state = await deliver(house.courier, house.connections["carrier"], leased)

    assert (state, cut_off) == (CommandState.UNKNOWN, [True])
    assert [row.state for row in await attempts(house.db)] == ["unknown"]


async def test_a_look_that_finds_the_door_shut_is_no_persons_look(house: SmallHub) -> None:
    """Only a person's retry may send what nobody can ask about; not a worker's death and a wrong password."""
    sent: list[str] = []
    answers: list[HubError] = [NeedsAttention("the archive's password is wrong"), Unknowable("there is no archive")]

    async def look(_account: Account, _wish: Any, _key: str) -> None:
        raise answers.pop(0)

    async def send(_account: Account, _wish: Any, key: str) -> list[Event]:
        sent.append(key)
        return []

    pushes(house, send, Find(look, before=False))
    await claim(house.courier, house.connections["carrier"], 10)  # by a worker that dies now
    house.time.at += LEASE + timedelta(seconds=1)
    await house.deliver()
    async with house.db.write() as held:
        await connections.resume(held, "carrier")
    await house.deliver()

    assert sent == []
    assert [row.state for row in await commands(house.db)] == ["parked"]


async def test_an_answer_to_a_write_that_cannot_be_read_is_an_unknown_outcome(house: SmallHub) -> None:
    async def send(_account: Account, _wish: Any, _key: str) -> list[Event]:
        raise Unreadable("$.id: expected a text, got null")

    pushes(house, send, KeyHeader("Idempotency-Key", timedelta(days=1)))

    await house.deliver()

    [command] = await commands(house.db)
    assert command.state == "unknown" and "$.id" in command.reason
