"""One way of calling a vendor, as a process of its own: so many POSTs of JSON, so many in flight.

    python -m bench.caller WAY URL DATABASE-URL WARM CALLS IN-FLIGHT

Prints one JSON object. WAY is one of `WAYS`.
"""

import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any

import aiohttp
import httpx
import orjson
import uvloop

from bench.same_work.connector import SINK
from hub.domain.clock import utc_now
from hub.store.budgets import Budgets
from hub.store.credentials import Credentials
from hub.store.database import Database
from hub.store.sealing import Sealer, new_key
from hub.transport.client import WayOut
from hub.transport.inner import fast

_SAID = {"order": "ord-1", "revision": 1, "claim": "ord_01k0000000000000000000000", "at": "2026-11-01T08:00:00+00:00"}
_PATH = "/orders"

Call = Callable[[str], Awaitable[bytes]]  # with an idempotency key


def _through(http: httpx.AsyncClient) -> Call:
    async def call(key: str) -> bytes:
        response = await http.post(_PATH, json=_SAID, headers={"Idempotency-Key": key})
        return response.raise_for_status().content

    return call


@contextlib.asynccontextmanager
async def _hub(url: str, database: Database) -> AsyncIterator[Call]:
    """As a delivery calls: the client of an account, with the budget that all processes share."""
    credentials = Credentials(database, Sealer([new_key()]), utc_now)
    way_out = WayOut(credentials, utc_now, watch=lambda _call: None, allowance=Budgets(database))
    settings = SINK.settings.model_validate({"connector": SINK.slug, "base_url": url})
    try:
        yield _through(way_out.account("first", SINK, settings).http)
    finally:
        await way_out.aclose()


@contextlib.asynccontextmanager
async def _bare(url: str, _: Database) -> AsyncIterator[Call]:
    """httpx on our transport, without the passage."""
    async with httpx.AsyncClient(transport=fast(), base_url=url, timeout=30) as http:
        yield _through(http)


@contextlib.asynccontextmanager
async def _httpx(url: str, _: Database) -> AsyncIterator[Call]:
    async with httpx.AsyncClient(base_url=url, timeout=30) as http:
        yield _through(http)


@contextlib.asynccontextmanager
async def _aiohttp(url: str, _: Database) -> AsyncIterator[Call]:
    async with aiohttp.ClientSession() as session:

        async def call(key: str) -> bytes:
            async with session.post(url + _PATH, json=_SAID, headers={"Idempotency-Key": key}) as response:
                response.raise_for_status()
                return await response.read()

        yield call


WAYS: Mapping[str, Callable[[str, Database], contextlib.AbstractAsyncContextManager[Call]]] = {
    "hub": _hub,
    "bare": _bare,
    "aiohttp": _aiohttp,
    "httpx": _httpx,
}


async def _calls(call: Call, keys: Iterator[int], name: str) -> None:
    for key in keys:
        answer = await call(f"{name}-{key}")
        assert b"ord-1" in answer, answer


async def main(way: str, url: str, database_url: str, warm: int, calls: int, in_flight: int) -> dict[str, Any]:
    database = Database(database_url)
    async with WAYS[way](url, database) as call:
        await _many(call, range(warm), "warm", in_flight)
        started, cpu = time.perf_counter(), time.process_time()
        await _many(call, range(calls), "call", in_flight)
        seconds, spent = time.perf_counter() - started, time.process_time() - cpu
    await database.close()
    return {"per_second": calls / seconds, "cpu_us": spent / calls * 1_000_000}


async def _many(call: Call, keys: range, name: str, in_flight: int) -> None:
    shared = iter(keys)
    await asyncio.gather(*(_calls(call, shared, name) for _ in range(in_flight)))


if __name__ == "__main__":
    way, url, database_url, *numbers = sys.argv[1:]
    warm, calls, in_flight = map(int, numbers)
    sys.stdout.buffer.write(orjson.dumps(uvloop.run(main(way, url, database_url, warm, calls, in_flight))))
