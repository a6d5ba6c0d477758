"""Where figures are kept: `var/bench.json` for programs, a line of history in the docs for people, when asked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

FIGURES = Path("var/bench.json")
PAGE = Path("docs/benchmarks.md")
_HISTORY = "## History\n"


def keep(figures: Mapping[str, float], file: Path = FIGURES) -> dict[str, float]:
    """One flat object of name -> number: what this run measured replaces its own, the rest stays."""
    held = orjson.loads(file.read_bytes()) if file.exists() else {}
    merged = dict(sorted({**held, **figures}.items()))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(orjson.dumps(merged, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    return merged


def record(figures: Mapping[str, float], at: str, machine: Mapping[str, Any], page: Path = PAGE) -> None:
    """A dated row at the end of the page, whose last section the history is."""
    if _HISTORY not in page.read_text(encoding="utf-8"):
        raise RuntimeError(f"{page} has no section '## History'")
    said = " · ".join(f"`{name}` {value:.3g}" for name, value in figures.items())
    where = f"{machine['cores']} cores, load {machine['load_before']} before, Python {machine['python']}"
    postgres = machine.get("postgresql_server_version", "")
    where += f", PostgreSQL {postgres}" if postgres else ""
    with page.open("a", encoding="utf-8") as end:
        end.write(f"| {at} | {where} | {said} |\n")
