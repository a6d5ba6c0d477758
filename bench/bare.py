"""The least that a webhook door can do. Nothing of the hub is in it.

    python -m bench.bare DATABASE-URL     ("none": the same without a database)

A Starlette route on uvicorn as it comes: checks an HMAC, parses the JSON for the event's id, keeps each event once
under that id, answers after the commit. Waiting requests share a commit. SQL by hand on the bare driver.
"""

import asyncio
import concurrent.futures
import contextlib
import hashlib
import hmac
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

import orjson
import psycopg
import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

SECRET = "bench-webhook-secret"  # noqa: S105 - of nothing
_BATCH = 512


@dataclass(slots=True)
class Waiting:
    connection: str
    event: str
    body: bytes
    done: asyncio.Future[None]


Commit = Callable[[Sequence[Waiting]], Awaitable[None]]

# No key of its own and no other index: the pair that makes an event the same one is all that a door needs.
_TABLE = """CREATE TABLE IF NOT EXISTS bare
    (connection text NOT NULL, event text NOT NULL, at {time} NOT NULL, body {bytes} NOT NULL,
     PRIMARY KEY (connection, event))"""


async def _postgresql(url: str) -> Commit:
    database = await psycopg.AsyncConnection.connect(url, autocommit=True)
    await database.execute(_TABLE.format(time="timestamptz", bytes="bytea").encode())
    statement = (
        b"INSERT INTO bare (connection, event, at, body) SELECT c, e, now(), b"
        b" FROM unnest(%b::text[], %b::text[], %b::bytea[]) AS t (c, e, b) ON CONFLICT DO NOTHING"
    )

    async def commit(waiting: Sequence[Waiting]) -> None:
        columns = (
            [each.connection for each in waiting],
            [each.event for each in waiting],
            [each.body for each in waiting],
        )
        await database.execute(statement, columns, prepare=True)

    return commit


async def _sqlite(path: str) -> Commit:
    thread = concurrent.futures.ThreadPoolExecutor(1)
    loop = asyncio.get_running_loop()

    def opened() -> sqlite3.Connection:
        database = sqlite3.connect(path, isolation_level=None)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute(_TABLE.format(time="text", bytes="blob"))
        return database

    database = await loop.run_in_executor(thread, opened)
    statement = (
        "INSERT INTO bare (connection, event, at, body) VALUES (?, ?, datetime('now'), ?) ON CONFLICT DO NOTHING"
    )

    def write(waiting: Sequence[Waiting]) -> None:
        database.execute("BEGIN IMMEDIATE")
        database.executemany(statement, [(each.connection, each.event, each.body) for each in waiting])
        database.execute("COMMIT")

    async def commit(waiting: Sequence[Waiting]) -> None:
        await loop.run_in_executor(thread, write, waiting)

    return commit


async def _committing(queue: asyncio.Queue[Waiting], commit: Commit) -> None:
    while True:
        taken = [await queue.get()]
        while len(taken) < _BATCH and not queue.empty():
            taken.append(queue.get_nowait())
        await commit(taken)
        for each in taken:
            each.done.set_result(None)


def _event(request: Request, body: bytes) -> str:
    """Its id, of a body that is proved; `""`: it is not."""
    at, _, said = request.headers["stripe-signature"].removeprefix("t=").partition(",v1=")
    mac = hmac.new(SECRET.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(mac, said):
        return ""
    event: str = orjson.loads(body)["id"]
    return event


def _app(opened: Callable[[], Awaitable[Commit]] | None, ready: Callable[[], None]) -> Starlette:
    queue: asyncio.Queue[Waiting] = asyncio.Queue()

    async def webhook(request: Request) -> Response:
        body = await request.body()
        if not (event := _event(request, body)):
            return Response(status_code=401)
        if opened is not None:
            done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            queue.put_nowait(Waiting(request.path_params["connection"], event, body, done))
            await done
        return JSONResponse({"received": 1})

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        committing = asyncio.create_task(_committing(queue, await opened())) if opened is not None else None
        ready()
        yield
        if committing is not None:
            committing.cancel()

    return Starlette(routes=[Route("/webhooks/{connection}", webhook, methods=["POST"])], lifespan=lifespan)


def _opener(url: str) -> Callable[[], Awaitable[Commit]] | None:
    if url == "none":
        return None
    if url.startswith("sqlite:///"):
        return lambda: _sqlite(url.removeprefix("sqlite:///"))
    return lambda: _postgresql(url)


async def main(url: str) -> None:
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    shown = f"http://127.0.0.1:{listening.getsockname()[1]}"

    def ready() -> None:
        print(f"Ready: {shown}", file=sys.stderr, flush=True)

    config = uvicorn.Config(_app(_opener(url), ready), http="httptools", access_log=False, log_config=None)
    await uvicorn.Server(config).serve(sockets=[listening])


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
