"""The sender, a process of its own: keep-alive connections that each wait for their answer before the next request.

    python -m bench.load HOST PORT SENDERS WARM FILE

Prints one JSON object. Requests are bare sockets' bytes, so that the sender takes as little as it can of the cores that
it shares with what it measures.
"""

import asyncio
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import uvloop

from bench.numbers import percentile
from bench.requests import saved

_BODY = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


async def _sender(host: str, port: int, requests: Iterator[bytes], took: list[float], statuses: Counter[str]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    for request in requests:
        started = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = _BODY.search(head)
        assert length is not None, head
        await reader.readexactly(int(length[1]))
        took.append(time.perf_counter() - started)
        statuses[head[9:12].decode()] += 1
    writer.close()
    await writer.wait_closed()


async def _all(host: str, port: int, senders: int, requests: list[bytes]) -> tuple[list[float], Counter[str]]:
    took: list[float] = []
    statuses: Counter[str] = Counter()
    shared = iter(requests)
    await asyncio.gather(*(_sender(host, port, shared, took, statuses) for _ in range(senders)))
    return took, statuses


async def send(host: str, port: int, senders: int, warm: int, requests: list[bytes]) -> dict[str, object]:
    await _all(host, port, senders, requests[:warm])
    started_at, started = time.time(), time.perf_counter()
    took, statuses = await _all(host, port, senders, requests[warm:])
    seconds = time.perf_counter() - started
    return {
        "started_at": started_at,
        "seconds": seconds,
        "per_second": len(took) / seconds,
        "p50_ms": percentile(took, 0.5) * 1000,
        "p99_ms": percentile(took, 0.99) * 1000,
        "statuses": dict(statuses),
    }


if __name__ == "__main__":
    host, port, senders, warm, file = sys.argv[1:]
    answer = uvloop.run(send(host, int(port), int(senders), int(warm), list(saved(Path(file)))))
    sys.stdout.buffer.write(orjson.dumps(answer))
