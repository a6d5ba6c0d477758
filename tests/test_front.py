"""The front against clients that are slow, greedy or gone, over real sockets."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from hub.front import Limits, bind, serve

QUICK = Limits(head=0.4, body=0.4, idle=5, write=0.3, stop=1, connections=20, head_bytes=4096, headers=20)
GET = b"GET / HTTP/1.1\r\nHost: hub\r\n\r\n"


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(f"{request.client.host if request.client else ''} {len(await request.body())}")


async def endless(request: Request) -> StreamingResponse:
    async def chunks() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 65536
                await asyncio.sleep(0)
        finally:
            request.app.state.gone.set()

    return StreamingResponse(chunks())


async def say_back(websocket: WebSocket) -> None:
    await websocket.accept()
    while True:
        await websocket.send_text(await websocket.receive_text())


APP = Starlette(
    routes=[
        Route("/", echo, methods=["GET", "POST"]),
        Route("/endless", endless),
        WebSocketRoute("/ws", say_back),
    ]
)


class Front:
    def __init__(self, port: int, stop: asyncio.Event, task: "asyncio.Task[None]") -> None:
        self.port, self.stop, self.task = port, stop, task

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def answer_to(self, *parts: bytes) -> bytes:
        """All that comes until the server closes; the client keeps its side open."""
        reader, writer = await self.open()
        for part in parts:
            writer.write(part)
            await writer.drain()
        try:
            return await asyncio.wait_for(reader.read(), 30)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


@asynccontextmanager
async def front(limits: Limits = QUICK, trusted: tuple[str, ...] = ()) -> AsyncIterator[Front]:
    APP.state.gone = asyncio.Event()
    listening, stop, ready = bind("127.0.0.1", 0), asyncio.Event(), asyncio.Event()
    port = listening.getsockname()[1]
    task = asyncio.create_task(
        serve(APP, listening, stop=stop, limits=limits, trusted_proxies=trusted, ready=ready.set)
    )
    await ready.wait()
    try:
        yield Front(port, stop, task)
    finally:
        stop.set()
        await task


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([], b"408"),
        ([b"GET / HTTP/1.1\r\nHost: h"], b"408"),
        ([b"\r\n"], b"408"),
        ([b"POST / HTTP/1.1\r\nHost: hub\r\nContent-Length: 10\r\n\r\nabc"], b"408"),
        ([b"POST / HTTP/1.1\r\nHost: hub\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"], b"408"),
        ([GET[:-2] + b"X-Long: " + b"a" * 5000 + b"\r\n\r\n"], b"431"),
        ([GET[:-2] + b"X-Endless: " + b"a" * 5000], b"431"),
        ([b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: hub\r\n\r\n"], b"431"),
        ([GET[:-2] + b"".join(b"X-%d: 1\r\n" % n for n in range(30)) + b"\r\n"], b"431"),
        ([b"nonsense\r\n\r\n"], b"400"),
        ([b"CONNECT hub:1 HTTP/1.1\r\nHost: hub\r\n\r\n"], b"400"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_a_request_that_is_late_or_too_large_is_answered_and_closed(parts: list[bytes], status: bytes) -> None:
    async with front() as hub:
        answer = await hub.answer_to(*parts)

    assert answer.startswith(b"HTTP/1.1 " + status), answer[:200]
    assert b"connection: close" in answer


async def test_a_client_that_drips_is_late_all_the_same() -> None:
    async with front() as hub:
        reader, writer = await hub.open()
        writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
        answer = asyncio.create_task(reader.readline())
        async with asyncio.timeout(30):
            while not answer.done():
                writer.write(b"z")
                await asyncio.wait([answer], timeout=0.05)
        writer.close()

    assert answer.result() == b"HTTP/1.1 408 Request Timeout\r\n"


async def test_a_second_request_on_a_connection_has_the_same_deadline() -> None:
    async with front() as hub:
        answer = await hub.answer_to(GET, b"GET / HTTP/1.1\r\n")

    assert answer.count(b"HTTP/1.1 200") == 1
    assert answer.count(b"HTTP/1.1 408") == 1


async def test_requests_in_one_packet_are_all_answered() -> None:
    async with front() as hub:
        answer = await hub.answer_to(GET + GET + GET[:-2] + b"Connection: close\r\n\r\n")

    assert answer.count(b"HTTP/1.1 200") == 3


async def test_a_client_that_never_reads_is_cut_off() -> None:
    async with front(Limits(write=0.3, stop=30)) as hub:
        _, writer = await hub.open()
        writer.write(b"GET /endless HTTP/1.1\r\nHost: hub\r\n\r\n")
        await asyncio.wait_for(APP.state.gone.wait(), 30)

        writer.close()


async def test_connections_beyond_the_limit_are_turned_away_and_the_others_served() -> None:
    async with front(Limits(connections=3, head=5)) as hub:
        held = [await hub.open() for _ in range(2)]
        for _, writer in held:
            writer.write(b"GET / HTTP/1.1\r\n")
        reader, writer = await hub.open()
        writer.write(GET)
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")

        turned_away = await hub.answer_to(GET)

        assert turned_away.startswith(b"HTTP/1.1 503")
        for _, each in [*held, (reader, writer)]:
            each.close()


async def test_no_server_header_is_sent() -> None:
    async with front() as hub:
        answer = await hub.answer_to(GET[:-2] + b"Connection: close\r\n\r\n")

    assert b"server:" not in answer.lower()


@pytest.mark.parametrize(("trusted", "seen"), [((), b"127.0.0.1"), (("127.0.0.1",), b"203.0.113.7")])
async def test_a_forwarded_address_is_believed_from_trusted_proxies_only(trusted: tuple[str, ...], seen: bytes) -> None:
    async with front(trusted=trusted) as hub:
        answer = await hub.answer_to(GET[:-2] + b"X-Forwarded-For: 203.0.113.7\r\nConnection: close\r\n\r\n")

    assert seen + b" 0" in answer


async def test_a_websocket_outlives_the_deadlines_of_requests_and_has_a_largest_message() -> None:
    async with front() as hub, connect(f"ws://127.0.0.1:{hub.port}/ws") as websocket:
        await asyncio.sleep(0.9)  # longer than the deadlines of head and body
        await websocket.send("still here")
        assert await websocket.recv() == "still here"

        await websocket.send("x" * 70_000)
        with pytest.raises(ConnectionClosed) as closed:
            await websocket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


async def test_a_stop_does_not_wait_for_requests_that_never_arrive() -> None:
    async with front(Limits(stop=30)) as hub:
        clients = [await hub.open() for _ in range(4)]
        for (_, writer), part in zip(
            clients, [b"", b"GET /", GET, b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na"], strict=True
        ):
            writer.write(part)
        assert (await clients[2][0].readline()).startswith(b"HTTP/1.1 200")

        started = time.monotonic()
        hub.stop.set()
        await hub.task

        assert time.monotonic() - started < 20  # of the 30 s that a request under way would get
        for _, writer in clients:
            writer.close()


async def test_a_stop_waits_for_an_answer_under_way_but_not_for_ever() -> None:
    async with front(Limits(stop=1)) as hub:
        reader, writer = await hub.open()
        writer.write(b"GET /endless HTTP/1.1\r\nHost: hub\r\n\r\n")
        await reader.readline()

        started = time.monotonic()
        hub.stop.set()
        await hub.task

        assert 0.5 < time.monotonic() - started < 20
        writer.close()


PROGRAM = """
import asyncio, warnings
warnings.simplefilter("error")
import uvloop
from hub.front import Limits, bind, serve, stopping_on_signals
from tests.test_front import APP

async def main():
    stop, listening = asyncio.Event(), bind("127.0.0.1", 0)
    with stopping_on_signals(stop):
        port = listening.getsockname()[1]
        await serve(APP, listening, stop=stop, limits=Limits(stop=60), ready=lambda: print(port, flush=True))
    print("ended", flush=True)

uvloop.run(main())
"""


def test_sigterm_ends_a_process_within_seconds_although_clients_hold_half_sent_requests() -> None:
    root = Path(__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(30)]
        for number, client in enumerate(clients):
            client.sendall(
                [b"", b"POST / HTTP/1.1\r\nHo", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na"][number % 3]
            )

        started = time.monotonic()
        process.send_signal(signal.SIGTERM)
        told = process.stdout.read()

        assert process.wait(30) == 0
        assert told == "ended\n"
        assert time.monotonic() - started < 20
        for client in clients:
            client.close()
