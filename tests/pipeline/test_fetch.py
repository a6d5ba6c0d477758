"""What a hint named is fetched; what the vendor does not have is deleted only where it spoke of a deletion."""

from collections.abc import Sequence
from dataclasses import replace

import httpx
import pytest

from hub.connector import Account, Event, Hint
from hub.domain.errors import Missing
from hub.pipeline.pull import fetch
from hub.pipeline.registry import Connections
from hub.store import hints
from hub.store.database import Database
from hub.store.hints import Wanted
from tests.building import START, order
from tests.conftest import Time
from tests.laws.asking import orders
from tests.small_hub import SmallHub
from tests.toy.teller import CONNECTOR as TELLER
from tests.toy.teller import tellers


async def nothing_there(_account: Account, external_id: str) -> Sequence[Event]:
    raise Missing(external_id)


@pytest.fixture
def hub(db: Database, time: Time) -> SmallHub:
    hub = SmallHub(db, time, {})
    shop = replace(tellers("shop")["shop"], connector=replace(TELLER, fetch={"order": nothing_there}))
    hub.connections = Connections({"shop": shop})
    http = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)))
    account = Account(connection="shop", settings=shop.settings, http=http, now=time)
    hub.courier = replace(hub.courier, account=lambda _: account)
    return hub


async def hinted(hub: SmallHub, *found: Hint) -> None:
    async with hub.db.write() as held:
        await hints.remember(held, [Wanted("shop", each, "evt_1") for each in found], START)
    assert await fetch(hub.courier, hub.connections["shop"]) == 1


async def test_what_cannot_be_found_stays_when_nobody_spoke_of_a_deletion(hub: SmallHub) -> None:
    await hub.say(order("1"))

    await hinted(hub, Hint(kind="order", external_id="1"))

    [sale] = await orders(hub.db)
    assert sale.cancelled_at is None


async def test_a_deletion_is_the_last_word_whatever_comes_late(hub: SmallHub) -> None:
    await hub.say(order("1"))

    await hinted(hub, Hint(kind="order", external_id="1", gone=True), Hint(kind="order", external_id="1"))
    await hub.say(order("1", version=9))

    [sale] = await orders(hub.db)
    assert sale.cancel_reason == "deleted in shop"
