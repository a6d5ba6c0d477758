"""The commands that run for long, and those that change the whole database."""

import asyncio
import contextlib
import gc
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli import show
from hub.cli.faults import end
from hub.cli.needs import Hub, Row, with_hub

if TYPE_CHECKING:
    from hub.settings import Settings


def serve(file: Path, host: str | None, port: int | None, worker: bool) -> None:
    async def run(hub: Hub, settings: "Settings") -> None:
        from hub.domain.errors import Misconfigured
        from hub.front import Limits, bind, serve, stopping_on_signals
        from hub.observe.otlp import exporting

        api = settings.api
        at = (host or api.host, api.port if port is None else port)
        try:
            listening = bind(*at)
        except OSError as fault:
            raise Misconfigured(f"cannot listen on {at[0]}:{at[1]}: {fault.strerror or fault}") from None
        await _prepare(hub, settings)
        stop = asyncio.Event()
        limits = Limits(
            connections=api.max_connections,
            head=api.head_timeout.total_seconds(),
            body=api.body_timeout.total_seconds(),
            stop=api.stop_timeout.total_seconds(),
        )
        shown = f"http://{f'[{at[0]}]' if ':' in at[0] else at[0]}:{listening.getsockname()[1]}"

        def ready() -> None:
            _settle_down()
            print(f"Ready: {shown}", file=sys.stderr, flush=True)

        async def front() -> None:
            try:
                await serve(
                    hub.serve_app(stop),
                    listening,
                    stop=stop,
                    limits=limits,
                    trusted_proxies=api.trusted_proxies,
                    ready=ready,
                )
            finally:
                stop.set()  # without its front, the process ends

        async def work() -> None:
            try:
                await hub.work(stop)
            finally:
                stop.set()

        with exporting(settings.traces.endpoint, settings.traces.sample), stopping_on_signals(stop):
            async with _open_door(hub), asyncio.TaskGroup() as tasks:
                tasks.create_task(front())
                if worker:
                    tasks.create_task(work())

    with_hub(file, run)


def work(file: Path) -> None:
    async def run(hub: Hub, settings: "Settings") -> None:
        from hub.front import stopping_on_signals
        from hub.observe.otlp import exporting

        await _prepare(hub, settings)
        stop = asyncio.Event()
        with exporting(settings.traces.endpoint, settings.traces.sample), stopping_on_signals(stop):
            _settle_down()
            print("Ready: working", file=sys.stderr, flush=True)
            async with _open_door(hub):
                await hub.work(stop)

    with_hub(file, run)


@contextlib.asynccontextmanager
async def _open_door(hub: Hub) -> AsyncIterator[None]:
    """Shut last: requests under way still need their commit. If it breaks, all ends."""
    async with asyncio.TaskGroup() as tasks:
        door = tasks.create_task(hub.open_door())
        try:
            yield
        finally:
            door.cancel()


def _settle_down() -> None:
    """What was made at start lives for ever: the collector need not walk it again and again (0.2 s each time)."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # a batch makes many things at once and drops them all


async def _prepare(hub: Hub, settings: "Settings") -> None:
    """The embedded database follows the version that opens it; a shared one is migrated by its own step."""
    if settings.database.url.startswith("sqlite"):
        await hub.migrate()


def migrate(file: Path) -> None:
    async def run(hub: Hub, _: "Settings") -> None:
        await hub.migrate()

    with_hub(file, run)


def rebuild(file: Path) -> None:
    async def run(hub: Hub, _: "Settings") -> int:
        return await hub.rebuild()

    print(f"{with_hub(file, run)} orders")


def prune(file: Path, dry_run: bool, output: show.Output) -> None:
    async def run(hub: Hub, _: "Settings") -> Sequence[Row]:
        return await hub.prune(dry_run=dry_run)

    show.rows(with_hub(file, run), output)


def demo(once: bool, port: int) -> None:
    from hub.demo import run

    end("", run(once=once, port=port))
