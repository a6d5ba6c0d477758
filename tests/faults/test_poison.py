"""An event that kills whoever reads it is put aside after a few deaths, and all else goes on."""

from pathlib import Path

from tests.history.house import until
from tests.history.world import world

_DEATHS = 8  # of all processes together: each of them may read it a few times


async def test_an_event_that_kills_its_reader_is_parked_and_the_rest_goes_on(
    either: str, nursery: Path, tmp_path: Path
) -> None:
    async with world(tmp_path, either, nursery) as here:
        await here.load(orders=4, revisions=2, spread=0.2)
        await here.sender.tell([here.store.sell(1, 1, prefix="d", deadly=True)])
        await here.load(orders=4, revisions=2, spread=0.2)
        await until(lambda: here.ended("d1/1"), 60, "the deadly event is not put aside")
        violations = await here.verdict()

    assert 2 <= here.house.deaths <= _DEATHS
    assert violations == []
