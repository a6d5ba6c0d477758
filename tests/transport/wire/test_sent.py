"""Was anything sent? On real sockets, over paths that break: in doubt, it was."""

import asyncio
import contextlib
import socket
import ssl
import threading
from pathlib import Path

import httpx
import pytest

from hub.transport.faults import Lost, NotSent, Unsendable
from hub.transport.inner import tls
from hub.transport.wire import Wire
from tests.transport.vendor import Request, Talk, answer, saying, vendor
from tests.transport.wire.far_end import Proxy, ask, blocking_vendor, body


@pytest.mark.parametrize("then", ["closes", "resets", "is silent"])
@pytest.mark.parametrize(("forth", "back"), [(1, 999), (10, 999), (999, 0), (999, 9), (999, 60)])
async def test_a_path_that_breaks_after_the_connection_is_never_nothing_was_sent(
    wire: Wire, forth: int, back: int, then: str
) -> None:
    seconds = 0.3 if then == "is silent" else 20
    async with vendor(saying(answer(200, bytes(100)))) as shop, Proxy(shop.url, forth, back, then) as path:
        with pytest.raises(Lost):
            await ask(wire, "POST", path, b"{}", seconds=seconds)

        assert len(shop.seen) <= 1


async def test_a_path_that_is_only_slow_changes_nothing(wire: Wire) -> None:
    async def by_bytes(request: Request, writer: asyncio.StreamWriter) -> None:
        for byte in answer(200, b"whole", X_One="1"):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)

    async with vendor(by_bytes) as shop:
        assert body(await ask(wire, "POST", shop.url, b"{}")) == b"whole"


async def test_a_server_that_never_answers_the_handshake_was_sent_nothing(wire: Wire) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]

        with pytest.raises(NotSent):
            await ask(wire, "POST", f"https://127.0.0.1:{port}/", b"{}", seconds=0.5)


async def test_what_does_not_find_its_host_or_is_no_request_was_not_sent(wire: Wire) -> None:
    with pytest.raises(NotSent):
        await ask(wire, "POST", "http://no-such-host.invalid/", b"{}")
    for url in ("ftp://127.0.0.1/", "http:///orders", f"http://{'a' * 70}.test/"):
        with pytest.raises((Unsendable, NotSent)):
            await ask(wire, "POST", url, b"{}")
    async with vendor(saying(answer())) as shop:
        address = httpx.URL(shop.url)
        for method, name, value in (
            ("GET /x HTTP/1.1\r\nX: ", b"A", b"b"),
            ("GET /", b"A", b"b"),
            ("GET", b"A b", b"c"),
            ("GET", b"A:", b"c"),
            ("GET", b"", b"c"),
            ("GET", b"A", b"c\nX: d"),
            ("GET", b"A", b"c\0"),
        ):
            with pytest.raises(Unsendable):
                await wire.ask(method, address, [(name, value)], b"", seconds=20, most=9)

        assert shop.seen == []


@pytest.mark.parametrize("goodbye", [b"", answer(408, b"too slow")])
async def test_a_kept_connection_that_the_vendor_left_is_not_written_to(wire: Wire, goodbye: bytes) -> None:
    left = threading.Event()

    def leave(connection: socket.socket) -> None:
        if goodbye:
            connection.sendall(goodbye)
        connection.shutdown(socket.SHUT_WR)
        left.set()

    with blocking_vendor(leave, lambda _: None) as shop:
        await ask(wire, "GET", shop)
        left.wait()  # while the loop stands still: it has not heard of it
        said = await ask(wire, "POST", shop, b"{}")  # would be lost on the first connection

    assert (said.status, body(said)) == (200, b"said")


async def test_a_kept_connection_that_closes_under_a_write_loses_it_and_nothing_is_sent_again(wire: Wire) -> None:
    talks: list[Talk] = [saying(answer()), lambda _request, writer: _closed(writer)]

    async def talk(request: Request, writer: asyncio.StreamWriter) -> None:
        await talks.pop(0)(request, writer)

    async with vendor(talk) as shop:
        await ask(wire, "GET", shop.url)

        with pytest.raises(Lost):
            await ask(wire, "PUT", shop.url, b"{}")

        assert [request.method for request in shop.seen] == ["GET", "PUT"]


async def _closed(writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_idle_connections_end_by_themselves() -> None:
    wire = Wire(tls, keep=0.02)
    ended = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer())
        with contextlib.suppress(ConnectionError):
            await reader.read()
        ended.set()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    await ask(wire, "GET", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    await asyncio.wait_for(ended.wait(), 30)
    server.close()
    await server.wait_closed()
    await wire.aclose()


async def test_a_call_that_is_cancelled_or_closed_under_leaves_no_connection_to_others(wire: Wire) -> None:
    heard = asyncio.Event()

    async def talk(request: Request, writer: asyncio.StreamWriter) -> None:
        heard.set()
        if request.method == "GET":
            writer.write(answer(200, b"mine"))

    async with vendor(talk) as shop:
        call = asyncio.create_task(ask(wire, "POST", shop.url, b"{}"))
        await heard.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert body(await ask(wire, "GET", shop.url)) == b"mine"

        heard.clear()
        call = asyncio.create_task(ask(wire, "POST", shop.url, b"{}"))
        await heard.wait()
        await wire.aclose()
        with pytest.raises(Lost):
            await call


async def test_over_tls_it_is_the_same(certificate: Path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    client = ssl.create_default_context(cafile=str(certificate))
    wire = Wire(lambda: client)

    async def cut(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
        writer.close()

    async with vendor(saying(answer(200, b"one"), answer(200, bytes(300_000))), server) as shop:
        assert body(await ask(wire, "POST", shop.url, bytes(300_000))) == b"one"
        assert len(body(await ask(wire, "GET", shop.url))) == 300_000
    async with vendor(cut, server) as shop:
        with pytest.raises(Lost):
            await ask(wire, "POST", shop.url, b"{}")
    await wire.aclose()
