"""`hub top`: the lanes and the queues before them, live, from the database: it works beside any number of processes."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from hub.cli import show
from hub.cli.needs import Hub, with_hub
from hub.observe.depths import Queue, age
from hub.observe.pulse import STILL, Pulse

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

    from hub.measuring import Overview
    from hub.settings import Settings

_SLOW = 60.0  # seconds of lag from which on a lane is shown in red


class Sees(Protocol):
    async def overview(self) -> "Overview": ...


def top(file: Path, interval: float, once: bool, output: show.Output) -> None:
    async def use(hub: Hub, _: "Settings") -> None:
        pulse = Pulse()
        if output is not show.Output.TABLE:
            while True:
                show.line(facts(await hub.overview()))
                if once:
                    return
                await asyncio.sleep(interval)
        console = show.console()
        if once or not console.is_terminal:
            console.print(frame(await hub.overview(), {}))
            return
        await live(hub, console, pulse, interval)

    with_hub(file, use)


async def live(hub: Sees, console: "Console", pulse: Pulse, interval: float) -> None:
    """Looks again and again, until it is interrupted."""
    from rich.live import Live
    from rich.text import Text

    with Live(console=console, screen=True, auto_refresh=False) as screen:
        while True:
            shown: RenderableType
            try:
                overview = await hub.overview()
            except Exception as fault:  # a restart of the database is what one wants to watch
                shown = Text(f"the database does not answer ({type(fault).__name__})", style="bold red")
            else:
                shown = frame(overview, pulse.quiet(overview.depths.workers, time.monotonic()))
            screen.update(shown, refresh=True)
            await asyncio.sleep(interval)


# -------------------------------------------------------------------------------------------------- for people


def frame(overview: "Overview", quiet: Mapping[str, float]) -> "RenderableType":
    """`quiet`: for how many seconds each worker's beat has stood still, where that was watched."""
    from rich.console import Group
    from rich.text import Text

    head = Text.assemble(("Orderhub", "bold"), f"  {overview.at:%Y-%m-%d %H:%M:%S} UTC\n")
    head.append("\n".join(_queues(overview)))
    return Group(head, Text(), _lanes(overview), Text(), _workers(overview, quiet))


def _queues(overview: "Overview") -> Iterator[str]:
    depths, at = overview.depths, overview.at
    received = Queue(count=depths.inbox.get("received", 0), oldest=depths.oldest_event)
    parked = depths.inbox.get("parked", 0)
    yield f"inbox       {_queue(received, at)}" + (f", {parked} parked" if parked else "")
    due = (f"{kind} {_queue(queue, at)}" for kind, queue in depths.due_orders.items() if queue.count)
    yield f"due orders  {', '.join(due) or 'none'}"
    hints = (f"{name} {_queue(queue, at)}" for name, queue in sorted(depths.hints.items()))
    yield f"to fetch    {', '.join(hints) or 'none'}"


def _queue(queue: Queue, at: datetime) -> str:
    if not queue.count:
        return "none"
    return f"{queue.count} waiting" + (f" (oldest {short(age(queue.oldest, at))})" if queue.oldest else "")


def _lanes(overview: "Overview") -> "Table":
    from rich.text import Text

    numbers = ("due", "lag", "sending", "retry", "unknown", "parked", "oldest", "done/min", "p50", "p95")
    table = _table("lane", *numbers, "")
    for lane in overview.depths.lanes:
        pace = overview.paces.get(lane.connection)
        lag = age(lane.lags_since, overview.at)
        table.add_row(
            Text(lane.connection),
            _count(lane.due),
            Text(short(lag) if lane.lags_since else "", style="red" if lag >= _SLOW else ""),
            _count(lane.states.get("sending", 0)),
            _count(lane.retries, "yellow"),
            _count(lane.states.get("unknown", 0), "yellow"),
            _count(lane.states.get("parked", 0), "red"),
            short(age(lane.oldest, overview.at)) if lane.oldest else "",
            f"{pace.per_minute:.0f}" if pace else "",
            short(pace.median) if pace and pace.median is not None else "",
            short(pace.p95) if pace and pace.p95 is not None else "",
            # `Text`, since what vendors write is not markup.
            Text(f"paused: {lane.paused}" if lane.paused else "", style="red", overflow="ellipsis", no_wrap=True),
        )
    return table


def _workers(overview: "Overview", quiet: Mapping[str, float]) -> "Table":
    from rich.text import Text

    table = _table("worker", "up", "beat", "")
    for each in overview.depths.workers:
        still = quiet.get(each.id, 0.0)
        said = Text(f"no beat for {short(still)}" if still >= STILL else "", style="red")
        table.add_row(Text(each.name), short(age(each.started_at, overview.at)), str(each.beat), said)
    return table


def _table(first: str, *others: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        # Where the terminal is narrow, the words at the end give way.
        table.add_column(name, justify="right" if name else "left", no_wrap=bool(name))
    return table


def _count(count: int, style: str = "") -> Any:
    from rich.text import Text

    return Text(str(count) if count else "", style=style)


def short(seconds: float) -> str:
    """0.25s, 12s, 3m, 2h, 4d"""
    for length, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.0f}s" if seconds >= 10 else f"{seconds:.2g}s"


# ------------------------------------------------------------------------------------------------ for programs


def facts(overview: "Overview") -> Mapping[str, Any]:
    depths, at = overview.depths, overview.at
    return {
        "at": at.isoformat(),
        "inbox": {"received": 0, "parked": 0} | dict(depths.inbox) | {"oldest_seconds": age(depths.oldest_event, at)},
        "due_orders": {kind: _facts(queue, at) for kind, queue in depths.due_orders.items()},
        "hints": {name: _facts(queue, at) for name, queue in depths.hints.items()},
        "lanes": [
            {
                "connection": lane.connection,
                "paused": lane.paused,
                "due": lane.due,
                "lag_seconds": age(lane.lags_since, at),
                "retries": lane.retries,
                "sending": lane.states.get("sending", 0),
                "unknown": lane.states.get("unknown", 0),
                "parked": lane.states.get("parked", 0),
                "oldest_seconds": age(lane.oldest, at),
                "done_per_minute": pace.per_minute if pace else 0.0,
                "p50_seconds": pace.median if pace else None,
                "p95_seconds": pace.p95 if pace else None,
            }
            for lane in depths.lanes
            for pace in (overview.paces.get(lane.connection),)
        ],
        "workers": [
            {"id": each.id, "name": each.name, "started_at": each.started_at.isoformat(), "beat": each.beat}
            for each in depths.workers
        ],
    }


def _facts(queue: Queue, at: datetime) -> Mapping[str, Any]:
    return {"count": queue.count, "oldest_seconds": age(queue.oldest, at)}
