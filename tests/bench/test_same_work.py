"""The same work: what has to come of it, how it is proved, and that the hub still does it. Never how fast."""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx
import orjson
import pytest
import uvloop

from bench.ground import ground
from bench.numbers import Figures
from bench.peers import install
from bench.peers.engines import peers
from bench.processes import child
from bench.same_work.command import same_work
from bench.same_work.connector import SHOP
from bench.same_work.measure import Sizes, one_round
from bench.same_work.ours import ours
from bench.same_work.report import ratios, remember, sound, table
from bench.same_work.weigh import cpu_seconds
from bench.same_work.work import SIGNATURE, Delivery, body, deliveries, events, found, is_genuine, requests
from hub.connector import Incoming, Reading
from hub.domain.errors import Forged, Unreadable
from hub.domain.records import OrderRecord

TINY = Sizes(rounds=1, events=10, warm=5, senders=4)
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
WANTED: set[Delivery] = {("first", "a", 1), ("second", "a", 1)}


def _figures(speed: float, **others: float) -> Figures:
    return {
        "events_per_second": speed,
        "cpu_ms_per_event": 1.0,
        "ack_per_second": 1.0,
        "ack_p50_ms": 1.0,
        "ack_p99_ms": 1.0,
        **dict.fromkeys(("lost", "doubled", "repeated", "strange", "unmarked"), 0.0),
        **others,
    }


@pytest.mark.parametrize(
    ("ledger", "fault"),
    [
        ({("first", "a", 1): {"k1": 1}}, "lost"),
        ({("first", "a", 1): {"k1": 1}, ("second", "a", 1): {"k2": 1, "k3": 1}}, "doubled"),
        ({("first", "a", 1): {"k1": 1}, ("second", "a", 1): {"k2": 1}, ("second", "b", 1): {"k4": 1}}, "strange"),
    ],
)
def test_a_ledger_with_a_fault_proves_it(ledger: dict[Delivery, dict[str, int]], fault: str) -> None:
    proof = found(iter(ledger.items()), WANTED)

    assert proof.pop(fault) == 1
    assert not any(proof.values())


def test_a_call_repeated_under_its_key_is_told_and_is_no_fault() -> None:
    proof = found(iter({("first", "a", 1): {"k1": 3}, ("second", "a", 1): {"k2": 1}}.items()), WANTED)

    assert proof == {"lost": 0, "doubled": 0, "repeated": 2, "strange": 0}
    assert sound([_figures(1.0, **proof)])


@pytest.mark.parametrize("fault", ["lost", "doubled", "strange", "unmarked"])
def test_a_round_with_a_fault_is_not_sound(fault: str) -> None:
    assert not sound([_figures(1.0), _figures(1.0, **{fault: 1})])


def test_a_webhook_that_was_touched_is_not_genuine() -> None:
    headers, said = requests(20, "order")[0]
    incoming = Incoming(method="POST", url="", headers={SIGNATURE.lower(): headers[SIGNATURE]}, body=said + b" ")

    assert is_genuine(said, headers[SIGNATURE])
    assert not is_genuine(said + b" ", headers[SIGNATURE])
    assert SHOP.inbound is not None
    with pytest.raises(Forged):
        SHOP.inbound.verify(incoming, [], None, NOON)


def test_every_twentieth_event_is_sent_twice_and_some_orders_change() -> None:
    sent = [said for _, said in requests(200, "order")]
    told = events(200, "order")

    assert len(sent) == 210
    assert len(set(sent)) == len(set(told)) == 200
    assert sum(revision == 2 for _, revision in told) == 40
    assert len(deliveries(200, "order")) == 400
    assert all(1_800 < len(each) < 2_400 for each in sent)


def test_an_order_of_the_work_adds_up() -> None:
    reading = Reading(connection="shop", settings=None)
    (record,) = SHOP.read["order"](reading, body("order-1", 2))

    assert isinstance(record, OrderRecord)
    assert record.version == 2
    assert sum(line.total.minor for line in record.lines) == record.total.minor
    with pytest.raises(Unreadable):
        list(SHOP.read["order"](reading, body("order-1", 2)[:500]))


async def test_the_vendor_keeps_each_key_and_takes_no_call_without_one(tmp_path: Path) -> None:
    said = {"order": "a", "revision": 1}

    async with (
        child(tmp_path / "log", (sys.executable, "-m", "bench.same_work.stub")) as stub,
        httpx.AsyncClient(base_url=stub.url) as http,
    ):
        refused = await http.post("/first/orders", json=said)
        for key in ("k1", "k1", "k2"):
            (await http.post("/first/orders", json=said, headers={"Idempotency-Key": key})).raise_for_status()
        ledger = (await http.get("/ledger")).json()

    assert refused.status_code == 400
    assert ledger == [["first", "a", 1, {"k1": 2, "k2": 1}]]


async def test_the_work_of_children_that_have_ended_is_weighed(tmp_path: Path) -> None:
    busy = "import hashlib; hashlib.pbkdf2_hmac('sha256', b'a', b'b', 300_000)"
    parent = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}]);"
        "print('Ready: now', file=sys.stderr, flush=True); input()"
    )

    async with child(tmp_path / "log", (sys.executable, "-c", parent)) as here:
        whole, alone = cpu_seconds(here.process.pid), here.cpu_seconds()

    assert whole > alone


def test_the_best_library_is_the_fastest_one_and_celery_has_its_own_ratio() -> None:
    rounds = {
        "postgresql": [_figures(100.0, cpu_ms_per_event=2.0)],
        "sqlite": [_figures(70.0)],
        "celery": [_figures(10.0, cpu_ms_per_event=20.0)],
        "slow": [_figures(5.0)],
        "fast": [_figures(20.0)],
    }

    assert ratios(rounds, ("slow", "fast", "absent")) == {
        "sqlite_vs_pg": 0.7,
        "e2e_vs_celery": 10.0,
        "cpu_vs_celery": 0.1,
        "e2e_vs_best_library": 5.0,
    }
    assert ratios({"postgresql": rounds["postgresql"]}) == {}


def test_named_ratios_join_those_of_other_measures(tmp_path: Path) -> None:
    file = tmp_path / "var" / "bench.json"

    remember(file, {"sqlite_vs_pg": 0.5, "door_rate": 0.9})
    remember(file, {"sqlite_vs_pg": 0.7})

    assert orjson.loads(file.read_bytes()) == {"door_rate": 0.9, "sqlite_vs_pg": 0.7}


def test_faults_of_all_rounds_are_shown_not_their_median() -> None:
    rounds = {"a": [_figures(1.0), _figures(2.0), _figures(3.0, lost=7)]}

    head, row = table(rounds, {"a": "A library"}).splitlines()

    assert row.startswith("A library")
    assert row[: head.index("lost") + len("lost")].split()[-1] == "7"


def test_without_peers_it_is_said_how_they_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(RuntimeError, match="make bench-peers installs them"):
        peers(["celery"])


def test_brokers_that_cannot_be_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "_PATH", "/nowhere")

    with pytest.raises(SystemExit, match=r"nats-server, rabbitmq-server, redis-server.*no apt-get"):
        install._brokers()


@pytest.mark.nightly
def test_the_hub_does_the_work_once(tmp_path: Path) -> None:
    rounds = uvloop.run(same_work([ours("sqlite")], TINY, tmp_path / "run"))

    assert sound(rounds["sqlite"])
    assert rounds["sqlite"][0]["events_per_second"] > 0
    assert rounds["sqlite"][0]["cpu_ms_server"] > 0


@pytest.mark.nightly
def test_profiles_of_the_processes_are_left_behind(tmp_path: Path) -> None:
    async def run() -> None:
        with ground(tmp_path / "run", ("sqlite",)) as here:
            await one_round(here, ours("sqlite", tmp_path), TINY)

    asyncio.run(run())

    assert (tmp_path / "embedded.prof").stat().st_size > 0
    assert "function calls" in (tmp_path / "embedded.prof.txt").read_text()
