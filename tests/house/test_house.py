"""The files around the code: examples that load, locks that are whole."""

import re
import tomllib
from pathlib import Path

import pytest

from hub.connector import discover
from hub.settings import load
from hub.store.sealing import new_key

ROOT = Path(__file__).parents[2]
VALUES = {
    "HUB_SEALING_KEY": new_key(),
    "SHOPIFY_SHOP": "acme.myshopify.com",
    "QBO_REALM": "123145",
    "QBO_ITEM_ID": "1",
}


def variables() -> list[str]:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    return re.findall(r"^([A-Z_]+)=$", text, re.MULTILINE)


def test_the_example_loads_when_its_variables_are_set() -> None:
    environ = {name: VALUES.get(name, f"value-of-{name}") for name in variables()}

    settings = load(ROOT / "hub.example.toml", discover(), environ)

    assert {name: each.connector for name, each in settings.connections.items()} == {
        "shop": "shopify",
        "payments": "stripe",
        "books": "quickbooks",
    }


def test_the_example_environment_names_what_the_examples_ask_for_and_nothing_else() -> None:
    wanted: set[str] = set()
    for file in ("hub.example.toml", "docker-compose.yml"):
        text = re.sub(r"^\s*#.*", "", (ROOT / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
        wanted |= set(re.findall(r"\$\{([A-Z_]+)(?:\}|:\?)", text))

    assert set(variables()) == wanted


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
class TestTheLocks:
    def test_name_no_registry(self, lock: str) -> None:
        assert "://" not in (ROOT / lock).read_text(encoding="utf-8")

    def test_hash_everything(self, lock: str) -> None:
        for entry in re.split(r"\n(?=\S)", (ROOT / lock).read_text(encoding="utf-8").strip()):
            assert "==" in entry
            assert "--hash=sha256:" in entry


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for lock, asked in {
        "requirements.lock": project["dependencies"],
        "requirements-dev.lock": [
            *project["dependencies"],
            *project["optional-dependencies"]["conform"],
            *project["optional-dependencies"]["otel"],
            *(each for each in project["optional-dependencies"]["dev"] if not each.startswith(project["name"])),
        ],
    }.items():
        held = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))
        assert {re.split(r"[\[<>=]", each)[0].lower() for each in asked} <= held


def test_both_locks_agree() -> None:
    def versions(lock: str) -> set[str]:
        return set(re.findall(r"^([a-z0-9-]+==\S+)", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))

    assert versions("requirements.lock") <= versions("requirements-dev.lock")
