"""One table for people, one JSON file for programs."""

import os
import platform
import sqlite3
from collections.abc import Iterator
from typing import Any

from sqlalchemy import text

from hub.store.database import Database

Row = tuple[str, list[str]]


async def machine(postgres: str) -> dict[str, Any]:
    """What the figures were measured on. PostgreSQL's own word on whether a commit is on the disk."""
    said: dict[str, Any] = {
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "system": platform.system(),
        "sqlite": sqlite3.sqlite_version,
    }
    if postgres:
        database = Database(postgres)
        async with database.read() as connection:
            for name in ("server_version", "fsync", "synchronous_commit"):
                said[f"postgresql_{name}"] = await connection.scalar(text(f"SHOW {name}"))
        await database.close()
    return said


def table(result: dict[str, Any]) -> str:
    kinds = list(result["databases"])
    rows = [("", kinds), *_rows(result, kinds)]
    width = max(len(name) for name, _ in rows)
    columns = [max(len(cells[at]) for _, cells in rows) for at in range(len(kinds))]
    lines = []
    for name, cells in rows:
        padded = (cell.rjust(columns[at]) for at, cell in enumerate(cells))
        lines.append("  ".join((name.ljust(width), *padded)).rstrip())
    return "\n".join(lines)


def _rows(result: dict[str, Any], kinds: list[str]) -> Iterator[Row]:
    for name, path, form in _SHOWN:
        cells = [_cell(result["databases"][kind], path, form) for kind in kinds]
        if any(cells):
            yield name, cells


def _cell(value: Any, path: str, form: str) -> str:
    for step in path.split("."):
        if step not in value:
            return ""
        value = value[step]
    return form.format(value)


_SHOWN = (
    ("door: webhooks acknowledged /s", "door.hub.per_second", "{:,.0f}"),
    ("door: p50 ms", "door.hub.p50_ms", "{:.1f}"),
    ("door: p99 ms", "door.hub.p99_ms", "{:.1f}"),
    ("door: CPU ms per webhook", "door.hub.cpu_ms", "{:.2f}"),
    ("bare handler: acknowledged /s", "door.bare.per_second", "{:,.0f}"),
    ("bare handler: p50 ms", "door.bare.p50_ms", "{:.1f}"),
    ("bare handler: p99 ms", "door.bare.p99_ms", "{:.1f}"),
    ("bare handler: CPU ms per webhook", "door.bare.cpu_ms", "{:.2f}"),
    ("bare handler that keeps nothing: /s", "door.proof.per_second", "{:,.0f}"),
    ("RATIO door to bare handler", "door.ratio", "{:.2f}"),
    ("end to end: events /s", "flow.events_per_second", "{:,.0f}"),
    ("end to end: vendor commands done /s", "flow.commands_per_second", "{:,.0f}"),
    ("end to end: hub CPU ms per event", "flow.hub_cpu_ms_per_event", "{:.1f}"),
    ("end to end: acknowledged /s while it works", "flow.ack_per_second", "{:,.0f}"),
    ("end to end: p99 ms of that", "flow.ack_p99_ms", "{:.0f}"),
    ("page of 50 orders: p50 ms", "page.graphql.p50_ms", "{:.1f}"),
    ("page of 50 orders: p99 ms", "page.graphql.p99_ms", "{:.1f}"),
    ("page of 50 orders: CPU ms", "page.graphql.cpu_ms", "{:.1f}"),
    ("page of 50 orders: kilobytes", "page.graphql.kilobytes", "{:,.0f}"),
    ("SQL by hand + orjson: p50 ms", "page.by_hand.p50_ms", "{:.1f}"),
    ("SQL by hand + orjson: p99 ms", "page.by_hand.p99_ms", "{:.1f}"),
    ("SQL by hand + orjson: kilobytes", "page.by_hand.kilobytes", "{:,.0f}"),
    ("RATIO page to SQL by hand, p50", "page.ratio", "{:.1f}"),
    ("memory MiB: door alone, idle", "door.memory.idle_mb", "{:.0f}"),
    ("memory MiB: door alone, after the run", "door.memory.after_mb", "{:.0f}"),
    ("memory MiB: door and worker, idle", "flow.idle_mb", "{:.0f}"),
    ("memory MiB: door and worker, after the run", "flow.after_mb", "{:.0f}"),
    ("rebuild: orders", "rebuild.orders", "{:,}"),
    ("rebuild: seconds", "rebuild.seconds", "{:.1f}"),
)
