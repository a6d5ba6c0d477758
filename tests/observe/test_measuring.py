from collections.abc import Mapping
from datetime import datetime

import pytest

from hub.measuring import Measurer
from hub.observe import metrics
from hub.observe.depths import WorkerSeen
from hub.observe.pulse import STILL, Pulse
from hub.store.database import Database
from hub.store.tables import InboxRow
from tests.conftest import Time
from tests.store.explained import overheard
from tests.store.rows import event_row, put


class Ticks:
    """Goes on by `step` each time that somebody looks."""

    def __init__(self, step: float = 0.0) -> None:
        self.at, self.step = 100.0, step

    def __call__(self) -> float:
        self.at += self.step
        return self.at


async def no_tokens() -> Mapping[str, datetime]:
    return {}


def value(name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


async def test_a_database_that_fails_is_told_and_old_figures_are_gone(
    db: Database, time: Time, tmp_path_factory: pytest.TempPathFactory
) -> None:
    empty = Database(f"sqlite:///{tmp_path_factory.mktemp('empty')}/hub.db")
    await put(db, InboxRow, event_row("shop", time()))
    await Measurer(database=db, clock=time, tokens_die=no_tokens).measure()
    before = [value("hub_measured"), value("hub_inbox_depth", state="received")]

    await Measurer(database=empty, clock=time, tokens_die=no_tokens).measure()
    await empty.close()

    after = [value("hub_measured"), value("hub_inbox_depth", state="received")]
    assert (before, after) == ([1, 1], [0, None])


async def test_who_asks_without_end_gets_a_fiftieth_of_the_time(db: Database, time: Time) -> None:
    ticks = Ticks(step=1.0)  # so that a look takes two seconds
    measurer = Measurer(database=db, clock=time, tokens_die=no_tokens, ticks=ticks)

    with overheard(db) as first:
        await measurer.measure()
    ticks.step = 0.0
    with overheard(db) as soon:
        await measurer.measure()
        ticks.at += 99.0
        await measurer.measure()
    with overheard(db) as later:
        ticks.at += 1.0
        await measurer.measure()

    assert len(first) > 5 and soon == [] and len(later) == len(first)


def test_a_worker_lives_while_its_beat_goes_on(time: Time) -> None:
    pulse = Pulse()

    def seen(id: str, beat: int) -> WorkerSeen:
        return WorkerSeen(id=id, name="host:1", started_at=time(), beat=beat)

    looks = [
        pulse.alive([seen("a", 1), seen("b", 1)], 0.0),
        pulse.alive([seen("a", 2), seen("b", 1)], STILL - 1),
        pulse.alive([seen("a", 3), seen("b", 1)], STILL),
        pulse.alive([seen("a", 4), seen("b", 2)], STILL + 1),
        pulse.alive([seen("b", 3)], STILL + 2),
    ]

    assert looks == [{"a", "b"}, {"a", "b"}, {"a"}, {"a", "b"}, {"b"}]
