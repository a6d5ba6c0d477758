"""What each way of failing means, on real sockets, for both transports."""

import asyncio
import contextlib
import gzip
import socket
import ssl
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.connector import READS
from hub.domain.errors import HubError, Refused, TryLater, Unknown
from hub.transport.client import WayOut
from hub.transport.inner import fast, stock
from tests.conftest import Time
from tests.transport.vendor import SETTINGS, Memory, Request, Talk, answer, connector, saying, skip, vendor

Open = Callable[..., httpx.AsyncClient]


@pytest.fixture(params=[fast, stock])
async def way_to(request: pytest.FixtureRequest, time: Time) -> AsyncIterator[Open]:
    out = WayOut(Memory(), time, request.param)

    def open_one(url: str, **settings: Any) -> httpx.AsyncClient:
        return out.account("eu", connector(url, **settings), SETTINGS).http

    yield open_one
    await out.aclose()


@pytest.fixture(scope="module")
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def closed_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


async def hang(request: Request, writer: asyncio.StreamWriter) -> None:
    """Never answers."""
    skip(10)


async def hang_up(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def reset(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def half_a_head(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
    writer.close()


async def hang_in_body(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    skip(10)


async def cut_body(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    writer.close()


async def cut_chunks(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
    writer.close()


async def garbage(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"\x16\x03\x01 this is not HTTP\r\n\r\n")
    writer.close()


async def drip(request: Request, writer: asyncio.StreamWriter) -> None:
    """A byte every 20 ms: each read is quick, the whole never ends."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            skip(0.3)
            await asyncio.sleep(0.02)


async def drip_head(request: Request, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\n")
    with contextlib.suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(b"X-More: 1\r\n")
            await writer.drain()
            skip(0.3)
            await asyncio.sleep(0.02)


LOST: list[Talk] = [
    hang,
    hang_up,
    reset,
    half_a_head,
    hang_in_body,
    cut_body,
    cut_chunks,
    garbage,
    drip,
    drip_head,
    saying(answer(200, b"not gzip at all", Content_Encoding="gzip")),
    saying(answer(200, gzip.compress(b"cut")[:-6], Content_Encoding="gzip")),
    saying(answer(200, b"\x0b\x02\x80", Content_Encoding="br")),
]


@pytest.mark.parametrize("talk", LOST)
@pytest.mark.parametrize("method", ["POST", "PUT"])  # aiohttp by itself repeats PUT
async def test_a_write_whose_answer_is_lost_is_unknown_and_was_sent_once(way_to: Open, talk: Talk, method: str) -> None:
    async with vendor(talk) as shop:
        http = way_to(shop.url)

        with pytest.raises(Unknown):
            await http.request(method, "/orders", content=b"{}")

        assert len(shop.seen) == 1


@pytest.mark.parametrize("talk", LOST)
@pytest.mark.parametrize("asked", [("GET", {}), ("POST", READS)])
async def test_a_read_whose_answer_is_lost_is_tried_later(
    way_to: Open, talk: Talk, asked: tuple[str, dict[str, Any]]
) -> None:
    method, extensions = asked
    async with vendor(talk) as shop:
        http = way_to(shop.url)

        with pytest.raises(TryLater):
            await http.request(method, "/orders", extensions=extensions)


@pytest.mark.parametrize("nowhere", [closed_port, lambda: "http://no-such-host.invalid"], ids=["closed", "no name"])
async def test_a_write_that_found_no_connection_is_tried_later(way_to: Open, nowhere: Callable[[], str]) -> None:
    http = way_to(nowhere())

    with pytest.raises(TryLater, match="nothing was sent"):
        await http.post("/orders", json={})


async def test_a_write_that_speaks_tls_to_a_server_that_does_not_is_tried_later(way_to: Open) -> None:
    async with vendor(garbage) as shop:
        http = way_to(shop.url.replace("http://", "https://"))

        with pytest.raises(TryLater, match="nothing was sent"):
            await http.post("/orders", json={})

        assert shop.seen == []


async def test_a_server_with_a_certificate_that_nobody_signed_gets_nothing(way_to: Open, tls: ssl.SSLContext) -> None:
    async with vendor(saying(answer()), tls) as shop:
        http = way_to(shop.url)

        with pytest.raises(TryLater, match="nothing was sent"):
            await http.post("/orders", json={})

        assert shop.seen == []


async def test_a_connection_that_died_idle_makes_a_write_unknown_and_never_sends_it_twice(way_to: Open) -> None:
    talks = [saying(answer()), hang_up]

    async def talk(request: Request, writer: asyncio.StreamWriter) -> None:
        await talks.pop(0)(request, writer)

    async with vendor(talk) as shop:
        http = way_to(shop.url)
        await http.get("/orders")

        with pytest.raises(Unknown):
            await http.put("/orders/7", json={})

        assert [request.method for request in shop.seen] == ["GET", "PUT"]


async def test_the_deadline_counts_the_whole_call(way_to: Open) -> None:
    async with vendor(drip) as shop:
        http = way_to(shop.url, deadline=timedelta(seconds=5))
        started = asyncio.get_running_loop().time()

        with pytest.raises(TryLater, match="within 5 s"):
            await http.get("/orders")

        assert 5 <= asyncio.get_running_loop().time() - started < 60  # of which all but a moment was skipped


def bomb(megabytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(packer.compress(bytes(2**20)) for _ in range(megabytes)) + packer.flush()


TOO_BIG = [
    answer(200, bomb(100), Content_Encoding="gzip"),  # 100 KB that would be 100 MB
    answer(200, b"x" * 70_000),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"ff\r\n" + b"x" * 255 + b"\r\n") * 300,
]


@pytest.mark.parametrize("big", TOO_BIG)
async def test_an_answer_that_is_too_big_is_not_kept(way_to: Open, big: bytes) -> None:
    async with vendor(saying(big)) as shop:
        http = way_to(shop.url, body_bytes=64 * 1024)

        with pytest.raises(Refused, match="more than 65536 bytes"):
            await http.get("/orders")
        with pytest.raises(Unknown, match="more than 65536 bytes"):
            await http.post("/orders")


async def test_a_refusal_counts_however_long_its_page_is(way_to: Open) -> None:
    async with vendor(saying(answer(422, b"no " * 50_000))) as shop:
        http = way_to(shop.url, body_bytes=64 * 1024)

        with pytest.raises(Refused, match="422 no no no"):
            await http.post("/orders")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_is_refused_and_its_target_never_called(way_to: Open, status: int) -> None:
    async with vendor(saying(answer())) as elsewhere, vendor(saying(answer(status, Location=elsewhere.url))) as shop:
        http = way_to(shop.url)

        for method in ("GET", "POST"):
            with pytest.raises(Refused, match="redirects are not followed"):
                await http.request(method, "/orders", follow_redirects=True)

        assert elsewhere.seen == []


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_header_with_a_line_break_is_not_sent(way_to: Open, method: str) -> None:
    async with vendor(saying(answer())) as shop:
        http = way_to(shop.url)

        with pytest.raises(HubError, match="line break"):
            await http.request(method, "/orders", headers={"Idempotency-Key": "a\r\nX-Admin: 1"})

        assert shop.seen == []


async def test_a_packed_answer_comes_out_whole(way_to: Open) -> None:
    said = b'{"orders": [' + b"1234567890," * 30_000 + b"0]}"
    async with vendor(saying(answer(200, gzip.compress(said), Content_Encoding="gzip"))) as shop:
        http = way_to(shop.url)

        response = await http.get("/orders")

        assert response.content == said
        assert shop.seen[0].headers["accept-encoding"] == "gzip"
        assert response.request.url.path == "/orders"


async def test_a_body_arrives_as_it_was_written_and_nothing_is_added(way_to: Open) -> None:
    async with vendor(saying(answer())) as shop:
        http = way_to(shop.url + "/v1")

        await http.post(
            "/orders/a%2Fb%20c", params={"q": "a b+c/%2F"}, content=b"raw \xff bytes", headers={"X-One": "1"}
        )

        sent = shop.seen[0]
        assert sent.body == b"raw \xff bytes"
        assert httpx.URL(shop.url + sent.target).params["q"] == "a b+c/%2F"
        assert sent.target.startswith("/v1/orders/a%2Fb%20c?")
        assert set(sent.headers) <= {
            "host", "accept", "accept-encoding", "connection", "user-agent", "content-length", "authorization", "x-one",
        }  # fmt: skip
