"""What the documents name exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from hub.cli.app import app
from hub.settings.model import SECTIONS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests").rglob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors(document: Path) -> set[str]:
    """The anchors of its headings, as GitHub makes them."""
    text = _FENCE.sub("", document.read_text(encoding="utf-8"))
    titles = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def broken(document: Path) -> Iterator[str]:
    for link in _LINK.findall(_FENCE.sub("", document.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (document.parent / file) if file else document
        if not target.exists() or (anchor and anchor not in anchors(target)):
            yield link


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_is_broken(document: Path) -> None:
    assert list(broken(document)) == []


def commands() -> dict[str, set[str]]:
    """Each command of `hub` and its subcommands."""
    root = typer.main.get_command(app)
    return {name: set(getattr(command, "commands", {})) for name, command in getattr(root, "commands", {}).items()}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_command_that_is_named_exists(document: Path) -> None:
    known = commands()

    for name, sub in re.findall(r"[`$] ?hub ([a-z]+)(?: ([a-z][a-z-]+))?", document.read_text(encoding="utf-8")):
        assert name in known
        assert not known[name] or not sub or sub in known[name], f"hub {name} {sub}"


def test_the_readme_names_every_command() -> None:
    named = set(re.findall(r"^\| `hub ([a-z]+)`", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE))

    assert named == set(commands())


def test_each_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))

    for document in DOCUMENTS:
        named = set(re.findall(r"[`$] ?make ([a-z]+)", document.read_text(encoding="utf-8")))
        assert named <= targets, document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_setting_that_is_named_exists(document: Path) -> None:
    text = document.read_text(encoding="utf-8")

    for section, key in re.findall(r"`\[([a-z]+)\](?: ([a-z_]+))?`", text):
        assert section in SECTIONS
        assert not key or key in SECTIONS[section].model_fields, f"[{section}] {key}"
