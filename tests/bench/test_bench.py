"""The bench measures real work in real processes. Here it is only asked whether it still does; never how fast."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from bench.bare import SECRET
from bench.door import webhooks
from bench.ground import ground, ready
from bench.named import NAMED, named
from bench.numbers import medians, paired, percentile
from bench.processes import child, sent
from bench.report import table
from bench.requests import raw
from bench.run import MEASURES, ON_POSTGRESQL, run
from bench.sizes import Sizes
from hub.connector import Incoming, discover
from hub.domain.clock import utc_now

TINY = Sizes(
    rounds=1,
    door_rounds=1,
    webhooks=20,
    warm=5,
    senders=4,
    calls=32,
    quiet_events=4,
    idle_seconds=0.1,
    worker_events=6,
    grown=(6, 12),
    grown_events=4,
    load_events=4,
    burst=20,
    burst_senders=4,
    flow_orders=2,
    seed_orders=50,
    pages=2,
)
ON_BOTH = ("door", "flow", "page", "rebuild")


async def test_a_webhook_that_is_not_taken_is_a_failure_and_no_figure(tmp_path: Path) -> None:
    good, forged = webhooks(1)[0], raw("/webhooks/payments", {"Stripe-Signature": "t=1,v1=00"}, b"{}")

    async with child(tmp_path / "bare.log", (sys.executable, "-m", "bench.bare", "none")) as bare:
        taken = await sent(bare, [good, good], tmp_path, senders=2)
        with pytest.raises(RuntimeError, match="401"):
            await sent(bare, [good, forged], tmp_path, senders=2)

    assert taken["per_second"] > 0


async def test_a_process_that_cannot_start_says_why(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="there is no such database"):
        async with child(tmp_path / "log", (sys.executable, "-c", "raise SystemExit('there is no such database')")):
            pass


def test_each_webhook_is_genuine_and_an_event_of_its_own() -> None:
    stripe = discover()["stripe"]
    assert stripe.inbound is not None
    settings = stripe.settings.model_validate({"connector": "stripe", "api_key": "sk_test_1"})
    keys = set()

    for request in webhooks(3):
        head, _, body = request.partition(b"\r\n\r\n")
        lines = (line.decode().partition(": ") for line in head.split(b"\r\n")[1:])
        headers = {name.lower(): value for name, _, value in lines}
        incoming = Incoming(method="POST", url="", headers=headers, body=body)
        stripe.inbound.verify(incoming, [SECRET], settings, utc_now())
        keys |= {event.key for event in stripe.inbound.events(incoming, settings)}
        assert 1_500 < len(body) < 3_000

    assert len(keys) == 3


def test_a_ratio_is_of_rounds_that_ran_side_by_side() -> None:
    # The machine was ten times slower in the second round: for both.
    ours, others = [{"x": 50.0}, {"x": 5.0}, {"x": 50.0}], [{"x": 100.0}, {"x": 10.0}, {"x": 200.0}]

    assert paired(ours, others, "x") == 0.5
    assert medians(ours)["x"] == 50.0
    assert [percentile(range(100), share) for share in (0.0, 0.5, 0.99)] == [0, 50, 99]


async def test_nothing_is_left_of_a_database_that_was_measured(tmp_path: Path) -> None:
    with ground(tmp_path / "run", ("sqlite",)) as here:
        with here.empty("sqlite") as url:
            await (await ready(url)).close()
            assert list(here.folder.glob("*.db"))

        assert not list(here.folder.glob("*.db*"))


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return asyncio.run(run(tmp_path_factory.mktemp("bench") / "run", ("sqlite",), TINY, ON_BOTH))


@pytest.mark.nightly
def test_every_measure_has_its_figures(result: dict[str, Any]) -> None:
    found = result["databases"]["sqlite"]

    assert set(found) == set(ON_BOTH)
    assert {"hub", "bare", "nothing", "ratio", "p99_ratio", "nothing_ratio"} == set(found["door"])
    for figures in (found["door"]["hub"], found["door"]["bare"], found["page"]["graphql"], found["page"]["by_hand"]):
        assert 0 < figures["p50_ms"] <= figures["p99_ms"]
        assert len(figures["rounds"]) == TINY.rounds
    assert found["flow"]["events"] == 7 * TINY.flow_orders
    assert found["flow"]["events_per_second"] > 0
    assert found["rebuild"]["orders"] == TINY.seed_orders
    assert found["flow"]["after_mb"] > 1


def test_every_named_figure_is_one_of_some_measure() -> None:
    measures = {each.path.split(".")[2] for each in NAMED.values()}

    assert measures - {"door"} == set(ON_POSTGRESQL)
    assert set(ON_BOTH) | set(ON_POSTGRESQL) == set(MEASURES)


@pytest.mark.nightly
@pytest.mark.parametrize("measure", ON_POSTGRESQL)
async def test_every_measure_on_postgresql_has_its_named_figures_and_rows(measure: str, tmp_path: Path) -> None:
    result = await run(tmp_path / "run", ("postgresql",), TINY, [measure])

    mine = {name for name, each in NAMED.items() if each.path.split(".")[2] == measure}
    assert set(named(result)) == mine
    assert len(table(result).splitlines()) > 2


@pytest.mark.nightly
def test_the_table_shows_what_was_measured_and_no_empty_row(result: dict[str, Any]) -> None:
    shown = table(result).splitlines()

    assert shown[0].strip() == "sqlite"
    assert len(shown) > 25
    assert not [line for line in shown[1:] if not line[-1].isdigit()]
