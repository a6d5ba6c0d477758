"""Lanes: a dead vendor fills its own places alone, live goes before a backfill, what was lost is not written."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, ClassVar

import httpx
import pytest
from sqlalchemy import update

from hub.connector import Account, Event, OrderView, Push, Upsert
from hub.domain.commands import Command
from hub.domain.errors import TryLater
from hub.domain.ids import CommandId
from hub.pipeline.apply import Said, apply
from hub.pipeline.deliver import claim_of
from hub.pipeline.lanes import Lanes
from hub.pipeline.plan import plan
from hub.pipeline.registry import Connection, Connections
from hub.store import due, leases
from hub.store.database import Database
from hub.store.due import Due
from hub.store.golden import Cause
from hub.store.outbox import OUTBOX
from hub.store.tables import OrderRow
from tests.building import order
from tests.conftest import Time
from tests.laws.asking import attempts, commands
from tests.small_hub import SmallHub
from tests.toy.teller import CONNECTOR as TELLER


@dataclass(frozen=True, slots=True, kw_only=True)
class Tell(Command):
    action: ClassVar[str] = "tell"

    number: str


def _plan(view: OrderView) -> Sequence[Tell]:
    return [Tell(number=view.order.number)]


@dataclass
class Vendor:
    """Takes what it is told. While it is `dead` no answer comes; `refusals` are said first."""

    dead: asyncio.Event = field(default_factory=asyncio.Event)  # set: it answers
    calls: list[str] = field(default_factory=list)
    refusals: list[TryLater] = field(default_factory=list)

    async def send(self, _account: Account, wish: Tell, _key: CommandId) -> Sequence[Event]:
        self.calls.append(wish.number)
        await self.dead.wait()
        if self.refusals:
            raise self.refusals.pop()
        return []

    def connection(self, name: str) -> Connection:
        push: Mapping[type[Command], Push] = {Tell: Push(send=self.send, safety=Upsert("its number"))}
        connector = replace(TELLER, plan=_plan, push=push)
        return Connection(
            id=name, connector=connector, settings=TELLER.settings(connector="teller"), settings_digest=""
        )


@pytest.fixture
def vendors() -> dict[str, Vendor]:
    quick, dead = Vendor(), Vendor()
    quick.dead.set()
    return {"quick": quick, "dead": dead}


@pytest.fixture
def hub(db: Database, time: Time, vendors: dict[str, Vendor]) -> SmallHub:
    hub = SmallHub(db, time, {})
    hub.connections = Connections({name: vendor.connection(name) for name, vendor in vendors.items()})
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    hub.courier = replace(
        hub.courier, account=lambda each: Account(connection=each.id, settings=each.settings, http=http, now=time)
    )
    return hub


@asynccontextmanager
async def running(hub: SmallHub, at_once: int = 2) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(Lanes(hub.courier, hub.connections, lambda _: at_once).run(stop))
    try:
        yield
    finally:
        stop.set()
        hub.db.ring({OUTBOX})
        await task


async def until(hub: SmallHub, what: Any) -> Any:
    async with asyncio.timeout(60):
        while not (found := await what()):  # noqa: ASYNC110 - what it waits for is in the database
            await asyncio.sleep(0.01)
        return found


def states(rows: Sequence[Any], connection: str) -> list[str]:
    return sorted(row.state for row in rows if row.connection == connection)


async def test_a_dead_vendor_fills_its_own_places_and_no_others(hub: SmallHub, vendors: dict[str, Vendor]) -> None:
    await hub.open()
    await hub.say(*(order(f"{number}") for number in range(5)))
    await hub.plan()

    async def quick_is_done() -> bool:
        return states(await commands(hub.db), "quick") == ["done"] * 5

    async with running(hub, at_once=2):
        await until(hub, quick_is_done)
        rows = await commands(hub.db)
        assert states(rows, "dead") == ["pending"] * 3 + ["sending"] * 2
        assert len(vendors["dead"].calls) == 2
        vendors["dead"].dead.set()

        async def dead_is_done() -> bool:
            return states(await commands(hub.db), "dead") == ["done"] * 5

        await until(hub, dead_is_done)

    assert sorted(vendors["dead"].calls) == sorted(f"#{number}" for number in range(5))


async def test_a_command_that_waits_for_its_retry_holds_no_place_and_is_sent_when_it_is_due(
    hub: SmallHub, vendors: dict[str, Vendor], time: Time
) -> None:
    vendors["quick"].refusals.append(TryLater("busy", after=timedelta(hours=1)))
    await hub.open()
    await hub.say(order("1"))
    await hub.say(order("2"))
    await hub.plan()

    async def one_waits() -> bool:
        return states(await commands(hub.db), "quick") == ["done", "pending"]

    async def both_are_done() -> bool:
        return states(await commands(hub.db), "quick") == ["done", "done"]

    async with running(hub, at_once=1):
        await until(hub, one_waits)
        time.forward(hours=2)
        hub.db.ring({OUTBOX})
        await until(hub, both_are_done)
        vendors["dead"].dead.set()

    assert len(vendors["quick"].calls) == 3


async def test_what_is_live_is_planned_and_sent_before_what_a_backfill_brought(hub: SmallHub) -> None:
    await hub.open()
    async with hub.db.write() as held:
        past = Cause(id="backfill:orders", actor="shop", background=True)
        await apply(held, [Said(record=order(f"{number}"), cause=past) for number in range(4)], hub.time())
    await hub.say(order("now"))

    assert await plan(hub.db, hub.connections, hub.time, 1) == 1
    first = {row.order_id for row in await commands(hub.db)}
    await hub.plan()
    async with hub.db.write() as held:
        taken = await claim_of(held, hub.courier, {"quick": 1})

    assert {each.row.order_id for each in taken} == first
    assert [each.row.background for each in taken] == [False]
    assert sorted(row.background for row in await commands(hub.db)) == [False] * 2 + [True] * 8


async def test_an_order_that_is_wanted_live_is_not_kept_back_by_the_backfill_that_wants_it_too(db: Database) -> None:
    async with db.write() as held:
        await due.want(held, {"ord_1": Due("backfill", background=True), "ord_2": Due("backfill", background=True)})
        await due.want(held, {"ord_1": Due("evt_1")})

    async with db.write() as held:
        assert await due.claim(held, 1) == {"ord_1": Due("evt_1")}
        assert set(await due.claim(held, 9)) == {"ord_1", "ord_2"}
        assert await due.claim(held, 9) == {}


async def test_what_the_marks_of_the_version_before_ask_for_is_planned_too(hub: SmallHub) -> None:
    await hub.open()
    await hub.say(order("1"))
    await hub.plan()
    async with hub.db.write() as held:
        await held.execute(update(OrderRow).values(plan_due=1))

    assert await plan(hub.db, hub.connections, hub.time) == 1
    assert await plan(hub.db, hub.connections, hub.time) == 0


async def test_an_end_whose_lease_was_released_meanwhile_is_not_written(
    hub: SmallHub, vendors: dict[str, Vendor]
) -> None:
    await hub.open()
    await hub.say(order("1"))
    await hub.plan()

    async def under_way() -> bool:
        return bool(vendors["dead"].calls)

    async with running(hub):
        await until(hub, under_way)
        async with hub.db.write() as held:
            await leases.release_all(held)
            taken = await claim_of(held, hub.courier, {"dead": 1})  # another worker takes over
        vendors["dead"].dead.set()
        await asyncio.sleep(0)

    (row,) = [row for row in await commands(hub.db) if row.connection == "dead"]
    assert (row.state, row.lease) == ("sending", taken[0].lease)
    assert sorted(each.state for each in await attempts(hub.db) if each.command_id == row.id) == ["sending"] * 2
