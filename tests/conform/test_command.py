"""`hub conform`: what it prints and writes, and how it ends."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import conforming
from hub.cli.app import app
from hub.conform import Outcome, Report, Result
from hub.conform.page import lines, page
from hub.domain.errors import Misconfigured
from tests.toy import parcelboy
from tests.toy.shelf import only

GOOD = Result(scenario="echo", check="settles", outcome=Outcome.PASSED, why="2 commands")
LACK = Result(scenario="healing", check="deleted", outcome=Outcome.LACKS, why="nothing can be deleted")
BAD = Result(scenario="echo", check="still", outcome=Outcome.FAILED, why="one more write")


def report(*results: Result, slug: str = "parcelboy") -> Report:
    return Report(slug=slug, title="Parcelboy", category="shipping", abilities=["pull"], results=results, seconds=1.5)


def test_a_table_has_a_line_for_each_check_and_counts_them() -> None:
    assert list(lines(report(GOOD, BAD, LACK))) == [
        "Parcelboy (parcelboy), 1.5 s",
        "  echo",
        "    pass     settles  2 commands",
        "    fail     still    one more write",
        "  healing",
        "    lacks    deleted  nothing can be deleted",
        "  1 pass, 1 fail, 1 lacks",
    ]


def test_the_page_shows_abilities_scores_and_every_reason() -> None:
    text = page([report(GOOD, BAD, LACK)], linked=["parcelboy"])

    assert "| [Parcelboy](parcelboy.md) | ✗ 1/2 | – |" in text
    assert "- deleted: nothing can be deleted" in text
    assert "- still: one more write" in text


def test_a_failure_ends_with_1_and_is_in_the_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def failing(*_: object) -> Report:
        return report(GOOD, BAD)

    monkeypatch.setattr(conforming, "_run", failing)
    only(monkeypatch, parcelboy.CONNECTOR)

    ended = CliRunner().invoke(app, ["conform", "parcelboy", "--json", str(tmp_path / "r.json")])

    assert ended.exit_code != 0
    (found,) = json.loads((tmp_path / "r.json").read_text())
    assert (found["slug"], found["passed"]) == ("parcelboy", False)


def test_a_connector_that_passes_ends_with_0_and_its_page_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(monkeypatch, parcelboy.CONNECTOR)

    ended = CliRunner().invoke(
        app, ["conform", "--all", "--scenario", "abilities", "--page", str(tmp_path / "README.md")]
    )

    assert ended.exit_code == 0, ended.output
    assert "pass     what is declared is so" in ended.output
    assert "| Parcelboy | shipping | ✓ |" in (tmp_path / "README.md").read_text()


@pytest.mark.parametrize(
    ("slugs", "said"), [(["nobody"], "no connector nobody"), ([], "Name some"), (["parcelboy"], "no scenario dancing")]
)
def test_a_wrong_call_says_what_there_is(slugs: list[str], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, parcelboy.CONNECTOR)

    with pytest.raises(Misconfigured, match=said):
        conforming.conform(slugs, False, None, ["dancing"], 10, None, None)
