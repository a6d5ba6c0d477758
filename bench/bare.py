"""The least that a door can do: a Starlette handler that checks an HMAC and group-commits a row. No hub in it.

    python -m bench.bare DATABASE-URL     ("none": checks the HMAC and keeps nothing)

It stands on the hub's own front (uvicorn, its bounds, its loop), so that the difference is the work behind it.
"""

import asyncio
import concurrent.futures
import hashlib
import hmac
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Sequence

import psycopg
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.front import bind, serve, stopping_on_signals

SECRET = "bench-webhook-secret"  # noqa: S105 - of nothing
_BATCH = 512

Commit = Callable[[Sequence[bytes]], Awaitable[None]]


async def _postgresql(url: str) -> Commit:
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    await connection.execute("CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, at timestamptz, body bytea)")

    async def commit(bodies: Sequence[bytes]) -> None:
        statement = "INSERT INTO bare (at, body) SELECT now(), unnest(%b::bytea[])"
        await connection.execute(statement, (list(bodies),), prepare=True)

    return commit


async def _sqlite(path: str) -> Commit:
    thread = concurrent.futures.ThreadPoolExecutor(1)
    loop = asyncio.get_running_loop()

    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS bare (id INTEGER PRIMARY KEY, at TEXT, body BLOB)")
        return connection

    connection = await loop.run_in_executor(thread, opened)

    def write(bodies: Sequence[bytes]) -> None:
        connection.execute("BEGIN IMMEDIATE")
        statement = "INSERT INTO bare (at, body) VALUES (datetime('now'), ?)"
        connection.executemany(statement, [(each,) for each in bodies])
        connection.execute("COMMIT")

    async def commit(bodies: Sequence[bytes]) -> None:
        await loop.run_in_executor(thread, write, bodies)

    return commit


async def _nothing(_: Sequence[bytes]) -> None:
    return


async def _keep(waiting: asyncio.Queue[tuple[bytes, asyncio.Future[None]]], commit: Commit) -> None:
    while True:
        taken = [await waiting.get()]
        while len(taken) < _BATCH and not waiting.empty():
            taken.append(waiting.get_nowait())
        await commit([body for body, _ in taken])
        for _, done in taken:
            done.set_result(None)


def _app(waiting: asyncio.Queue[tuple[bytes, asyncio.Future[None]]]) -> Starlette:
    async def webhook(request: Request) -> Response:
        body = await request.body()
        at, _, said = request.headers["stripe-signature"].removeprefix("t=").partition(",v1=")
        mac = hmac.new(SECRET.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(mac, said):
            return Response(status_code=401)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting.put_nowait((body, done))
        await done
        return JSONResponse({"received": 1})

    return Starlette(routes=[Route("/webhooks/{connection}", webhook, methods=["POST"])])


async def main(url: str) -> None:
    if url == "none":
        commit: Commit = _nothing
    elif url.startswith("sqlite:///"):
        commit = await _sqlite(url.removeprefix("sqlite:///"))
    else:
        commit = await _postgresql(url)
    waiting: asyncio.Queue[tuple[bytes, asyncio.Future[None]]] = asyncio.Queue()
    stop, listening = asyncio.Event(), bind("127.0.0.1", 0)
    shown = f"http://127.0.0.1:{listening.getsockname()[1]}"

    def ready() -> None:
        print(f"Ready: {shown}", file=sys.stderr, flush=True)

    with stopping_on_signals(stop):
        keeping = asyncio.create_task(_keep(waiting, commit))
        await serve(_app(waiting), listening, stop=stop, ready=ready)
        keeping.cancel()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
