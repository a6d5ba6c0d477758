"""SIGKILL of any process at any moment."""

import asyncio
import signal
from pathlib import Path

from tests.history.world import World, world

KILLS = 20


async def _killing(here: World, kills: int) -> None:
    """From the first breath on: in the middle of a start, of a commit, of a vendor's call."""
    for _ in range(kills):
        await asyncio.sleep(here.chance.uniform(0.0, 0.5))
        here.chance.choice(here.house.inhabitants).send(signal.SIGKILL)


async def test_a_hub_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing(
    either: str, nursery: Path, tmp_path: Path
) -> None:
    async with world(tmp_path, either, nursery) as here:
        killing = asyncio.create_task(_killing(here, KILLS))
        await here.load(orders=40, spread=5)
        await killing
        await here.house.answers()
        violations = await here.verdict()

    assert here.house.deaths >= KILLS // 2
    assert violations == []
