"""What a wrong `hub.toml` gets: no process, and each fault with file, line, key and what was expected."""

import os
import subprocess
import sys
from pathlib import Path

from hub.store.sealing import new_key
from tests.end_to_end.conftest import ENVIRON, SETTINGS

START = [sys.executable, "-c", "from hub.cli import main; main()"]
FAULTS = {
    'api_key = "${SECRET}"': 'api_key = "sk_live_in_clear_text"',
    'realm_id = "1"': 'realm = "1"',
    'connector = "shopify"': 'connector = "shopfy"',
    'refresh_token = "${SECRET}"': 'refresh_token = "${NOT_SET}"',
    'public_url = "https://hub.example"': 'public_url = "http://hub.example"',
}


def test_a_wrong_file_starts_nothing_and_tells_every_fault_with_its_line_and_key(tmp_path: Path) -> None:
    text = SETTINGS.replace('[connections.carrier]\nconnector = "parcelboy"', "[connections.carrier]\nconnector = 7")
    for right, wrong in FAULTS.items():
        assert right in text
        text = text.replace(right, wrong, 1)
    file = tmp_path / "hub.toml"
    file.write_text(text)
    environ = ENVIRON | {"SEALING_KEY": new_key(), "DATABASE_URL": f"sqlite:///{tmp_path}/hub.db"}

    ended = subprocess.run(
        [*START, "serve", "--port", "0"],
        env={**os.environ, **environ, "HUB_SETTINGS": str(file)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert ended.returncode == 2
    assert "Ready" not in ended.stderr and "Traceback" not in ended.stderr
    for fault in [*FAULTS.values(), "connector = 7"]:
        key = fault.partition(" = ")[0]
        line = text[: text.index(fault)].count("\n") + 1
        assert any(f"hub.toml:{line}" in told and key in told for told in ended.stderr.splitlines()), fault
    assert "did you mean shopify" in ended.stderr
    assert "sk_live_in_clear_text" not in ended.stderr  # a secret in the wrong place is not repeated
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hub.toml"]
