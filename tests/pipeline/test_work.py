"""The worker: registered while it works, gone when it stops, and who comes back to what was taken over starts anew."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import delete, select

from hub.connector import Account, Event, Hint
from hub.decide.codec import encode
from hub.pipeline.pull import fetch
from hub.pipeline.pulse import Pulse
from hub.pipeline.registry import Connections
from hub.pipeline.work import Worker
from hub.store import hints, leases
from hub.store.database import Database
from hub.store.hints import Wanted
from hub.store.tables import HintRow, RecordRow, WorkerRow
from tests.building import START, order
from tests.conftest import Time
from tests.small_hub import SmallHub
from tests.toy.teller import CONNECTOR as TELLER
from tests.toy.teller import tellers


@pytest.fixture
def hub(db: Database, time: Time) -> SmallHub:
    return SmallHub(db, time, {})


async def names(db: Database) -> list[str]:
    async with db.read() as held:
        return list(await held.scalars(select(WorkerRow.name)))


@asynccontextmanager
async def working(hub: SmallHub) -> AsyncIterator[Worker]:
    worker = Worker(courier=hub.courier, connections=hub.connections, at_once=lambda _: 1)
    running = asyncio.create_task(worker.run())
    async with asyncio.timeout(60):
        while not await names(hub.db):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        yield worker
        await worker.stop()
        await running


async def test_a_worker_is_known_while_it_works_and_gone_when_it_stops(hub: SmallHub) -> None:
    async with working(hub):
        assert len(await names(hub.db)) == 1

    assert await names(hub.db) == []


async def test_a_fetch_whose_worker_was_declared_dead_meanwhile_writes_nothing(hub: SmallHub) -> None:
    pulse = Pulse(hub.db, hub.time, name="sleeps")

    async def slept(_account: Account, external_id: str) -> Sequence[Event]:
        async with hub.db.write() as held:
            await held.execute(delete(WorkerRow))
            await leases.release(held, pulse.worker)
        return [Event(kind="order", body=encode(order(external_id)), key="1", at=None)]

    shop = replace(tellers("shop")["shop"], connector=replace(TELLER, fetch={"order": slept}))
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    account = Account(connection="shop", settings=shop.settings, http=http, now=hub.time)
    hub.connections = Connections({"shop": shop})
    hub.courier = replace(hub.courier, account=lambda _: account, pulse=pulse)
    await pulse.start()
    async with hub.db.write() as held:
        await hints.remember(held, [Wanted("shop", Hint(kind="order", external_id="1"), "evt_1")], START)

    await fetch(hub.courier, shop)

    async with hub.db.read() as held:
        assert (await held.execute(select(RecordRow.external_id))).all() == []
        assert (await held.execute(select(HintRow.worker, HintRow.tries))).one() == ("", 0)
