"""Vendors that are away for a day: the books take nothing, the store says nothing. Then both are back."""

from functools import partial
from pathlib import Path

from hub.sandbox import Faults
from tests.history.house import until
from tests.history.world import world

_EVER = 1_000_000_000  # calls
_HOURS = 25


async def test_after_a_day_away_a_vendor_gets_and_gives_all_that_was_missed(
    either: str, nursery: Path, tmp_path: Path
) -> None:
    async with world(tmp_path, either, nursery) as here:
        await here.load(orders=3, revisions=1, spread=0.2)
        await here.come_to_rest()
        for vendor in (here.store, here.sink):
            vendor.faults = Faults(refuse=_EVER)
        await here.load(orders=3, revisions=2, spread=0.2)  # what it says itself; nobody takes it in the books
        untold = here.sell_untold(3)
        for _ in range(_HOURS):
            await here.an_hour()
        for vendor in (here.store, here.sink):
            vendor.faults = Faults()

        here.pass_time(24 * 3600)  # the next look at the store
        for each in untold:
            await until(partial(here.has, each), 60, "what the store did not tell was not read")
        violations = await here.verdict()

    assert violations == []
