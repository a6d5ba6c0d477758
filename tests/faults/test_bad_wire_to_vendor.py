"""A bad network between the hub and its vendors: requests and answers are late, lost, cut short or reset."""

import random
import shutil
from pathlib import Path

import pytest

from tests.history.proxy import Fault, wire
from tests.history.world import Host, world


@pytest.mark.parametrize("fault", list(Fault))
async def test_a_bad_wire_to_a_vendor_loses_nothing_and_doubles_nothing(
    fault: Fault, nursery: Path, tmp_path: Path, sqlite_template: Path
) -> None:
    file = tmp_path / "hub.db"
    shutil.copy(sqlite_template, file)
    async with wire("127.0.0.1", 0, random.Random(5)) as bad:
        hosts = {"hub": Host(sink=f"http://127.0.0.1:{bad.port}")}
        async with world(tmp_path, f"sqlite:///{file}", nursery, hosts=hosts) as here:
            bad.leads_to("127.0.0.1", here.sink_port)
            bad.faults, bad.odds = [fault], 0.15
            await here.load(orders=15, revisions=2, spread=2)
            await here.come_to_rest(20)
            bad.odds = 0.0
            violations = await here.verdict()

    assert bad.struck >= 3
    assert violations == []
