"""Lists and single things on standard output: a table for people, JSON for programs."""

import json
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


class Output(StrEnum):
    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"


def rows(found: Sequence[Mapping[str, Any]], output: Output) -> None:
    match output:
        case Output.JSON:
            print(_json(list(found), indent=2))
        case Output.JSONL:
            for row in found:
                print(_json(row))
        case Output.TABLE:
            _table(found)


def line(value: Mapping[str, Any]) -> None:
    print(_json(value), flush=True)


def one(row: Mapping[str, Any]) -> None:
    print(_json(row, indent=2))


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, default=str, ensure_ascii=False, indent=indent)


def _table(found: Sequence[Mapping[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    if not found:
        print("none", file=sys.stderr)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in found[0]:
        table.add_column(name, overflow="fold")
    for row in found:
        # `Text`, since what vendors write is not markup.
        table.add_row(*(Text("" if value is None else str(value)) for value in row.values()))
    console().print(table)


def console() -> "Console":
    """In a pipe, a row is a line."""
    from rich.console import Console

    return Console() if sys.stdout.isatty() else Console(width=10_000)
