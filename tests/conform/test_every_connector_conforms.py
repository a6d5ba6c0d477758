"""Every installed connector is held to the kit: by day few deliveries and each fault at one call, at night whole."""

import os
import re
from pathlib import Path

import pytest

from hub.conform import SCENARIOS, Outcome, run
from hub.connector import Connector, discover

_ROOT = Path(__file__).resolve().parents[2]
_MATERIAL = _ROOT / ".." / "shared" / "vendor"
_NO_VENDOR = {"http", "smtp"}  # nobody describes, records or signs for them
CONFORMING = [connector for _, connector in sorted(discover().items()) if connector.card is not None]


@pytest.mark.parametrize("connector", CONFORMING, ids=lambda connector: connector.slug)
@pytest.mark.parametrize(("burst", "places"), [(200, 1), pytest.param(10_000, 6, marks=pytest.mark.nightly)])
async def test_it_passes_every_scenario(connector: Connector, burst: int, places: int) -> None:
    folder = _MATERIAL / connector.slug

    report = await run(connector, material=folder if folder.is_dir() else None, burst=burst, places=places)

    assert [f"{each.scenario}, {each.check}: {each.why}" for each in report.failed] == []
    if os.environ.get("CI") and connector.slug not in _NO_VENDOR:
        absent = [each.check for each in report.results if "--material" in each.why]
        assert absent == [], "the build server has the vendors' material"


@pytest.mark.parametrize("connector", CONFORMING, ids=lambda connector: connector.slug)
def test_no_lack_is_declared_without_a_sentence_that_says_why(connector: Connector) -> None:
    assert connector.card is not None
    for ability, why in connector.card().lacks.items():
        assert len(why.split()) >= 4, f"{ability}: {why!r}"


def test_the_document_names_every_outcome_and_every_scenario() -> None:
    text = (_ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")

    assert re.findall(r"^- \*\*([a-z ]+)\*\*", text, re.MULTILINE) == [each.value for each in Outcome]
    table = text.partition("| scenario |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| ([a-z ]+) \|", table, re.MULTILINE) == list(SCENARIOS)
