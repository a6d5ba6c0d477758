"""A rolling upgrade: processes of the version before and of this one side by side on one PostgreSQL, through a day.

The version before is taken from the repository's history and runs as it was released, on a database that it made and
that this version has migrated. Its processes are stopped and killed, and others start, of either version. At the end
every system agrees, as on any day.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from hub.demo.agree import agree
from hub.demo.cast_site import free_port
from hub.demo.place import Place, hub_command, place
from hub.demo.run import Stage, play
from tests.conftest import a_database
from tests.end_to_end.test_kill import AT_HOME

ROOT = Path(__file__).parents[2]
BEFORE = "5c125decf6099a0dcf30a8873dd55130e2b42f8a"  # the last one without migration 0002
ORDERS = 8
SWAPS = 6


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the version before."""
    folder = tmp_path_factory.mktemp("older")
    archive = folder / "older.tar"
    try:
        subprocess.run(
            ["git", "archive", "--output", str(archive), BEFORE], cwd=ROOT, check=True, capture_output=True, text=True
        )
    except (OSError, subprocess.CalledProcessError) as fault:
        pytest.skip(f"the repository's history is not at hand: {getattr(fault, 'stderr', fault)}")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


@pytest.fixture
def made_by_older(older: Path, postgres: str, tmp_path: Path) -> Iterator[str]:
    """A database with the tables of the version before, made by itself."""
    with a_database(postgres) as url:
        file = tmp_path / "before.toml"
        key = "A" * 43 + "="
        text = f'[hub]\nallow_inline_secrets = true\n[database]\nurl = "{url}"\n[security]\nsealing_keys = ["{key}"]\n'
        file.write_text(text)
        words = [sys.executable, "-m", "hub.cli", "migrate", "--settings", str(file)]
        subprocess.run(words, cwd=older, env=_environ(older), check=True)
        yield url


def _environ(folder: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(folder)}


@dataclass(eq=False)
class Slot:
    """One place for a process, of either version."""

    command: tuple[str, ...]
    here: Place
    folders: dict[bool, Path]  # by whether it is the new version
    new: bool = False
    process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        folder = self.folders[self.new]
        with (self.here.folder / "hub.log").open("ab") as out:
            self.process = await asyncio.create_subprocess_exec(
                *hub_command(self.here.folder, *self.command), stdout=out, stderr=out, cwd=folder, env=_environ(folder)
            )

    async def end(self, how: signal.Signals) -> None:
        assert self.process is not None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(how)
        await self.process.wait()

    async def swap(self, how: signal.Signals, *, new: bool) -> None:
        await self.end(how)
        self.new = new
        await self.start()


async def answers(http: httpx.AsyncClient, address: str) -> httpx.Response:
    for _ in range(1200):
        with contextlib.suppress(httpx.HTTPError):
            return await http.get(address)
        await asyncio.sleep(0.05)
    raise AssertionError(f"{address} does not answer")


async def rolls(slots: list[Slot], here: Place, http: httpx.AsyncClient) -> None:
    """Forth and back, and forth in the end. One worker is new from the first swap on: what new code puts into its own
    queues is not seen by older code.
    """
    door, first, second = slots
    await first.swap(signal.SIGKILL, new=True)
    for count in range(SWAPS):
        await answers(http, f"{here.hub}/healthz")
        await asyncio.sleep(0.5)
        how = signal.SIGKILL if count % 2 else signal.SIGTERM
        slot = (door, second, first)[count % 3]
        await slot.swap(how, new=slot is first or not slot.new)
    for slot in slots:
        if not slot.new:
            await slot.swap(signal.SIGTERM, new=True)


@contextlib.asynccontextmanager
async def all_old(here: Place, older: Path) -> AsyncIterator[list[Slot]]:
    folders = {False: older, True: ROOT}
    commands = (("serve", "--no-worker"), ("worker",), ("worker",))
    slots = [Slot(command, here, folders) for command in commands]
    for slot in slots:
        await slot.start()
    try:
        yield slots
    finally:
        for slot in slots:
            await slot.end(signal.SIGKILL)


@pytest.mark.nightly
async def test_old_and_new_processes_side_by_side_settle_everything(
    older: Path, made_by_older: str, tmp_path: Path
) -> None:
    # A stand-in that closes an idle connection just when it is used again is no fault of an upgrade.
    limits = httpx.Limits(max_connections=40, max_keepalive_connections=0)
    async with (
        place(tmp_path / "demo", free_port(), made_by_older, without=AT_HOME) as here,
        httpx.AsyncClient(timeout=30, limits=limits, trust_env=False) as http,
        all_old(here, older) as slots,
    ):
        await answers(http, f"{here.hub}/healthz")
        rolling: asyncio.Task[None] | None = None

        async def roll(stage: Stage) -> None:
            """From the first part of the day on; the last part waits until all are new."""
            nonlocal rolling
            rolling = rolling or asyncio.create_task(rolls(slots, here, http))
            if stage is Stage.SUPPORT:
                await rolling

        try:
            await play(here, http, ORDERS, Console(quiet=True), before=roll)
        finally:
            if rolling is not None:
                rolling.cancel()
                await asyncio.gather(rolling, return_exceptions=True)
        verdict = await agree(here, http)
        ready = await answers(http, f"{here.hub}/readyz")
        versions = [slot.new for slot in slots]

    assert versions == [True, True, True]
    assert ready.status_code == 200
    assert verdict.faults == []
