"""The long-running commands as processes: how they start, stop and break."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hub.front import bind
from hub.store.sealing import new_key
from tests.observe.collector import collector

ROOT = Path(__file__).parents[2]
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    (tmp_path / "hub.toml").write_text('[security]\nsealing_keys = ["${KEY}"]\n')

    started: list[subprocess.Popen[str]] = []

    def start(breaks: str, *arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.cli.fake_hub", breaks, *arguments],
            cwd=ROOT,
            env={**os.environ, "KEY": new_key(), "HUB_SETTINGS": str(tmp_path / "hub.toml")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def ready(process: "subprocess.Popen[str]") -> str:
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Ready: "):
            return line.removeprefix("Ready: ").strip()
    raise AssertionError("it ended before it was ready")


@pytest.mark.parametrize("breaks", ["door", "work"])
def test_when_a_part_breaks_the_process_ends_with_a_sentence(start: Start, breaks: str) -> None:
    process = start(breaks, "serve", "--port", "0")
    out, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert out.startswith("migrated\n")
    assert f"the {breaks} is broken" in err
    assert "Traceback" not in err


def test_a_port_that_is_taken_is_told_before_anything_is_done(start: Start) -> None:
    with bind("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        process = start("nothing", "serve", "--port", port)
        out, err = process.communicate(timeout=60)

    assert process.returncode == 2
    assert out == "closed\n" or out == ""
    assert f"cannot listen on 127.0.0.1:{port}" in err


def test_sigterm_lets_the_front_and_the_work_end_before_the_door_is_shut(start: Start) -> None:
    process = start("nothing", "serve", "--port", "0")
    address = ready(process)
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as half_open:
        half_open.sendall(b"POST / HTTP/1.1\r\n")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert sorted(out.splitlines()[:3]) == ["door open", "migrated", "working"]
    assert out.splitlines()[3:] == ["returned", "door shut", "closed"]


def test_without_a_worker_nothing_works(start: Start) -> None:
    process = start("nothing", "serve", "--no-worker", "--port", "0")
    ready(process)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert out.splitlines() == ["migrated", "door open", "door shut", "closed"]


def test_a_worker_opens_no_port_and_returns_what_it_holds(start: Start) -> None:
    process = start("nothing", "worker")
    assert ready(process) == "working"
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=60)

    assert process.returncode == 0
    assert out.splitlines()[-3:] == ["returned", "door shut", "closed"]


@pytest.mark.parametrize("arguments", [("worker",), ("serve", "--port", "0")])
def test_what_a_process_did_last_reaches_the_collector_before_it_ends(
    start: Start, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    with collector() as kept:
        with (tmp_path / "hub.toml").open("a") as settings:
            settings.write(f'[traces]\nendpoint = "{kept.address}"\n')
        process = start("nothing", *arguments)
        ready(process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)

    assert process.returncode == 0
    assert [span.name for span in kept.spans] == ["receive"]
