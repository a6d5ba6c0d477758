import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from hub.observe import metrics
from hub.observe.depths import Depths, Lane, Queue
from hub.observe.metrics import measure, not_measured, render

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DOCS = Path(__file__).parents[2] / "docs"
SOME = Depths(
    lanes=(
        Lane(
            connection="the_books",
            paused="stock-taking",
            states={"unknown": 1},
            due=4,
            retries=2,
            lags_since=NOW - timedelta(minutes=5),
            oldest=NOW - timedelta(hours=1),
        ),
    ),
    inbox={"parked": 2},
    oldest_event=NOW - timedelta(minutes=2),
    due_orders={"live": Queue(count=7, oldest=NOW - timedelta(seconds=3))},
    hints={"the_books": Queue(count=5, oldest=NOW - timedelta(seconds=9))},
    drifts={"the_books": 3},
)


def samples() -> dict[str, float]:
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(render().decode())
        for sample in family.samples
    }


def of_books() -> dict[str, float]:
    """A connection that no other test of this process has: counters stay for ever."""
    mine = {name.partition("[")[0]: value for name, value in samples().items() if "('connection', 'the_books')" in name}
    return {name: value for name, value in mine.items() if not name.endswith(("_total", "_created"))}


def test_what_waits_is_told_by_connection() -> None:
    measure(SOME, NOW, alive=2)

    assert of_books() == {
        "hub_outbox_depth": 1,
        "hub_lane_due": 4,
        "hub_lane_lag_seconds": 300,
        "hub_retries_waiting": 2,
        "hub_oldest_command_seconds": 3600,
        "hub_hints": 5,
        "hub_oldest_hint_seconds": 9,
        "hub_connection_paused": 1,
        "hub_open_drifts": 3,
    }
    others = samples()
    assert others["hub_inbox_depth[('state', 'parked')]"] == 2
    assert others["hub_oldest_event_seconds[]"] == 120
    assert others["hub_due_orders[('kind', 'live')]"] == 7
    assert others["hub_oldest_due_order_seconds[('kind', 'live')]"] == 3
    assert (others["hub_workers[]"], others["hub_measured[]"]) == (2, 1)


def test_what_no_longer_waits_is_no_longer_shown() -> None:
    measure(SOME, NOW, alive=1)
    measure(Depths(), NOW, alive=1)

    assert of_books() == {}
    assert samples()["hub_oldest_event_seconds[]"] == 0


def test_when_nobody_knows_what_waits_no_old_figure_is_shown() -> None:
    measure(SOME, NOW, alive=1)
    not_measured()

    after = samples()
    assert of_books() == {}
    assert after["hub_measured[]"] == 0
    assert str(after["hub_oldest_event_seconds[]"]) == str(after["hub_workers[]"]) == "nan"


def test_a_clock_ahead_of_ours_is_no_negative_age() -> None:
    measure(Depths(oldest_event=NOW + timedelta(5)), NOW, alive=1)

    assert samples()["hub_oldest_event_seconds[]"] == 0


def own() -> set[str]:
    return {
        family.name + ("_total" if family.type == "counter" else "")
        for family in metrics.registry.collect()
        if family.name.startswith("hub_")
    }


def test_each_metric_is_explained() -> None:
    told = re.findall(r"`(hub_[a-z_]+)`", (DOCS / "operations.md").read_text(encoding="utf-8"))

    assert set(told) == own()


# ----------------------------------------------------------------------------------------------- the dashboard


def dashboard() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DOCS / "grafana" / "orderhub.json").read_text(encoding="utf-8"))
    return found


def panels() -> list[dict[str, Any]]:
    return [each for each in dashboard()["panels"] if each["type"] != "row"]


def expressions() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel.get("targets", ()) if "expr" in target]


def test_the_dashboard_asks_for_metrics_that_there_are_and_for_all_of_them() -> None:
    asked = {
        re.sub(r"_(bucket|sum|count)$", "", name) for each in expressions() for name in re.findall(r"hub_[a-z_]+", each)
    }

    assert asked == own()


def test_the_dashboard_names_labels_that_its_metrics_have() -> None:
    labels = {
        metric._name: {*metric._labelnames, "le", "instance", "job"}
        for metric in vars(metrics).values()
        if hasattr(metric, "_labelnames")
    }
    for each in expressions():
        for name, within in re.findall(r"(hub_[a-z_]+)\{([^}]*)\}", each):
            known = labels[re.sub(r"_(bucket|sum|count|total)$", "", name)]
            assert set(re.findall(r"([a-z_]+)\s*=~?", within)) <= known, each


def test_every_panel_takes_the_one_source_that_people_choose_and_has_a_place_of_its_own() -> None:
    (source,) = [each for each in dashboard()["templating"]["list"] if each["type"] == "datasource"]
    assert source["query"] == "prometheus"
    taken: set[tuple[int, int]] = set()
    for panel in panels():
        if panel["type"] != "text":
            assert panel["datasource"] == {"type": "prometheus", "uid": f"${{{source['name']}}}"}
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells
    ids = [each["id"] for each in dashboard()["panels"]]
    assert len(ids) == len(set(ids))
