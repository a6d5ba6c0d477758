"""The client that connectors hold builds what httpx would have built."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.transport.client import WayOut
from hub.transport.lean import Client
from tests.conftest import Time
from tests.transport.vendor import SETTINGS, Memory, answer, connector, saying, vendor

USUAL = {"User-Agent": "orderhub", "Accept-Encoding": "gzip"}
PATHS = st.one_of(
    st.sampled_from(["/orders", "/a%2Fb", "//host/x", "orders", "", "/", "/x?q=1&r=ä#f", "https://shop.test/v1", "?q"]),
    st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), max_size=12).map(lambda text: "/" + text),
)
BODIES: list[dict[str, Any]] = [
    {},
    {"json": {"amount": 4200, "name": "Zoë"}},
    {"data": {"a": "1", "b": ["2", "3"]}},
    {"content": b"raw \xff"},
    {"content": b""},
    {"params": {"page": "2"}},
    {"headers": {"user-agent": "other", "X-One": "1"}},
    {"headers": [("X-One", "1"), ("X-One", "2")]},
    {"json": [], "headers": {"Content-Type": "application/vnd.api+json"}, "extensions": {"orderhub.reads": True}},
]


def made_by(client: httpx.AsyncClient, method: str, url: str, given: dict[str, Any]) -> Any:
    try:
        request = client.build_request(method, url, **given)
    except httpx.InvalidURL:
        return "no address"
    extensions = {name: value for name, value in request.extensions.items() if name != "timeout"}
    headers = sorted((name.lower(), value) for name, value in request.headers.raw)
    sent_to = (request.url.scheme, request.url.netloc, request.url.raw_path)
    return request.method, sent_to, headers, request.content, extensions


@given(
    method=st.sampled_from(["get", "POST", "DELETE"]),
    base=st.sampled_from(
        ["https://shop.test", "https://shop.test/", "http://shop.test:81/v1/", "https://shop.test/?k=1"]
    ),
    url=PATHS,
    given=st.sampled_from(BODIES),
)
def test_a_request_is_the_one_that_stock_httpx_would_have_made(
    method: str, base: str, url: str, given: dict[str, Any]
) -> None:
    passage: Any = httpx.MockTransport(lambda _: httpx.Response(200))
    stock = httpx.AsyncClient(transport=passage, base_url=base, headers=USUAL, trust_env=False)

    assert made_by(Client(passage, base, USUAL), method, url, given) == made_by(stock, method, url, given)


@pytest.fixture
async def out(time: Time) -> AsyncIterator[WayOut]:
    way = WayOut(Memory(), time)
    yield way
    await way.aclose()


async def test_what_is_not_plain_goes_the_way_of_httpx(out: WayOut) -> None:
    async with vendor(saying(answer(200, b'{"id": 7}'))) as shop:
        http = out.account("eu", connector(shop.url), SETTINGS).http

        async with http.stream("GET", "/orders") as response:
            assert [part async for part in response.aiter_bytes()] == [b'{"id": 7}']
        await http.get("/orders", auth=httpx.BasicAuth("somebody", "else"))
        await http.send(httpx.Request("POST", shop.url + "/orders", json={}))

        assert [request.method for request in shop.seen] == ["GET", "GET", "POST"]
        assert "c29tZWJvZHk" not in str(shop.seen)  # the account's own credentials win


async def test_a_closed_client_sends_nothing(out: WayOut) -> None:
    async with vendor(saying(answer())) as shop:
        http = out.account("eu", connector(shop.url), SETTINGS).http
        await http.aclose()

        with pytest.raises(RuntimeError, match="closed"):
            await http.get("/orders")

        assert shop.seen == []
