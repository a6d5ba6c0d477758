"""Pruning as a movement beside the others: what it must never change, who does it, and how it stops."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from hub.domain.clock import utc_now
from hub.observe import metrics
from hub.pipeline.prune import Pruner, prune, prune_in_turn, why_missing, would_go
from hub.pipeline.rebuild import rebuild
from hub.settings.model import RetentionSettings
from hub.store.database import Database
from hub.store.inbox import EventState
from hub.store.prune import What
from hub.store.sealing import new_key
from hub.store.tables import InboxRow, OrderRow
from tests.building import order, payment
from tests.conftest import Time
from tests.laws import asking
from tests.laws.snapshot import golden
from tests.small_hub import SmallHub
from tests.store.aged import an_event, put
from tests.toy.parcelboy import CONNECTOR, Settings
from tests.toy.sandbox import ParcelboySandbox

ROOT = Path(__file__).parents[2]
YEARS = timedelta(days=1000)


@pytest.fixture
def time() -> Time:
    return Time(utc_now())  # ids are made by the machine's clock


@pytest.fixture
async def house(db: Database, time: Time) -> AsyncIterator[SmallHub]:
    """One sale that was paid and sent, with its parcel scanned on the way."""
    parcelboy = ParcelboySandbox(secret="whsec", now=time)
    settings = Settings.model_validate(
        {"connector": "parcelboy", "token": "t", "webhook": {"secrets": ["whsec"]}, "base_url": "http://parcelboy.test"}
    )
    house = SmallHub(db, time, {"carrier": (CONNECTOR, settings, parcelboy)})
    await house.open()
    await house.say(order(), payment(version=2, claims=(order().source.key,)))
    await house.settle()
    parcelboy.move("p1", "delivered")
    await house.post("carrier", parcelboy.deliveries[-1])
    await house.settle()
    yield house
    await house.close()


def pruner_of(house: SmallHub) -> Pruner:
    return Pruner(database=house.db, ages=RetentionSettings(), clock=house.time, rest=0)


async def everything_is_due(house: SmallHub) -> None:
    async with house.db.write() as held:
        await held.execute(update(OrderRow).values(plan_due=1))


async def test_after_everything_was_pruned_the_same_is_rebuilt_and_nothing_is_asked_again(house: SmallHub) -> None:
    parcelboy = house.sandboxes["carrier"]
    orders, told, asked = await golden(house.db), await asking.changes(house.db), await asking.commands(house.db)
    house.time.at += YEARS

    gone = await prune(pruner_of(house), asyncio.Event())
    await rebuild(house.db, house.time)
    await everything_is_due(house)
    await house.settle()

    assert (gone[What.EVENTS], gone[What.ATTEMPTS]) == (1, len(asked))
    assert (await golden(house.db), await asking.changes(house.db)) == (orders, told)
    assert [row.id for row in await asking.commands(house.db)] == [row.id for row in asked]
    assert len(parcelboy.state()["parcels"]) == 1


async def test_a_webhook_that_comes_again_after_its_event_was_pruned_changes_nothing(house: SmallHub) -> None:
    delivery = house.sandboxes["carrier"].deliveries[-1]
    orders, told = await golden(house.db), await asking.changes(house.db)
    now = house.time.at
    house.time.at += YEARS
    await prune(pruner_of(house), asyncio.Event())
    house.time.at = now  # the vendor signs no time

    received = await house.post("carrier", delivery)
    await house.settle()

    assert received.new == 1
    assert [row.state for row in await asking.events(house.db)] == [EventState.STALE]
    assert (await golden(house.db), await asking.changes(house.db)) == (orders, told)


async def test_a_webhook_that_comes_again_after_its_body_was_pruned_is_a_duplicate(house: SmallHub) -> None:
    delivery = house.sandboxes["carrier"].deliveries[-1]
    now = house.time.at
    house.time.at += timedelta(days=40)
    assert (await prune(pruner_of(house), asyncio.Event()))[What.BODIES] == 1
    house.time.at = now

    received = await house.post("carrier", delivery)
    await house.settle()

    assert (received.new, received.duplicates) == (0, 1)
    assert [(row.state, row.body, row.deliveries) for row in await asking.events(house.db)] == [("applied", b"", 2)]


async def test_what_would_go_is_what_goes_and_is_counted(house: SmallHub) -> None:
    house.time.at += timedelta(days=40)
    would = await would_go(pruner_of(house))
    before = metrics.registry.get_sample_value("hub_pruned_total", {"table": "bodies"}) or 0

    gone = await prune(pruner_of(house), asyncio.Event())

    assert would == gone
    assert gone[What.BODIES] == 1
    assert metrics.registry.get_sample_value("hub_pruned_total", {"table": "bodies"}) == before + 1


async def test_of_several_processes_one_prunes_and_the_others_wait_an_hour(house: SmallHub) -> None:
    pruner = pruner_of(house)
    await prune_in_turn(pruner, asyncio.Event())
    await put(house.db, InboxRow, an_event(EventState.APPLIED, house.time.at - timedelta(days=100)))

    house.time.forward(minutes=59)
    await prune_in_turn(pruner, asyncio.Event())
    assert (await would_go(pruner))[What.EVENTS] == 1
    house.time.forward(minutes=2)
    await prune_in_turn(pruner, asyncio.Event())
    assert (await would_go(pruner))[What.EVENTS] == 0


async def test_a_process_that_stops_begins_no_further_batch(house: SmallHub) -> None:
    house.time.at += YEARS
    stop = asyncio.Event()
    stop.set()

    assert not any((await prune(pruner_of(house), stop)).values())


async def test_an_event_that_is_gone_for_age_is_told_from_one_that_never_was(house: SmallHub) -> None:
    [row] = await asking.events(house.db)
    came = f"{house.time.at:%Y-%m-%d}"
    assert why_missing(pruner_of(house), row.id) == f"there is no event {row.id}"
    house.time.at += YEARS

    assert why_missing(pruner_of(house), "evt_x") == "there is no event evt_x"
    assert why_missing(pruner_of(house), row.id) == (
        f"there is no event {row.id} any more: it came on {came} and was pruned, what is over is kept for 90 days"
    )


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_killed_in_the_middle_it_goes_on_when_it_is_run_again(database_url: str, tmp_path: Path) -> None:
    db = Database(database_url)
    long_ago = utc_now() - timedelta(days=200)
    await put(db, InboxRow, *(an_event(EventState.APPLIED, long_ago + timedelta(seconds=n)) for n in range(6_000)))
    await put(db, InboxRow, an_event(EventState.PARKED, long_ago))
    file = tmp_path / "hub.toml"
    file.write_text(f'[database]\nurl = "{database_url}"\n[security]\nsealing_keys = ["${{KEY}}"]\n')
    command = [sys.executable, "-m", "hub.cli", "prune", "--settings", str(file), "--output", "jsonl"]
    environ = os.environ | {"KEY": new_key()}

    async def left() -> int:
        async with db.read() as connection:
            return await connection.scalar(select(func.count()).select_from(InboxRow)) or 0

    process = await asyncio.create_subprocess_exec(*command, env=environ, cwd=ROOT)
    while await left() == 6_001 and process.returncode is None:
        pass
    process.send_signal(signal.SIGKILL)
    await process.wait()
    halfway = await left()
    again = await asyncio.create_subprocess_exec(*command, env=environ, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    out, _ = await again.communicate()

    assert 1 < halfway < 6_001
    assert (6_001 - halfway) % 500 == 0  # whole batches
    assert again.returncode == 0
    assert f'"rows": {halfway - 1}' in out.decode().splitlines()[1]
    assert await left() == 1
    await db.close()
