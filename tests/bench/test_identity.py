"""The bench of identity runs on a set of one's own, and tells a goal that is missed."""

import csv
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.identity.__main__ import line, main
from bench.identity.measure import run
from bench.identity.sets import read_set
from tests.decide.evidence.people import HEADER, town


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows, truth = town(30)
    (tmp_path / "town").mkdir()
    for name, header, found in (
        ("records", HEADER, [[row[column] for column in HEADER] for row in rows]),
        ("truth", ("record_id", "cluster_id"), [[record, truth[record]] for record in truth]),
    ):
        with (tmp_path / "town" / f"{name}.csv").open("w", newline="") as text:
            csv.writer(text).writerows([header, *found])
    return tmp_path


def test_a_set_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench.identity", "village", "--folder", str(folder)])

    with pytest.raises(SystemExit):
        main()

    assert "no labelled set village" in capsys.readouterr().err


@pytest.mark.parametrize(("goal", "told"), [(1.1, "MISSED"), (0.1, "reached")])
def test_whether_the_goal_was_reached_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, goal: float, told: str
) -> None:
    monkeypatch.setattr("bench.identity.__main__.GOALS", {"town": goal})

    assert told in line("town", [run(read_set(folder / "town"), 1)])


def test_a_spread_that_is_too_wide_is_marked(folder: Path) -> None:
    one = run(read_set(folder / "town"), 1)
    worse = replace(one, settled=replace(one.settled, pair_f1=one.settled.pair_f1 - 0.01))

    assert "!" in line("town", [one, worse])
    assert "!" not in line("town", [one, one])


def test_a_run_is_printed_and_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["bench.identity", "town", "--folder", str(folder), "--orders", "2"])

    main()

    assert "town" in capsys.readouterr().out
    assert (folder / "var" / "bench" / "identity.json").exists()
