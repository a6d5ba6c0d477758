"""`hub keys` on a hub of its own, as a person would type it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hub.store.sealing import new_key

KEY = new_key()


@pytest.fixture
def hub(tmp_path: Path) -> None:
    (tmp_path / "hub.toml").write_text('[database]\nurl = "sqlite:///hub.db"\n[security]\nsealing_keys = ["${KEY}"]\n')
    assert run(tmp_path, "migrate").returncode == 0


def run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "hub.cli", *arguments]
    env = {**os.environ, "KEY": KEY, "HUB_SETTINGS": "hub.toml"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=90, check=False)


@pytest.mark.usefixtures("hub")
def test_tokens_of_a_connection_that_is_not_there_cannot_be_forgotten(tmp_path: Path) -> None:
    ended = run(tmp_path, "keys", "forget-tokens", "nope")

    assert (ended.returncode, ended.stderr.strip()) == (1, "no connection nope")


@pytest.mark.usefixtures("hub")
def test_resealing_says_how_many_there_were(tmp_path: Path) -> None:
    ended = run(tmp_path, "keys", "reseal")

    assert (ended.returncode, ended.stdout) == (0, "0 resealed\n")


@pytest.mark.usefixtures("hub")
def test_a_key_is_shown_once_and_a_wrong_scope_makes_none(tmp_path: Path) -> None:
    wrong = run(tmp_path, "keys", "create", "shop", "--scope", "everything")
    right = run(tmp_path, "keys", "create", "shop", "--scope", "read")
    listed = run(tmp_path, "keys", "list", "--output", "json")

    assert wrong.returncode != 0 and "everything" in wrong.stderr
    assert right.stdout.startswith("ohk_")
    assert listed.stdout.count('"name"') == 1 and right.stdout.strip() not in listed.stdout
