"""The peers as engines: a door and a worker from their own environment, tables, and a broker where one is needed."""

import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psycopg

from bench.peers import brokers, tables
from bench.peers.brokers import Broker
from bench.peers.install import VENV, missing
from bench.processes import child, finished
from bench.same_work.engine import Engine, Marks, Place, Running
from bench.same_work.weigh import postmaster

LIBRARIES = ("pgqueuer", "procrastinate", "taskiq_nats", "taskiq_redis")  # Celery has a ratio of its own
_Start = Callable[[Path], AbstractAsyncContextManager[Broker]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Peer:
    name: str
    title: str
    module: str
    worker: Sequence[str]  # behind the environment's `bin`
    marked: str = tables.MARKED
    own_tables: bool = False
    broker: _Start | None = None
    program: str = ""  # of the broker


def _taskiq(name: str, title: str, broker: _Start, program: str) -> _Peer:
    module = "bench.peers.with_taskiq"
    worker = ("taskiq", "worker", f"{module}:broker", "--workers", "1", "--log-level", "WARNING")
    return _Peer(
        name=name,
        title=title,
        module=module,
        worker=(*worker, "--ack-type", "when_executed", "--max-async-tasks", "64"),
        broker=broker,
        program=program,
    )


def _in_postgresql(name: str, marked: str) -> _Peer:
    module = f"bench.peers.with_{name}"
    return _Peer(
        name=name, title=name, module=module, worker=("python", "-m", module, "worker"), marked=marked, own_tables=True
    )


_CELERY = ("celery", "-A", "bench.peers.with_celery", "worker", "--concurrency", "4", "--loglevel", "WARNING")
_PEERS = (
    _Peer(
        name="celery",
        title="Celery on RabbitMQ",
        module="bench.peers.with_celery",
        worker=(*_CELERY, "--without-gossip", "--without-mingle", "--without-heartbeat"),
        broker=brokers.rabbitmq,
        program="rabbitmq-server",
    ),
    _in_postgresql("pgqueuer", tables.MARKED_BY_PGQUEUER),
    _in_postgresql("procrastinate", tables.MARKED_BY_PROCRASTINATE),
    _taskiq("taskiq_nats", "taskiq on NATS JetStream (1)", brokers.nats, "nats-server"),
    _taskiq("taskiq_redis", "taskiq on Redis streams", brokers.redis, "redis-server"),
)
NAMES = tuple(each.name for each in _PEERS)
NOTE = "(1) JetStream syncs every two minutes here, so this one is less durable than the rest"


def peers(names: Sequence[str]) -> list[Engine]:
    """Raises `RuntimeError`, with what to do, where something is not installed."""
    chosen = [each for each in _PEERS if each.name in names]
    if not (VENV / "bin" / "celery").exists():
        raise RuntimeError(f"there are no peers in {VENV}: make bench-peers installs them")
    if lacking := missing({each.program for each in chosen if each.program}):
        raise RuntimeError(f"not installed: {', '.join(lacking)} (make bench-peers does it where it can)")
    return [Engine(name=each.name, title=each.title, start=partial(_start, each)) for each in chosen]


@contextlib.asynccontextmanager
async def _start(peer: _Peer, place: Place) -> AsyncIterator[Running]:
    with psycopg.connect(place.postgres) as connection:
        connection.execute(tables.TABLES.encode())
    async with contextlib.AsyncExitStack() as stack:
        trees = {"database": postmaster(place.postgres)}
        said = {"PEER_DATABASE": place.postgres, "PEER_VENDOR": place.vendor}
        if peer.broker:
            broker = await stack.enter_async_context(peer.broker(place.folder))
            trees["broker"], said["PEER_BROKER"] = broker.pid, broker.url
        bin_ = VENV.resolve() / "bin"
        python, environment = str(bin_ / "python"), [f"{name}={value}" for name, value in said.items()]
        env = ("env", f"PYTHONPATH={Path.cwd()}", *environment)
        if peer.own_tables:
            await finished(*env, python, "-m", peer.module, "tables")
        door = await stack.enter_async_context(
            child(place.folder / "door.log", (*env, python, "-m", peer.module, "door"))
        )
        worker = await stack.enter_async_context(
            child(place.folder / "worker.log", (*env, str(bin_ / peer.worker[0]), *peer.worker[1:]))
        )
        trees |= {"server": door.process.pid, "worker": worker.process.pid}
        yield Running(door=door, trees=trees, marks=partial(_marks, place.postgres, peer.marked))


async def _marks(url: str, statement: str) -> Marks:
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await (await connection.execute(statement.encode())).fetchone()
    assert found is not None
    return Marks(done=found[0], last=found[1] or 0.0)
