import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from hub.observe import metrics
from hub.observe.metrics import Depths, measure, render

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NOTHING = Depths(inbox={}, outbox={}, oldest_event=None, oldest_command={}, paused={}, drifts={})
DOCS = Path(__file__).parents[2] / "docs" / "operations.md"


def samples() -> dict[str, float]:
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(render().decode())
        for sample in family.samples
    }


def test_what_no_longer_waits_is_no_longer_shown() -> None:
    measure(
        Depths(
            inbox={"parked": 2},
            outbox={("books", "unknown"): 1},
            oldest_event=NOW - timedelta(minutes=2),
            oldest_command={"books": NOW - timedelta(hours=1)},
            paused={"books": True},
            drifts={"books": 3},
        ),
        NOW,
    )
    before = samples()
    measure(NOTHING, NOW)
    after = samples()

    assert before["hub_inbox_depth[('state', 'parked')]"] == 2
    assert before["hub_outbox_depth[('connection', 'books'), ('state', 'unknown')]"] == 1
    assert before["hub_oldest_event_seconds[]"] == 120
    assert before["hub_oldest_command_seconds[('connection', 'books')]"] == 3600
    assert before["hub_connection_paused[('connection', 'books')]"] == 1
    assert after["hub_oldest_event_seconds[]"] == 0
    assert not [name for name in after if "books" in name and name.startswith(("hub_outbox", "hub_conn", "hub_open"))]


def test_a_clock_ahead_of_ours_is_no_negative_age() -> None:
    measure(Depths(inbox={}, outbox={}, oldest_event=NOW + timedelta(5), oldest_command={}, paused={}, drifts={}), NOW)

    assert samples()["hub_oldest_event_seconds[]"] == 0


def test_each_metric_is_explained() -> None:
    told = set(re.findall(r"`(hub_[a-z_]+)`", DOCS.read_text(encoding="utf-8")))
    own = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in metrics.registry.collect()
        if family.name.startswith("hub_")
    }

    assert told == own
