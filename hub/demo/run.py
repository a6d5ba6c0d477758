"""Plays the day and tells how it went."""

import asyncio
import contextlib
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from connectors.woocommerce.audit import TOPICS
from hub.demo.agree import agree
from hub.demo.cast import SITE
from hub.demo.day import Day
from hub.demo.place import Place, hub_command, place, running
from hub.demo.post import Post
from hub.demo.site import Site
from hub.demo.verdict import Verdict

FOLDER = Path("var/demo")
ORDERS = 230  # of which a fifth at the site
_SEED = 20261122
_READY_SECONDS = 60
_QUIET_SECONDS = 480  # longer than a lease and a few retries that follow each other


def run(*, once: bool, port: int, orders: int = ORDERS, folder: Path = FOLDER) -> int:
    """0: every system agrees at the end. `once`: ends by itself; otherwise stays up until Ctrl-C."""
    try:
        return asyncio.run(_run(once, port, orders, folder.absolute()))
    except KeyboardInterrupt:
        return 0


async def _run(once: bool, port: int, orders: int, folder: Path) -> int:
    console = Console()
    console.print("[bold]Orderhub demo[/]: four stores, and those who charge, book, ship, sell and write for them")
    limits = httpx.Limits(max_connections=40, max_keepalive_connections=20)
    async with (
        place(folder, port) as here,
        httpx.AsyncClient(timeout=30, limits=limits, trust_env=False) as http,
        running(hub_command(folder), folder / "hub.log") as hub,
    ):
        await ready(http, here.hub, hub)
        await subscribed(http, here)
        verdict = await play(here, http, orders, console)
        _tell(console, here, verdict)
        if not once:
            console.print("\nStays up until Ctrl-C. Everything it made is in var/demo/.")
            stop = asyncio.Event()
            for name in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(name, stop.set)
            await stop.wait()
        return 1 if verdict.faults else 0


async def ready(http: httpx.AsyncClient, hub: str, process: asyncio.subprocess.Process) -> None:
    for _ in range(_READY_SECONDS * 10):
        with contextlib.suppress(httpx.HTTPError):
            if (await http.get(f"{hub}/readyz")).is_success:
                return
        if process.returncode is not None:
            sys.exit(f"the hub ended with {process.returncode}: see hub.log in the demo's folder")
        await asyncio.sleep(0.1)
    sys.exit(f"the hub was not ready within {_READY_SECONDS} s: see hub.log in the demo's folder")


async def subscribed(http: httpx.AsyncClient, here: Place) -> None:
    """The hub looks after the site's webhooks by itself: the day begins when they are there."""
    for _ in range(_READY_SECONDS * 10):
        webhooks = (await here.state(http, SITE))["webhooks"]
        if sum(each["status"] == "active" for each in webhooks) >= len(TOPICS):
            return
        await asyncio.sleep(0.1)
    sys.exit(f"the hub has not set up the site's webhooks within {_READY_SECONDS} s: see hub.log")


class Stage(Enum):
    """The parts of the day."""

    BUYERS = auto()
    STAFF = auto()
    SUPPORT = auto()


async def _on_with_it(_stage: Stage) -> None:
    pass


async def play(
    here: Place,
    http: httpx.AsyncClient,
    orders: int,
    console: Console,
    *,
    before: Callable[[Stage], Awaitable[None]] = _on_with_it,
) -> Verdict:
    """The whole day on a running hub. `before` is awaited at the start of each part."""
    chance = random.Random(_SEED)  # noqa: S311 - a play, not a secret
    post = Post(
        http=http,
        sandboxes={name: here.sandbox(name) for name in here.connections},
        webhooks={name: here.webhook_url(name) for name in here.connections},
        chance=random.Random(_SEED + 1),  # noqa: S311
    )
    columns = (TextColumn("{task.description:<28}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("orders", total=orders)

        def told(_what: str) -> None:
            progress.advance(task)
            done = day.done.total()
            if not console.is_terminal and done % 50 == 0:
                console.print(f"{done} of about {orders} orders")

        day = Day(place=here, http=http, chance=chance, orders=orders - orders // 5, told=told)
        site = Site(day, orders // 5)
        postman = asyncio.create_task(post.run())
        try:
            await before(Stage.BUYERS)
            await day.buyers()
            await site.buyers()
            await quiet(here, http, post)
            task = progress.add_task("parcels and refunds", total=None)
            await before(Stage.STAFF)
            await day.staff()
            await site.staff()
            await site.carriers()
            await quiet(here, http, post)
            task = progress.add_task("support, through GraphQL", total=None)
            await before(Stage.SUPPORT)
            await day.support()
            await quiet(here, http, post)
        finally:
            await post.stop()
            await postman
    table = Table("what happened", "times", title="The day")
    for what, times in sorted(day.done.items(), key=lambda each: -each[1]):
        table.add_row(what, str(times))
    console.print(table)
    letters = Table("webhooks", "number", title="The post")
    for what, times in sorted(post.counts.items(), key=lambda each: -each[1]):
        letters.add_row(what, str(times))
    console.print(letters)
    return await agree(here, http)


_WAITING = "{connections {id events {waiting} commands {pending unknown}}}"


async def quiet(here: Place, http: httpx.AsyncClient, post: Post) -> None:
    """Until nothing is on its way anywhere. The hub may be restarting meanwhile."""
    calm = 0
    for _ in range(_QUIET_SECONDS * 4):
        await asyncio.sleep(0.25)
        await post.settle()
        busy = True
        with contextlib.suppress(httpx.HTTPError, KeyError, ValueError):
            answer = await http.post(
                f"{here.hub}/graphql",
                json={"query": _WAITING},
                headers={"Authorization": f"Bearer {here.api_key}"},
            )
            found = answer.json()["data"]["connections"]
            busy = any(
                each["events"]["waiting"] or each["commands"]["pending"] or each["commands"]["unknown"]
                for each in found
            )
            busy = busy or not await post.idle()
        calm = 0 if busy else calm + 1
        if calm >= 4:
            return
    raise RuntimeError(f"not quiet within {_QUIET_SECONDS} s")


def _tell(console: Console, here: Place, verdict: Verdict) -> None:
    table = Table("system", "holds", title="At the end")
    for name in ("hub", *here.connections):
        held = ", ".join(f"{number} {what}" for what, number in sorted(verdict.counts[name].items()))
        table.add_row(name, held)
    console.print(table)
    for fault in verdict.faults[:20]:
        console.print(f"[red]disagrees[/] {fault}")
    agreed = "[green]All systems agree.[/]" if not verdict.faults else f"[red]{len(verdict.faults)} disagreements.[/]"
    console.print(agreed)
    console.print(f"\nGraphQL   {here.hub}/graphql\nAPI key   {here.api_key}\nadmin key {here.admin_key}")
    console.print("Addresses and keys are also in var/demo/state.json.", highlight=False)
