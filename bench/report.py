"""Tables for people."""

import os
import platform
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import text

from bench.named import NAMED
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


def goals(figures: Mapping[str, float]) -> str:
    """Each named figure beside what it should reach."""
    lines = []
    for name, value in figures.items():
        of = NAMED[name]
        verdict = {True: "reached", False: "NOT REACHED", None: ""}[of.reached(value)]
        lines.append(f"{name:16}  {value:10,.3g}  {of.goal:14}  {verdict:11}  {of.words}".rstrip())
    return "\n".join(lines)


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
    ("bare handler without a database: /s", "door.nothing.per_second", "{:,.0f}"),
    ("bare handler without a database: p99 ms", "door.nothing.p99_ms", "{:.1f}"),
    ("RATIO door to bare handler", "door.ratio", "{:.2f}"),
    ("RATIO of their p99", "door.p99_ratio", "{:.2f}"),
    ("RATIO door to bare handler without a database", "door.nothing_ratio", "{:.2f}"),
    ("way out, 32 in flight: calls /s", "out.hub.per_second", "{:,.0f}"),
    ("way out: CPU us per call", "out.hub.cpu_us", "{:,.0f}"),
    ("its transport alone: calls /s", "out.bare.per_second", "{:,.0f}"),
    ("its transport alone: CPU us per call", "out.bare.cpu_us", "{:,.0f}"),
    ("aiohttp: calls /s", "out.aiohttp.per_second", "{:,.0f}"),
    ("aiohttp: CPU us per call", "out.aiohttp.cpu_us", "{:,.0f}"),
    ("stock httpx: calls /s", "out.httpx.per_second", "{:,.0f}"),
    ("stock httpx: CPU us per call", "out.httpx.cpu_us", "{:,.0f}"),
    ("RATIO way out to stock httpx", "out.to_httpx", "{:.1f}"),
    ("RATIO of CPU per call to aiohttp", "out.cpu_to_aiohttp", "{:.1f}"),
    ("20 events /s: webhook to vendor call, p50 ms", "quiet.p50_ms", "{:.0f}"),
    ("20 events /s: p99 ms", "quiet.p99_ms", "{:.0f}"),
    ("20 events /s: slowest ms", "quiet.max_ms", "{:.0f}"),
    ("20 events /s: hub CPU ms per event", "quiet.cpu_ms_per_event", "{:.1f}"),
    ("idle, five connections: serve, share of a core", "idle.serve_cpu", "{:.4f}"),
    ("idle, five connections: worker, share of a core", "idle.worker_cpu", "{:.4f}"),
    ("memory MiB: door and worker, at rest", "memory.rest_mb", "{:.0f}"),
    ("memory MiB: after work", "memory.load_mb", "{:.0f}"),
    ("memory MiB: in a burst, at most", "memory.burst_mb", "{:.0f}"),
    ("burst: webhooks taken", "memory.burst_taken", "{:,}"),
    ("workers: share of a core that each may use", "second_worker.share", "{:.2f}"),
    ("one worker: events /s", "second_worker.one.per_second", "{:,.0f}"),
    ("one worker: cores of worker", "second_worker.one.worker_cores", "{:.2f}"),
    ("one worker: cores of database", "second_worker.one.database_cores", "{:.2f}"),
    ("two workers: events /s", "second_worker.two.per_second", "{:,.0f}"),
    ("two workers: cores of workers", "second_worker.two.worker_cores", "{:.2f}"),
    ("two workers: cores of database", "second_worker.two.database_cores", "{:.2f}"),
    ("two workers: database sessions that wait for a row", "second_worker.two.lock_backends", "{:.2f}"),
    ("two workers: that wait for the disk", "second_worker.two.io_backends", "{:.2f}"),
    ("WORKERS that the second one adds", "second_worker.added", "{:.2f}"),
    ("one worker, no share: events /s", "second_worker.free.per_second", "{:,.0f}"),
    ("few orders: how many", "growth.small.orders", "{:,}"),
    ("few orders: CPU ms per event, worker", "growth.small.hub_ms_per_event", "{:.2f}"),
    ("few orders: CPU ms per event, database", "growth.small.database_ms_per_event", "{:.2f}"),
    ("few orders: ms per event", "growth.small.ms_per_event", "{:.2f}"),
    ("many orders: how many", "growth.large.orders", "{:,}"),
    ("many orders: CPU ms per event, worker", "growth.large.hub_ms_per_event", "{:.2f}"),
    ("many orders: CPU ms per event, database", "growth.large.database_ms_per_event", "{:.2f}"),
    ("many orders: ms per event", "growth.large.ms_per_event", "{:.2f}"),
    ("RATIO of CPU per event", "growth.cpu_ratio", "{:.2f}"),
    ("RATIO of time per event", "growth.time_ratio", "{:.2f}"),
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
    ("memory MiB: door and worker, idle", "flow.idle_mb", "{:.0f}"),
    ("memory MiB: door and worker, after the run", "flow.after_mb", "{:.0f}"),
    ("rebuild: orders", "rebuild.orders", "{:,}"),
    ("rebuild: seconds", "rebuild.seconds", "{:.1f}"),
)
