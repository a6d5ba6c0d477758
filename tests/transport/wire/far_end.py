"""Asking a vendor directly, over a path that breaks, and a vendor that goes on while our event loop stands still."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import httpx

from hub.transport.line import Answer
from hub.transport.wire import Wire
from tests.transport.vendor import answer


async def ask(
    wire: Wire, method: str, url: str, content: bytes = b"", seconds: float = 20, most: int = 10**6
) -> Answer:
    address = httpx.URL(url)
    headers = [(b"Host", address.netloc), (b"X-One", b"1")]
    return await wire.ask(method, address, headers, content, seconds=seconds, most=most)


def body(answer: Answer) -> bytes:
    return b"".join(answer.body)


class Proxy:
    """Between us and the vendor. Lets `forth` bytes of a connection through, and `back` bytes, then does `then`."""

    def __init__(self, to: str, forth: int, back: int, then: str) -> None:
        self._to = httpx.URL(to)
        self._left = {"forth": forth, "back": back}
        self._then = then
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> str:
        self._server = await asyncio.start_server(self._joined, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
        await self._server.wait_closed()

    async def _joined(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, onward = await asyncio.open_connection(self._to.host, self._to.port)
        self._writers += [writer, onward]
        for way, source, sink in (("forth", reader, onward), ("back", there, writer)):
            self._tasks.add(asyncio.create_task(self._carried(way, source, sink, writer)))

    async def _carried(
        self, way: str, source: asyncio.StreamReader, sink: asyncio.StreamWriter, ours: asyncio.StreamWriter
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while self._left[way]:
                some = await source.read(min(4096, self._left[way]))
                if not some:
                    break
                self._left[way] -= len(some)
                sink.write(some)
                await sink.drain()
            if self._then == "closes":
                ours.close()
            elif self._then == "resets":
                ours.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                ours.transport.abort()


@contextlib.contextmanager
def blocking_vendor(*talks: Callable[[socket.socket], None]) -> Iterator[str]:
    """One connection each, in a thread: it goes on while our event loop stands still."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for talk in talks:
                connection, _ = listening.accept()
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer(200, b"said"))
                    talk(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join()
