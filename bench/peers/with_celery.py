"""Celery on RabbitMQ: late acknowledgements, publisher confirms, durable queues and messages, no results.

python -m bench.peers.with_celery door      celery -A bench.peers.with_celery worker
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any

import psycopg
import psycopg_pool
import urllib3
from celery import Celery
from celery.signals import worker_ready
from starlette.concurrency import run_in_threadpool

from bench.peers.surroundings import BROKER, DATABASE, VENDOR, Keep, is_door, open_door, say_ready
from bench.peers.tables import APPLY_AND_OWE, KEEP, MARK, TAKE_OR_DONE, applied
from bench.same_work.work import CALL, SINKS

app = Celery("same_work", broker=BROKER)
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    task_ignore_result=True,
    task_default_delivery_mode="persistent",
    broker_transport_options={"confirm_publish": True},
    broker_pool_limit=16,
    broker_connection_retry_on_startup=True,
    worker_prefetch_multiplier=16,  # "Optimizing": short tasks want more than the 4 of the default
    worker_cancel_long_running_tasks_on_connection_loss=True,
)


@cache
def _pool() -> Any:
    """One for each process, made after the fork."""
    return psycopg_pool.ConnectionPool(DATABASE, min_size=1, max_size=16, open=True)


@cache
def _http() -> urllib3.PoolManager:
    return urllib3.PoolManager()


def _apply(event: str) -> None:
    with _pool().connection() as connection, psycopg.RawCursor(connection) as cursor:
        (body, done_at), *_ = cursor.execute(TAKE_OR_DONE, (event,)).fetchall()
        values = applied(event, body)
        if done_at is None:
            cursor.execute(APPLY_AND_OWE, (*values, list(SINKS)))
    for sink in SINKS:
        deliver.apply_async((f"{event}:{sink}", sink, values[1], values[5]))


def _deliver(key: str, sink: str, order: str, revision: int) -> None:
    body = {"order": order, "revision": revision}
    answer = _http().request("POST", f"{VENDOR}/{sink}{CALL}", json=body, headers={"Idempotency-Key": key})
    if answer.status != 200:
        raise RuntimeError(f"the vendor said {answer.status}")
    with _pool().connection() as connection, psycopg.RawCursor(connection) as cursor:
        cursor.execute(MARK, (key,))


apply = app.task(_apply, name="apply")
deliver = app.task(_deliver, name="deliver")
worker_ready.connect(lambda **_: say_ready("working"), weak=False)


@asynccontextmanager
async def _keeping() -> AsyncIterator[Keep]:
    def kept(event: str, body: bytes) -> None:
        with _pool().connection() as connection, psycopg.RawCursor(connection) as cursor:
            new = cursor.execute(KEEP, (event, body)).fetchone()
        if new:
            apply.apply_async((event,))

    async def keep(event: str, body: bytes) -> None:
        await run_in_threadpool(kept, event, body)

    yield keep


if __name__ == "__main__" and is_door():
    open_door(_keeping)
