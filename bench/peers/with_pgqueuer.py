"""pgqueuer: jobs in PostgreSQL, enqueued in the transaction that needs them.

python -m bench.peers.with_pgqueuer door|worker|tables
"""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import asyncpg
import uvloop
from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver
from pgqueuer.models import Job
from pgqueuer.queries import Queries

from bench.peers.surroundings import AT_ONCE, DATABASE, Keep, is_door, open_door, say_ready, tell, way_out
from bench.peers.tables import APPLY, KEEP, TAKE, applied
from bench.same_work.work import SINKS

_BATCH = AT_ONCE // 2  # the library wants at least two batches' room


async def _enqueue(connection: Any, entrypoint: str, payloads: list[bytes]) -> None:
    queries = Queries(AsyncpgDriver(connection))
    await queries.enqueue([entrypoint] * len(payloads), payloads, [0] * len(payloads))


@asynccontextmanager
async def _keeping() -> AsyncIterator[Keep]:
    async with asyncpg.create_pool(DATABASE, min_size=4, max_size=16) as pool:

        async def keep(event: str, body: bytes) -> None:
            async with pool.acquire() as connection, connection.transaction():
                if await connection.fetchval(KEEP, event, body):
                    await _enqueue(connection, "apply", [event.encode()])

        yield keep


async def _work() -> None:
    async with asyncpg.create_pool(DATABASE, min_size=4, max_size=20) as pool, way_out() as http:
        worker = PgQueuer.from_asyncpg_pool(pool)
        _entrypoints(worker, pool, http)
        for each in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(each, worker.shutdown.set)
        say_ready("working")
        await worker.run(batch_size=_BATCH, max_concurrent_tasks=AT_ONCE)


def _entrypoints(worker: Any, pool: Any, http: aiohttp.ClientSession) -> None:
    async def apply(job: Job) -> None:
        event = job.payload.decode()
        async with pool.acquire() as connection, connection.transaction():
            body = await connection.fetchval(TAKE, event)
            if body is None:
                return
            values = applied(event, body)
            await connection.execute(APPLY, *values)
            told = [[f"{event}:{sink}", sink, values[1], values[5]] for sink in SINKS]
            await _enqueue(connection, "deliver", [json.dumps(each).encode() for each in told])

    async def deliver(job: Job) -> None:
        await tell(http, *json.loads(job.payload))

    worker.entrypoint("apply")(apply)
    worker.entrypoint("deliver")(deliver)


async def _tables() -> None:
    connection = await asyncpg.connect(DATABASE)
    await Queries(AsyncpgDriver(connection)).install()  # durable: its tables are logged
    await connection.close()


if __name__ == "__main__":
    if is_door():
        open_door(_keeping)
    elif sys.argv[1:] == ["tables"]:
        asyncio.run(_tables())
    else:
        uvloop.run(_work())
