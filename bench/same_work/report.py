"""The table, and the ratios that are named in `var/bench.json`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import orjson

from bench.numbers import Figures, medians, paired

Rounds = Mapping[str, Sequence[Figures]]
_SHOWN = (
    ("events /s", "events_per_second", "{:,.0f}"),
    ("CPU ms/event", "cpu_ms_per_event", "{:.1f}"),
    ("  server", "cpu_ms_server", "{:.1f}"),
    ("  worker", "cpu_ms_worker", "{:.1f}"),
    ("  database", "cpu_ms_database", "{:.1f}"),
    ("  broker", "cpu_ms_broker", "{:.1f}"),
    ("acked /s", "ack_per_second", "{:,.0f}"),
    ("  p50 ms", "ack_p50_ms", "{:.0f}"),
    ("  p99 ms", "ack_p99_ms", "{:.0f}"),
    ("lost", "lost", "{:.0f}"),
    ("doubled", "doubled", "{:.0f}"),
    ("repeated", "repeated", "{:.0f}"),
    ("unmarked", "unmarked", "{:.0f}"),
)
_FAULTS = {"lost", "doubled", "repeated", "unmarked"}  # of all rounds together, not their median


def table(rounds: Rounds, titles: Mapping[str, str]) -> str:
    lines = [("", [label.strip() for label, _, _ in _SHOWN])]
    lines += [(titles[name], [_cell(each, key, form) for _, key, form in _SHOWN]) for name, each in rounds.items()]
    width = max(len(name) for name, _ in lines)
    columns = [max(len(cells[at]) for _, cells in lines) for at in range(len(_SHOWN))]
    return "\n".join(
        "  ".join((name.ljust(width), *(cell.rjust(wide) for cell, wide in zip(cells, columns, strict=True)))).rstrip()
        for name, cells in lines
    )


def _cell(rounds: Sequence[Figures], key: str, form: str) -> str:
    if key not in rounds[0]:
        return ""
    return form.format(sum(each[key] for each in rounds) if key in _FAULTS else medians(rounds)[key])


def sound(rounds: Sequence[Figures]) -> bool:
    """Whether every delivery arrived, had its effect once and was marked done."""
    return not any(each[fault] for each in rounds for fault in ("lost", "doubled", "strange", "unmarked"))


def ratios(rounds: Rounds, libraries: Sequence[str] = ()) -> dict[str, float]:
    """Those that can be told of what ran. The best library is the one with the highest median."""
    found: dict[str, float] = {}
    speed = "events_per_second"
    if {"sqlite", "postgresql"} <= rounds.keys():
        found["sqlite_vs_pg"] = paired(rounds["sqlite"], rounds["postgresql"], speed)
    if {"celery", "postgresql"} <= rounds.keys():
        found["e2e_vs_celery"] = paired(rounds["postgresql"], rounds["celery"], speed)
        found["cpu_vs_celery"] = paired(rounds["postgresql"], rounds["celery"], "cpu_ms_per_event")
    if "postgresql" in rounds and (ran := [each for each in libraries if each in rounds]):
        best = max(ran, key=lambda name: medians(rounds[name])[speed])
        found["e2e_vs_best_library"] = paired(rounds["postgresql"], rounds[best], speed)
    return found


def remember(file: Path, named: Mapping[str, float]) -> None:
    """Ratios of other measures stay."""
    known = orjson.loads(file.read_bytes()) if file.exists() else {}
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps({**known, **named}, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n")
