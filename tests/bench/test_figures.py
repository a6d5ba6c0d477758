"""Named figures: what they are, where they are kept, what is said of them."""

from pathlib import Path

import orjson
import pytest

from bench.history import keep, record
from bench.named import NAMED, named
from bench.report import goals

MACHINE = {"cores": 2, "load_before": 0.1, "python": "3.11.7", "postgresql_server_version": "18"}


def test_a_run_without_history_on_the_page_is_not_recorded_somewhere_else(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n")

    with pytest.raises(RuntimeError, match="## History"):
        record({"door_rate": 0.8}, "2026-11-29T20:00:00+00:00", MACHINE, page)

    assert page.read_text() == "# Benchmarks\n"


def test_what_a_run_did_not_measure_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "var" / "bench.json"
    keep({"door_rate": 0.5, "growth": 1.1}, file)

    keep({"door_rate": 0.9}, file)

    assert orjson.loads(file.read_bytes()) == {"door_rate": 0.9, "growth": 1.1}


def test_figures_are_taken_from_postgresql_and_only_where_they_were_measured() -> None:
    doors = {"postgresql": {"door": {"ratio": 0.81234567}}, "sqlite": {"door": {"ratio": 0.7, "p99_ratio": 1.5}}}

    assert named({"databases": doors}) == {"door_rate": 0.8123}


def test_a_figure_just_beyond_its_goal_is_said_to_miss_it() -> None:
    shown = goals({"door_rate": 0.7999, "door_p99": 2.0, "memory_rest_mb": 140.0}).splitlines()

    assert ["NOT REACHED" in line for line in shown] == [True, False, False]
    assert ["  reached" in line for line in shown] == [False, True, False]


def test_each_run_is_one_row_of_the_history(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\n## History\n\n| when | where | figures |\n|---|---|---|\n")

    record({"door_rate": 0.81, "growth": 1.02}, "2026-11-29T20:00:00+00:00", MACHINE, page)

    row = page.read_text().splitlines()[-1]
    assert row.startswith("| 2026-11-29T20:00:00+00:00 | 2 cores")
    assert row.endswith("`door_rate` 0.81 · `growth` 1.02 |")


def test_the_page_explains_every_figure_by_its_name_and_ends_with_the_history() -> None:
    page = Path("docs/benchmarks.md").read_text(encoding="utf-8")

    assert [name for name in NAMED if f"`{name}`" not in page] == []
    assert "\n## " not in page.partition("\n## History\n")[2]
    assert "\n## History\n" in page
