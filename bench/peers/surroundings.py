"""What a peer's processes share: where they are, a door, and a way out. It runs in the peers' own environment."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.same_work.work import CALL, PATH, SIGNATURE, is_genuine
from hub.front import bind, serve, stopping_on_signals

DATABASE, VENDOR, BROKER = (os.environ.get(f"PEER_{each}", "") for each in ("DATABASE", "VENDOR", "BROKER"))
AT_ONCE = 64  # jobs of one worker process: 32 calls to each sink, as the hub makes them

Keep = Callable[[str, bytes], Awaitable[None]]  # (event, body): durably, and once


def say_ready(where: str) -> None:
    """Past whatever a library makes of standard error."""
    os.write(2, f"Ready: {where}\n".encode())


def open_door(keeping: Callable[[], AbstractAsyncContextManager[Keep]]) -> None:
    """Serves webhooks until told to stop, on the front that the hub has, too."""
    uvloop.run(_door(keeping))


async def _door(keeping: Callable[[], AbstractAsyncContextManager[Keep]]) -> None:
    stop, listening = asyncio.Event(), bind("127.0.0.1", 0)
    with stopping_on_signals(stop):
        async with keeping() as keep:

            async def webhook(request: Request) -> Response:
                body = await request.body()
                if not is_genuine(body, request.headers.get(SIGNATURE, "")):
                    return Response(status_code=401)
                await keep(json.loads(body)["id"], body)
                return JSONResponse({"received": 1})

            app = Starlette(routes=[Route(PATH, webhook, methods=["POST"])])
            shown = f"http://127.0.0.1:{listening.getsockname()[1]}"
            await serve(app, listening, stop=stop, ready=lambda: say_ready(shown))


def way_out() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=AT_ONCE))


async def tell(http: aiohttp.ClientSession, key: str, sink: str, order: str, revision: int) -> None:
    url, body = f"{VENDOR}/{sink}{CALL}", {"order": order, "revision": revision}
    async with http.post(url, json=body, headers={"Idempotency-Key": key}) as answer:
        answer.raise_for_status()
        await answer.read()


def is_door() -> bool:
    return sys.argv[1:] == ["door"]
