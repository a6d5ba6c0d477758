"""The vendor that is called: takes deliveries, and keeps a ledger of which came under which idempotency key.

    python -m bench.same_work.stub

Bare sockets and a parser in C: it takes as little as it can of the cores that it shares with what is measured.
"""

import asyncio
import contextlib
import sys
from typing import cast

import httptools
import orjson
import uvloop

from bench.same_work.work import CALL
from hub.front import bind, stopping_on_signals

Ledger = dict[tuple[str, str, int], dict[str, int]]  # (sink, order, revision) -> how often each key came


class Vendor(asyncio.Protocol):
    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._parser = httptools.HttpRequestParser(self)
        self._url, self._key, self._body = b"", "", bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's has no such class above it

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._url, self._key, self._body = b"", "", bytearray()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"idempotency-key":
            self._key = value.decode()

    def on_body(self, data: bytes) -> None:
        self._body += data

    def on_message_complete(self) -> None:
        assert self._transport is not None
        status, said = self._answer()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n\r\n"
        self._transport.write(head.encode() + said)

    def _answer(self) -> tuple[str, bytes]:
        """`/SINK/orders` takes one; `/count` and `/ledger` are for the measure."""
        path = self._url.decode()
        if path == "/count":
            return "200 OK", orjson.dumps(len(self._ledger))
        if path == "/ledger":
            return "200 OK", orjson.dumps([[*delivery, keys] for delivery, keys in self._ledger.items()])
        sink = path.removesuffix(CALL).removeprefix("/")
        if not self._key or path != f"/{sink}{CALL}":
            return "400 Bad Request", b"{}"
        said = orjson.loads(bytes(self._body))
        keys = self._ledger.setdefault((sink, said["order"], said["revision"]), {})
        keys[self._key] = keys.get(self._key, 0) + 1
        return "200 OK", orjson.dumps({"id": f"{sink}-{said['order']}", **said})


async def main() -> None:
    stop, listening, ledger = asyncio.Event(), bind("127.0.0.1", 0), Ledger()
    server = await asyncio.get_running_loop().create_server(lambda: Vendor(ledger), sock=listening)
    with stopping_on_signals(stop), contextlib.closing(server):
        print(f"Ready: http://127.0.0.1:{listening.getsockname()[1]}", file=sys.stderr, flush=True)
        await stop.wait()


if __name__ == "__main__":
    uvloop.run(main())
