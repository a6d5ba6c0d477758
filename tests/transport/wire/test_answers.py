"""Whose bytes are whose, on real sockets: where an answer ends, and that no other call ever gets any of it."""

import asyncio
import contextlib

import pytest

from hub.transport.faults import Lost
from hub.transport.wire import Wire
from tests.transport.vendor import Request, answer, saying, vendor
from tests.transport.wire.far_end import ask, body


async def test_a_connection_is_used_again_and_by_one_call_at_a_time(wire: Wire) -> None:
    ports: list[int] = []

    async def talk(request: Request, writer: asyncio.StreamWriter) -> None:
        ports.append(writer.get_extra_info("peername")[1])
        writer.write(answer(200, request.target.encode()))

    async with vendor(talk) as shop:
        await ask(wire, "GET", f"{shop.url}/1")
        await ask(wire, "POST", f"{shop.url}/2", b"x")
        said = await asyncio.gather(*(ask(wire, "POST", f"{shop.url}/{n}", b"x" * n) for n in range(20)))

    assert ports[0] == ports[1]
    assert [body(each) for each in said] == [b"/%d" % n for n in range(20)]


async def test_what_comes_after_an_answer_is_not_taken_for_the_next_one(wire: Wire) -> None:
    async with vendor(saying(answer(200, b"mine") + answer(200, b"whose?"), answer(200, b"next"))) as shop:
        said = [body(await ask(wire, "GET", shop.url)) for _ in range(2)]

    assert said == [b"mine", b"next"]


SHAPES = [
    ("GET", b"HTTP/1.1 103 Early Hints\r\nX-One: early\r\n\r\n" + answer(200, b"late", X_One="1"), 200, b"late"),
    ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, b""),
    ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, b""),
    (
        "GET",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: 1\r\n\r\n",
        200,
        b"abc",
    ),
    ("GET", b"HTTP/1.1 200 OK\nContent-Length: 2\nX-Folded: a\n b\n\nok", 200, b"ok"),
    ("GET", b"HTTP/1.1 200 OK\r\nUpgrade: h2\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
]


@pytest.mark.parametrize(("method", "said", "status", "content"), SHAPES)
async def test_an_answer_ends_where_it_says_it_does(
    wire: Wire, method: str, said: bytes, status: int, content: bytes
) -> None:
    async with vendor(saying(said, answer(200, b"next"))) as shop:
        first = await ask(wire, method, shop.url)
        second = await ask(wire, "GET", shop.url)

    assert (first.status, body(first)) == (status, content)
    assert (b"X-One", b"early") not in first.headers
    assert body(second) == b"next"


async def test_an_answer_without_a_length_ends_with_its_connection(wire: Wire) -> None:
    async def talk(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.0 200 OK\r\n\r\nall of it")
        writer.close()

    async with vendor(talk) as shop:
        assert body(await ask(wire, "GET", shop.url)) == b"all of it"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-One: a\0b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 20_000,
        b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 200_000,
        b"HTTP/2 200\r\n\r\n",
    ],
    ids=["two lengths", "two framings", "another protocol", "NUL", "many headers", "a long header", "HTTP/2"],
)
async def test_an_answer_that_can_be_read_in_two_ways_or_has_no_end_is_lost(wire: Wire, said: bytes) -> None:
    async with vendor(saying(said)) as shop:
        with pytest.raises(Lost):
            await ask(wire, "POST", shop.url, b"{}")

        assert len(shop.seen) == 1


async def test_reading_stops_where_it_is_too_much(wire: Wire) -> None:
    async def talk(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 100_000)  # and then nothing

    async with vendor(talk) as shop:
        said = await ask(wire, "GET", shop.url, most=50_000)

    assert 50_000 < len(body(said)) <= 100_000


async def test_an_answer_that_comes_before_the_request_was_read_counts_and_its_connection_is_not_used_again(
    wire: Wire,
) -> None:
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer(413, b"too much"))
        with contextlib.suppress(ConnectionError):
            await gone.wait()
        writer.close()

    gone = asyncio.Event()
    server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=2**16)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    for _ in range(2):
        assert (await ask(wire, "POST", url, bytes(40_000_000))).status == 413
    gone.set()
    server.close()
    await server.wait_closed()

    assert connections == 2
