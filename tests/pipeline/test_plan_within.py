"""Planned in the transaction that changed it: what may not wait there is queued, and two never wait in a ring."""

import asyncio

import pytest
from sqlalchemy import delete, select

from hub.pipeline.plan import plan, plan_within
from hub.store.database import Database
from hub.store.due import Due
from hub.store.tables import DueRow, OrderRow
from tests.building import order
from tests.laws.asking import commands
from tests.pipeline.test_lanes import hub, vendors
from tests.small_hub import SmallHub

__all__ = ["hub", "vendors"]


async def queued(db: Database) -> dict[str, str]:
    async with db.read() as held:
        return {row.order_id: row.cause for row in await held.execute(select(DueRow.order_id, DueRow.cause))}


async def known(hub: SmallHub, *numbers: str) -> list[str]:
    """Orders that were said and planned."""
    await hub.open()
    await hub.say(*[order(number) for number in numbers])
    await hub.plan()
    async with hub.db.read() as held:
        return sorted(await held.scalars(select(OrderRow.id)))


async def test_what_is_live_is_planned_here_and_what_a_backfill_brings_waits(hub: SmallHub) -> None:
    await hub.open()
    await hub.say(order("1"), order("2"))
    async with hub.db.read() as held:
        live, behind = sorted(await held.scalars(select(OrderRow.id)))
    async with hub.db.write() as held:
        await held.execute(delete(DueRow))
        wants = {live: Due("evt_1"), behind: Due("backfill:orders", background=True)}
        await plan_within(held, hub.connections, wants, hub.time)

    assert {row.order_id for row in await commands(hub.db)} == {live}
    assert await queued(hub.db) == {behind: "backfill:orders"}


async def test_an_order_that_is_not_there_is_nobodys_plan(hub: SmallHub) -> None:
    await hub.open()
    async with hub.db.write() as held:
        await plan_within(held, hub.connections, {"ord_gone": Due("evt_1")}, hub.time)

    assert await plan(hub.db, hub.connections, hub.time) == 1
    assert await commands(hub.db) == [] and await queued(hub.db) == {}


async def test_two_transactions_that_want_each_others_orders_both_come_through(hub: SmallHub) -> None:
    if hub.db.dialect == "sqlite":
        pytest.skip("one writer: nobody holds a row beside it")
    ids = await known(hub, "1", "2")
    holding = asyncio.Barrier(2)

    async def change(mine: str, theirs: str) -> None:
        async with hub.db.write() as held:
            await held.execute(select(OrderRow.id).where(OrderRow.id == mine).with_for_update())
            await holding.wait()
            await plan_within(held, hub.connections, {mine: Due("evt_1"), theirs: Due("evt_1")}, hub.time)
            await holding.wait()

    async with asyncio.timeout(20):
        await asyncio.gather(change(*ids), change(*reversed(ids)))

    assert await queued(hub.db) == dict.fromkeys(ids, "evt_1")
    assert await plan(hub.db, hub.connections, hub.time) == 2
