"""Connections: how each one is, pause and resume, what of their past is known, and reading more of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.cli import show
from hub.cli.faults import MISUSED, end
from hub.cli.needs import Hub, with_hub

if TYPE_CHECKING:
    from hub.settings import Settings
    from hub.store.reading_connections import ConnectionStatus

_WHO = "command line"


def listing(file: Path, output: show.Output) -> None:
    async def use(hub: Hub, settings: "Settings") -> None:
        dies = await hub.keeper.tokens_die()
        rows = [
            _row(name, settings.connections[name].enabled, status, dies.get(name))
            for name, status in sorted((await hub.keeper.statuses()).items())
        ]
        show.rows(rows, output)

    with_hub(file, use)


def pause(file: Path, connection: str, why: str) -> None:
    async def use(hub: Hub, _: "Settings") -> None:
        await hub.keeper.pause(connection, why, _WHO)

    with_hub(file, use)
    print(f"{connection} is paused: what comes in is kept, what goes out waits")


def resume(file: Path, connection: str) -> None:
    async def use(hub: Hub, _: "Settings") -> None:
        await hub.keeper.resume(connection, _WHO)

    with_hub(file, use)
    print(f"{connection} goes on")


def coverage(file: Path, output: show.Output) -> None:
    async def use(hub: Hub, _: "Settings") -> None:
        show.rows(_covered(await hub.keeper.statuses()), output)

    with_hub(file, use)


def backfill(file: Path, connection: str, since: str, stream: str) -> None:
    at = _time(since)

    async def use(hub: Hub, _: "Settings") -> None:
        from hub.domain.errors import Refused

        streams = [stream] if stream else list(hub.keeper.streams(connection))
        idle = 0
        for each in streams:
            try:
                await _run(hub, connection, each, at)
            except Refused:
                # Without --since only what was begun goes on, and that need not be every stream.
                if at is not None or stream:
                    raise
                idle += 1
        if idle and idle == len(streams):
            raise Refused(f"{connection} has no backfill to go on with: say since when, with --since 2026-01-01")
        statuses = await hub.keeper.statuses()
        show.rows(_covered({connection: statuses[connection]}), show.Output.TABLE)

    with_hub(file, use)


async def _run(hub: Hub, connection: str, stream: str, since: datetime | None) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(stream, total=None, said="")
        begun = datetime.now(UTC)
        async for at in hub.keeper.backfill(connection, stream, since):
            span = (begun - at.since).total_seconds()
            # Things come in the order of their changes: how far they have come is how far we are.
            came = (at.reached_at - at.since).total_seconds() if at.reached_at else 0
            reached = f", up to {at.reached_at.date()}" if at.reached_at else ""
            bar.update(
                task,
                total=span if at.reached_at or at.done else None,
                completed=span if at.done else max(came, 0),
                said=f"{at.things} things{reached}" + (f"  (waits: {at.waiting})" if at.waiting else ""),
            )


def _row(name: str, enabled: bool, status: "ConnectionStatus", refresh_until: datetime | None) -> Mapping[str, Any]:
    paused = f"{status.paused_by or 'the vendor'}: {status.paused_reason}" if status.paused_reason else ""
    commands = status.commands.counts
    return {
        "connection": name,
        "state": "off" if not enabled else "paused" if paused else "ok",
        "why": paused,
        "token until": _short(status.token.expires_at) if status.token else "",
        "renewed": _short(status.token.refreshed_at) if status.token else "",
        "refreshable until": _short(refresh_until),
        "last worked": _short(status.last_ok_at),
        "events waiting": status.events.counts.get("received", 0),
        "commands waiting": commands.get("pending", 0) + commands.get("sending", 0),
        "unknown": commands.get("unknown", 0),
        "parked": commands.get("parked", 0),
    }


def _covered(statuses: "Mapping[str, ConnectionStatus]") -> list[Mapping[str, Any]]:
    return [
        {
            "connection": name,
            "stream": each.stream,
            "from": _short(each.from_),
            "until": _short(each.until),
            "complete": "yes" if each.is_complete else "no",
            "note": each.note,
        }
        for name, status in sorted(statuses.items())
        for each in status.coverage
    ]


def _short(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else ""


def _time(text: str) -> datetime | None:
    """A day, or a time; without an offset it is UTC's."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        end(f"--since {text}: a day such as 2026-01-01 is expected, or a time", MISUSED)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
