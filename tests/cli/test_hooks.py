"""`hub webhooks` on a hub of its own, as a person would type it."""

import json
from pathlib import Path

import pytest

from tests.cli.test_keys_of_a_hub import run

SETTINGS = """\
[database]
url = "sqlite:///hub.db"
[security]
sealing_keys = ["${KEY}"]
[webhooks.erp]
url = "http://127.0.0.1:1/hook"
secrets = ["${SECRET}"]
allow_private = true
"""


@pytest.fixture
def folder(tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SECRET", "whsec_" + "Q" * 32)
    (tmp_path / "hub.toml").write_text(SETTINGS)
    (tmp_path / "hub.db").write_bytes(sqlite_template.read_bytes())
    return tmp_path


def test_an_endpoint_is_listed_once_it_has_begun(folder: Path) -> None:
    before = run(folder, "webhooks", "list", "--output", "json")
    replayed = run(folder, "webhooks", "replay", "erp", "--after", "0")
    after = run(folder, "webhooks", "list", "--output", "json")

    assert json.loads(before.stdout) == []
    assert (replayed.returncode, replayed.stdout) == (0, "erp will be told again of everything behind cursor 0\n")
    (row,) = json.loads(after.stdout)
    assert (row["id"], row["cursor"], row["behind"], row["disabled_at"]) == ("erp", 0, 0, None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("replay", "erp", "--after", "7"), "no change has the cursor 7 yet"),
        (("resume", "shop"), "shop"),
        (("test", "erp"), "127.0.0.1"),
    ],
)
def test_what_cannot_be_is_told_and_ends_with_1(folder: Path, arguments: tuple[str, ...], words: str) -> None:
    ended = run(folder, "webhooks", *arguments)

    assert (ended.returncode, ended.stdout) == (1, "")
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr
