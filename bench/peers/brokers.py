"""Brokers as child processes, with data of their own, on loopback, each as durable as it can be told to be."""

import asyncio
import contextlib
import os
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped, unused-ignore]

from bench.peers.install import found

_START = 90.0  # seconds
_STOP = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    url: str
    pid: int


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@contextlib.asynccontextmanager
async def rabbitmq(folder: Path) -> AsyncIterator[Broker]:
    """A node of its own beside any other: name, ports, cookie, data and its port mapper are under `folder`."""
    program = _rabbitmq_itself()
    port, mapper = free_port(), free_port()
    (folder / "rabbitmq.conf").write_text(f"listeners.tcp.1 = 127.0.0.1:{port}\n")
    (folder / "plugins").write_text("[].\n")
    environment = {
        "HOME": str(folder),
        "RABBITMQ_NODENAME": "bench@localhost",
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "rabbitmq"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "ERL_EPMD_PORT": str(mapper),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
    }
    names = [found("epmd"), "-port", str(mapper), "-address", "127.0.0.1"]
    async with (
        _process(folder / "epmd.log", names, mapper),
        _process(folder / "rabbitmq.out", [program], port, environment) as pid,
    ):
        yield Broker(url=f"amqp://guest:guest@127.0.0.1:{port}//", pid=pid)


def _rabbitmq_itself() -> str:
    """Past Debian's wrapper, which knows one node only, the machine's own."""
    for each in Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"):
        return str(each)
    raise RuntimeError("RabbitMQ is not where Debian's package puts it: /usr/lib/rabbitmq")


@contextlib.asynccontextmanager
async def redis(folder: Path) -> AsyncIterator[Broker]:
    """Every write is on the disk before it is answered."""
    port = free_port()
    told = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    told += ["--appendonly", "yes", "--appendfsync", "always"]
    async with _process(folder / "redis.log", [found("redis-server"), *told], port) as pid:
        yield Broker(url=f"redis://127.0.0.1:{port}", pid=pid)


@contextlib.asynccontextmanager
async def nats(folder: Path) -> AsyncIterator[Broker]:
    """JetStream in files. Debian's version knows no `sync_interval: always`: it is less durable than the others."""
    port = free_port()
    told = ["-a", "127.0.0.1", "-p", str(port), "-js", "-sd", str(folder / "jetstream")]
    async with _process(folder / "nats.log", [found("nats-server"), *told], port) as pid:
        yield Broker(url=f"nats://127.0.0.1:{port}", pid=pid)


@contextlib.asynccontextmanager
async def _process(
    log: Path, command: Sequence[str], port: int, environment: Mapping[str, str] | None = None
) -> AsyncIterator[int]:
    """Until its port answers. Ended on the way out, with all that it started."""
    with log.open("wb") as out:
        process = subprocess.Popen(  # noqa: ASYNC220, S603 - returns at once; our own command
            command, stdout=out, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
        )
    try:
        until = time.monotonic() + _START
        while not await _answers(port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{command[0]} did not get ready: {log}")
            await asyncio.sleep(0.1)
        yield process.pid
    finally:
        await asyncio.to_thread(_end, process)


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        mine = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP)
        for each in mine:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
    process.kill()
    process.wait()


async def _answers(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True
