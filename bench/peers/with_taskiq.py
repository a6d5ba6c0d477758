"""taskiq, on NATS JetStream or on Redis streams, as PEER_BROKER says.

python -m bench.peers.with_taskiq door      taskiq worker bench.peers.with_taskiq:broker
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import psycopg_pool
from nats.js.api import ConsumerConfig, RetentionPolicy, StorageType, StreamConfig
from taskiq import TaskiqEvents, TaskiqState
from taskiq_nats import PullBasedJetStreamBroker
from taskiq_redis import RedisStreamBroker

from bench.peers.surroundings import BROKER, DATABASE, Keep, is_door, open_door, say_ready, tell, way_out
from bench.peers.tables import APPLY_AND_OWE, KEEP, MARK, TAKE_OR_DONE, applied
from bench.same_work.work import SINKS


def _broker() -> Any:
    if BROKER.startswith("redis"):
        return RedisStreamBroker(BROKER, consumer_id="0")
    # Pulled, since the one that is pushed to would make the door a consumer, too, that takes and never works.
    return PullBasedJetStreamBroker(
        BROKER,
        stream_config=StreamConfig(storage=StorageType.FILE, retention=RetentionPolicy.WORK_QUEUE),
        consumer_config=ConsumerConfig(durable_name="taskiq_durable", ack_wait=60, max_ack_pending=10_000),
        pull_consume_batch=32,
        pull_consume_timeout=0.1,
    )


class _Held:
    """What the worker's process holds."""

    pool: Any
    http: Any


broker = _broker()
_held = _Held()


def _new_pool() -> Any:
    return psycopg_pool.AsyncConnectionPool(DATABASE, min_size=4, max_size=16, open=False)


async def _started(_: TaskiqState) -> None:
    _held.pool, _held.http = _new_pool(), way_out()
    await _held.pool.open(wait=True)
    say_ready("working")


async def _stopped(_: TaskiqState) -> None:
    await _held.http.close()
    await _held.pool.close()


async def _apply(event: str) -> None:
    async with _held.pool.connection() as connection, psycopg.AsyncRawCursor(connection) as cursor:
        (body, done_at), *_ = await (await cursor.execute(TAKE_OR_DONE, (event,))).fetchall()
        values = applied(event, body)
        if done_at is None:
            await cursor.execute(APPLY_AND_OWE, (*values, list(SINKS)))
    for sink in SINKS:
        await deliver.kiq(f"{event}:{sink}", sink, values[1], values[5])


async def _deliver(key: str, sink: str, order: str, revision: int) -> None:
    await tell(_held.http, key, sink, order, revision)
    async with _held.pool.connection() as connection, psycopg.AsyncRawCursor(connection) as cursor:
        await cursor.execute(MARK, (key,))


apply = broker.register_task(_apply, task_name="apply")
deliver = broker.register_task(_deliver, task_name="deliver")
broker.add_event_handler(TaskiqEvents.WORKER_STARTUP, _started)
broker.add_event_handler(TaskiqEvents.WORKER_SHUTDOWN, _stopped)


@asynccontextmanager
async def _keeping() -> AsyncIterator[Keep]:
    async with _new_pool() as pool:
        await broker.startup()

        async def keep(event: str, body: bytes) -> None:
            async with pool.connection() as connection, psycopg.AsyncRawCursor(connection) as cursor:
                new = await (await cursor.execute(KEEP, (event, body))).fetchone()
            if new:
                await apply.kiq(event)

        try:
            yield keep
        finally:
            await broker.shutdown()


if __name__ == "__main__" and is_door():
    open_door(_keeping)
