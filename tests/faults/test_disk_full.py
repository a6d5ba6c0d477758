"""A disk without room: nothing is acknowledged that is not kept, and all goes on when there is room again."""

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.history import needs
from tests.history.seen import Answer
from tests.history.world import world

_SIZE = 24  # MiB


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    needs.root_and("mount", "umount")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_SIZE}m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    needs.lacking(f"cannot mount a tmpfs: {mounted.stderr.decode()}" if mounted.returncode else "")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


@contextlib.contextmanager
def _filled(disk: Path) -> Iterator[None]:
    """To the last byte."""
    stuff = disk / "stuff"
    with stuff.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (1 << 16, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(os.urandom(size))
    try:
        yield
    finally:
        stuff.unlink()


async def test_a_full_disk_loses_nothing_and_is_no_end(
    small_disk: Path, sqlite_template: Path, nursery: Path, tmp_path: Path
) -> None:
    shutil.copy(sqlite_template, small_disk / "hub.db")
    async with world(tmp_path, f"sqlite:///{small_disk / 'hub.db'}", nursery) as here:
        loading = asyncio.create_task(here.load(orders=25, revisions=2, spread=5))
        await asyncio.sleep(1.5)
        with _filled(small_disk):
            await asyncio.sleep(2.5)
        await loading
        violations = await here.verdict()

    assert Answer.REFUSED in {each.answer for each in here.sender.sent}
    assert here.house.deaths == 0
    assert violations == []
