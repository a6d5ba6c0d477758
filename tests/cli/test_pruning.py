"""`hub prune`, and what the command line says of events that were pruned."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.domain.clock import utc_now
from hub.store.database import Database
from hub.store.inbox import EventState
from hub.store.sealing import new_key
from hub.store.tables import InboxRow
from tests.store.aged import an_event, put

KEY = new_key()
NOW = utc_now()


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "hub.cli", *arguments]
    env = {**os.environ, "KEY": KEY, "HUB_SETTINGS": "hub.toml", "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture
def rows(tmp_path: Path) -> dict[str, dict[str, Any]]:
    """An event of half a year ago, and one of forty days ago."""
    (tmp_path / "hub.toml").write_text('[database]\nurl = "sqlite:///hub.db"\n[security]\nsealing_keys = ["${KEY}"]\n')
    assert run(tmp_path, "migrate").returncode == 0
    made = {
        "old": an_event(EventState.APPLIED, NOW - timedelta(days=180)),
        "middle": an_event(EventState.APPLIED, NOW - timedelta(days=40)),
    }

    async def fill() -> None:
        database = Database(f"sqlite:///{tmp_path / 'hub.db'}")
        await put(database, InboxRow, *made.values())
        await database.close()

    asyncio.run(fill())
    return made


def test_a_dry_run_counts_and_takes_nothing(tmp_path: Path, rows: dict[str, dict[str, Any]]) -> None:
    for _ in range(2):
        counted = json.loads(run(tmp_path, "prune", "--dry-run", "--output", "json").stdout)
        assert {each["what"]: each["rows"] for each in counted} == {
            "bodies": 1, "events": 1, "commands": 0, "attempts": 0, "audit": 0, "intents": 0,
        }  # fmt: skip

    assert json.loads(run(tmp_path, "events", "show", rows["old"]["id"]).stdout)["body"] == "a body"


def test_what_was_pruned_says_so_and_is_not_replayed(tmp_path: Path, rows: dict[str, dict[str, Any]]) -> None:
    old, middle = rows["old"]["id"], rows["middle"]["id"]

    pruned = run(tmp_path, "prune")
    shown = json.loads(run(tmp_path, "events", "show", middle).stdout)
    replayed = run(tmp_path, "events", "replay", middle)
    gone = run(tmp_path, "events", "show", old)

    assert (pruned.returncode, replayed.returncode, gone.returncode) == (0, 1, 1)
    assert shown["body"] == f"pruned on {shown['pruned_at'][:10]}"
    assert f"{middle} cannot be read again: its body was pruned on" in replayed.stderr
    assert f"it came on {NOW - timedelta(days=180):%Y-%m-%d} and was pruned" in gone.stderr
