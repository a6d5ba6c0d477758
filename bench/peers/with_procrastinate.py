"""procrastinate: jobs in PostgreSQL, enqueued in the transaction that needs them.

python -m bench.peers.with_procrastinate door|worker|tables
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import procrastinate
import psycopg
import uvloop

from bench.peers.surroundings import AT_ONCE, DATABASE, Keep, is_door, open_door, say_ready, tell, way_out
from bench.peers.tables import APPLY, KEEP, TAKE, applied
from bench.same_work.work import SINKS

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=DATABASE, min_size=4, max_size=20))
_http: list[aiohttp.ClientSession] = []


def _pool() -> Any:
    return app.connector.pool


async def _apply(event: str) -> None:
    async with _pool().connection() as connection:
        async with psycopg.AsyncRawCursor(connection) as cursor:
            row = await (await cursor.execute(TAKE, (event,))).fetchone()
            if row is None:
                return
            values = applied(event, row[0])
            await cursor.execute(APPLY, values)
        jobs = [{"key": f"{event}:{sink}", "sink": sink, "order": values[1], "revision": values[5]} for sink in SINKS]
        await deliver.configure(connection=connection).batch_defer_async(*jobs)


async def _deliver(key: str, sink: str, order: str, revision: int) -> None:
    await tell(_http[0], key, sink, order, revision)


apply = app.task(_apply, name="apply")
deliver = app.task(_deliver, name="deliver")


@asynccontextmanager
async def _keeping() -> AsyncIterator[Keep]:
    async with app.open_async():

        async def keep(event: str, body: bytes) -> None:
            async with _pool().connection() as connection:
                async with psycopg.AsyncRawCursor(connection) as cursor:
                    new = await (await cursor.execute(KEEP, (event, body))).fetchone()
                if new:
                    await apply.configure(connection=connection).defer_async(event=event)

        yield keep


async def _work() -> None:
    async with app.open_async(), way_out() as http:
        _http.append(http)
        say_ready("working")
        await app.run_worker_async(concurrency=AT_ONCE)


async def _tables() -> None:
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


if __name__ == "__main__":
    if is_door():
        open_door(_keeping)
    elif sys.argv[1:] == ["tables"]:
        asyncio.run(_tables())
    else:
        uvloop.run(_work())
