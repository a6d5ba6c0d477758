"""What a PostgreSQL server's backends were doing, by looking at them again and again."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import psycopg

from bench.numbers import Figures

_KINDS = ("running", "Lock", "LWLock", "IO")
_LOOK = 0.05  # seconds between two looks
_ACTIVITY = b"""SELECT coalesce(wait_event_type, 'running'), count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active' GROUP BY 1"""


@contextlib.asynccontextmanager
async def watched(url: str) -> AsyncIterator[Figures]:
    """Filled on the way out: how many backends, on average, ran, or waited for a lock of a row (`Lock`), for a lock
    of the server's own (`LWLock`), for the disk (`IO`)."""
    found: Figures = {}
    seen: Counter[str] = Counter()
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        watching = asyncio.create_task(_watch(connection, seen))
        try:
            yield found
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
            looks = max(seen.pop(""), 1)
            found.update({f"{name.lower()}_backends": seen[name] / looks for name in _KINDS})


async def _watch(connection: psycopg.AsyncConnection, seen: Counter[str]) -> None:
    while True:
        cursor = await connection.execute(_ACTIVITY, prepare=True)
        seen.update(dict(await cursor.fetchall()))
        seen[""] += 1
        await asyncio.sleep(_LOOK)
