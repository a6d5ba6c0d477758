"""`hub top` and `hub trace`, as a person runs them, on both databases."""

import asyncio
import base64
import io
import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from hub.cli import main, top
from hub.measuring import Overview
from hub.observe.depths import Depths, WorkerSeen
from hub.observe.pulse import Pulse
from hub.observe.traces import trace_id
from hub.store.database import Database
from hub.store.tables import (
    AttemptRow,
    Base,
    ChangeRow,
    ConnectionRow,
    CounterRow,
    DueRow,
    HintRow,
    InboxRow,
    OutboxRow,
    WorkerRow,
)
from tests.store.rows import (
    attempt_row,
    command_row,
    connection_row,
    due_row,
    event_row,
    hint_row,
    put,
    worker_row,
)

SETTINGS = """\
[database]
url = "${DATABASE_URL}"
[security]
sealing_keys = ["${SEALING_KEY}"]
"""
Run = Callable[..., tuple[int, str, str]]
Rows = Mapping[type[Base], list[dict[str, Any]]]


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database_url: str
) -> Iterator[Run]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("SEALING_KEY", base64.b64encode(b"k" * 32).decode())
    Path("hub.toml").write_text(SETTINGS)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["hub", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    handlers, level = logging.root.handlers[:], logging.root.level
    yield run
    logging.root.handlers[:], logging.root.level = handlers, level  # the command's own writes to what is closed now


@pytest.fixture
def now() -> datetime:
    """This machine's: the commands read its clock."""
    return datetime.now(UTC).replace(microsecond=0)


def keep(database_url: str, rows: Rows) -> None:
    async def write() -> None:
        database = Database(database_url)
        for table, some in rows.items():
            await put(database, table, *some)
        await database.close()

    asyncio.run(write())


def test_an_empty_hub_is_shown_as_one(run: Run) -> None:
    code, out, _ = run("top", "--once")

    assert code == 0
    assert "inbox       none" in out and "due orders  none" in out and "to fetch    none" in out


def test_one_look_shows_each_lane_and_what_waits_before_it(run: Run, database_url: str, now: datetime) -> None:
    long = now - timedelta(hours=3)
    sent = command_row("books", long, state="done", lane_due=False)
    keep(
        database_url,
        {
            ConnectionRow: [connection_row("books"), connection_row("post", paused_reason="[bold]401[/bold]")],
            InboxRow: [event_row("shop", long), event_row("shop", long, state="parked", part=-1)],
            OutboxRow: [
                sent,
                command_row("books", long),
                command_row("books", long, due_at=now + timedelta(hours=1), tries=1),
                command_row("books", long, due_at=now + timedelta(hours=1), state="unknown", tries=1),
                command_row("post", long, state="parked", lane_due=False),
            ],
            AttemptRow: [attempt_row(sent["id"], now, state="done", ended_at=now + timedelta(seconds=2))],
            DueRow: [due_row("ord_1", long), due_row("ord_2", long, background=True)],
            HintRow: [hint_row("books", "1", long)],
            WorkerRow: [worker_row("wrk_1", long, beat=7)],
        },
    )

    code, shown, _ = run("top", "--once")
    _, told, _ = run("top", "--once", "--output", "json")

    assert code == 0
    lines = {line.split()[0]: line.split() for line in shown.splitlines() if line.strip()}
    # due, lag, retry, unknown, oldest, done/min, p50, p95
    assert lines["books"][1:] == ["1", "3h", "2", "1", "3h", "1", "2s", "2s"]
    assert lines["post"][1:] == ["1", "paused:", "[bold]401[/bold]"]
    assert lines["host:1"][1:] == ["3h", "7"]
    assert "inbox       1 waiting (oldest 3h), 1 parked" in shown
    assert "live 1 waiting (oldest 3h), background 1 waiting (oldest 3h)" in shown
    assert "books 1 waiting (oldest 3h)" in shown
    facts = json.loads(told)
    assert facts["inbox"]["received"] == facts["inbox"]["parked"] == 1
    books, post = facts["lanes"]
    assert (books["due"], books["retries"], books["unknown"], books["p50_seconds"]) == (1, 2, 1, 2.0)
    assert books["lag_seconds"] == pytest.approx(3 * 3600, abs=600)
    assert (post["paused"], post["parked"]) == ("[bold]401[/bold]", 1)
    assert [each["beat"] for each in facts["workers"]] == [7]


def test_a_worker_whose_beat_stands_still_is_marked(now: datetime) -> None:
    worker = WorkerSeen(id="wrk_1", name="host:1", started_at=now, beat=7)
    overview = Overview(at=now, depths=Depths(workers=(worker,)), paces={})
    out = io.StringIO()

    Console(file=out, width=100).print(top.frame(overview, {"wrk_1": 45.0}))

    assert "no beat for 45s" in out.getvalue()


class Enough(BaseException):
    """The person has seen what they wanted to see."""


class Watched:
    """A hub whose database goes and comes back."""

    def __init__(self, *answers: Overview | Exception) -> None:
        self.answers = list(answers)

    async def overview(self) -> Overview:
        if not self.answers:
            raise Enough
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_a_database_that_goes_away_is_watched_until_it_is_back(now: datetime) -> None:
    hub = Watched(ConnectionError("gone"), Overview(at=now, depths=Depths(), paces={}))
    out = io.StringIO()

    with pytest.raises(Enough):
        await top.live(hub, Console(file=out, force_terminal=True, width=100), Pulse(), 0.0)

    assert "the database does not answer (ConnectionError)" in out.getvalue()
    assert "inbox       none" in out.getvalue()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "0s"), (0.25, "0.25s"), (12.4, "12s"), (119, "119s"), (180, "3m"), (7200, "2h"), (4e5, "5d")],
)
def test_a_time_is_short(seconds: float, said: str) -> None:
    assert top.short(seconds) == said


# --------------------------------------------------------------------------------------------------- hub trace


def test_an_id_that_nothing_has_is_told(run: Run) -> None:
    code, out, err = run("trace", "evt_nothing")

    assert (code, out) == (1, "")
    assert "nothing has the id evt_nothing" in err


def test_one_webhooks_way_is_a_tree_down_to_each_attempt(run: Run, database_url: str, now: datetime) -> None:
    order = "ord_" + "a" * 26
    later = [now + timedelta(seconds=each) for each in range(10)]
    event = event_row(
        "shop", now, state="applied", part=-1, order_id=order, done_at=now + timedelta(milliseconds=40), deliveries=2
    )
    command = command_row(
        "books",
        later[1],
        order_id=order,
        cause=event["id"],
        action="create_invoice",
        state="done",
        lane_due=False,
    )
    lost = attempt_row(command["id"], later[2], state="unknown", ended_at=later[3], message="[red]502[/red]")
    done = attempt_row(command["id"], later[5], state="done", ended_at=later[6])

    def change(seq: int, at: datetime, cause: str, summary: str) -> dict[str, Any]:
        return {
            "cursor": seq,
            "order_id": order,
            "seq": seq,
            "at": at,
            "cause": cause,
            "actor": "shop",
            "summary": summary,
            "fields": b"[]",
        }

    keep(
        database_url,
        {
            InboxRow: [event],
            OutboxRow: [command],
            AttemptRow: [lost, done],
            ChangeRow: [change(1, now, event["id"], "is new"), change(2, later[6], command["id"], "is invoiced")],
            CounterRow: [{"name": "changes", "value": 2}],
        },
    )

    code, shown, _ = run("trace", event["id"])
    by_others = [run("trace", each)[1] for each in (command["id"], order)]
    _, told, _ = run("trace", event["id"], "-o", "json")

    assert code == 0
    assert by_others == [shown, shown]
    head, *rest = shown.splitlines()
    assert head.startswith(f"{event['id']}  shop thing.changed  {now:%Y-%m-%d %H:%M:%S}")
    assert head.endswith(f"came 2 times  trace {trace_id(event['id'])}")
    assert [line.lstrip("│├─└ ").rstrip() for line in rest] == [
        "applied  +0.04s",
        order,
        "change 1  is new  +0s",
        f"{command['id']}  books create_invoice  done  +1s",
        f"{lost['id']}  unknown: [red]502[/red] in 1s  +2s",
        f"{done['id']}  done in 1s  +5s",
        "change 2  is invoiced  +6s",
    ]
    ((way),) = json.loads(told)
    assert way["trace"] == trace_id(event["id"])
    assert [each["state"] for each in way["orders"][0]["commands"][0]["attempts"]] == ["unknown", "done"]
