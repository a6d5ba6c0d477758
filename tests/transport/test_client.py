"""What one account promises its callers, on real sockets."""

import httpx
import pytest
import respx

from hub.connector import Headers
from hub.domain.errors import HubError, NeedsAttention, Refused, TryLater, Unknown
from hub.transport.client import WayOut
from hub.transport.inner import stock
from hub.transport.passage import Call
from tests.conftest import Time
from tests.transport.vendor import KEY, SETTINGS, Memory, answer, connector, saying, vendor


async def test_credentials_never_leave_the_configured_origin(out: WayOut) -> None:
    async with vendor(saying(answer())) as elsewhere, vendor(saying(answer())) as shop:
        http = out.account("eu", connector(shop.url), SETTINGS).http

        for url in (elsewhere.url + "/orders", shop.url.replace("127.0.0.1", "localhost"), "https://shop.test/orders"):
            with pytest.raises(Refused, match="credentials are not sent there"):
                await http.get(url)

        assert elsewhere.seen == shop.seen == []


async def test_credentials_are_in_what_is_sent_and_nowhere_else(out: WayOut) -> None:
    async with vendor(saying(answer())) as shop:
        http = out.account("eu", connector(shop.url), SETTINGS).http

        response = await http.get("/orders", headers={"Authorization": "Bearer somebody_else"})

        assert shop.seen[0].headers["authorization"] == KEY
        assert KEY not in str(response.request.headers)
        assert KEY not in repr(http.__dict__)


async def test_an_echoed_key_does_not_come_back_in_an_error(out: WayOut) -> None:
    async with vendor(saying(answer(401, f"no such key: {KEY}".encode()))) as shop:
        http = out.account("eu", connector(shop.url), SETTINGS).http

        with pytest.raises(NeedsAttention, match=r"no such key: .*hidden") as refused:
            await http.get("/orders")

        assert "canary" not in str(refused.value)
        assert len(shop.seen) == 1


async def test_no_cookie_of_the_vendor_is_kept(out: WayOut) -> None:
    async with vendor(saying(answer(200, Set_Cookie="session=1; Path=/"))) as shop:
        by_name = shop.url.replace("127.0.0.1", "localhost")  # aiohttp keeps no cookies of bare addresses anyway
        http = out.account("eu", connector(by_name), SETTINGS).http

        first = await http.get("/orders")
        await http.get("/orders")

        assert "cookie" not in shop.seen[1].headers
        assert "set-cookie" not in first.headers


async def test_an_account_is_made_once(out: WayOut) -> None:
    shopwave = connector("https://shop.test")

    assert out.account("eu", shopwave, SETTINGS) is out.account("eu", shopwave, SETTINGS)
    assert out.account("us", shopwave, SETTINGS) is not out.account("eu", shopwave, SETTINGS)


async def test_the_connectors_verdict_comes_first_and_none_leaves_it_to_the_usual_one(out: WayOut) -> None:
    def verdict(response: httpx.Response) -> HubError | None:
        assert "authorization" not in response.request.headers
        errors = response.json().get("errors")
        return Refused(f"{errors} {KEY}") if errors else None

    said = saying(answer(200, b'{"errors": "no stock"}'), answer(200, b'{"errors": ""}'), answer(404, b"{}"))
    async with vendor(said) as shop:
        http = out.account("eu", connector(shop.url, verdict=verdict), SETTINGS).http

        with pytest.raises(Refused, match="no stock") as refused:
            await http.post("/graphql")
        assert "canary" not in str(refused.value)
        assert (await http.post("/graphql")).json() == {"errors": ""}
        with pytest.raises(Refused, match="404"):
            await http.post("/graphql")


async def test_a_page_that_the_verdict_cannot_read_is_a_lost_answer_unless_its_status_is_bad(out: WayOut) -> None:
    def verdict(response: httpx.Response) -> HubError | None:
        return Refused("no") if response.json()["errors"] else None

    said = saying(answer(200, b"<html>Welcome to the hotel"), answer(200, b"[]"), answer(413, b"<html>too much"))
    async with vendor(said) as shop:
        http = out.account("eu", connector(shop.url, verdict=verdict), SETTINGS).http

        with pytest.raises(Unknown, match="not in a form"):
            await http.post("/graphql")
        with pytest.raises(TryLater, match="not in a form"):
            await http.get("/graphql")
        with pytest.raises(Refused, match="413"):
            await http.post("/graphql")


async def test_every_call_is_told_of_once(out: WayOut, calls: list[Call]) -> None:
    async with vendor(saying(answer(), answer(422))) as shop:
        http = out.account("eu", connector(shop.url), SETTINGS).http
        await http.get("/orders?access_token=1")
        with pytest.raises(Refused):
            await http.post("/orders")
        with pytest.raises(Refused):
            await http.get("https://elsewhere.test/")

    told = [(call.connection, call.method, call.path, call.status, call.outcome) for call in calls]
    assert told == [
        ("eu", "GET", "/orders", 200, "ok"),
        ("eu", "POST", "/orders", 422, "Refused"),
        ("eu", "GET", "/", None, "Refused"),
    ]


async def test_a_patched_stock_transport_goes_the_same_way(time: Time, respx_mock: respx.MockRouter) -> None:
    out = WayOut(Memory(), time, stock)
    route = respx_mock.post("https://shop.test/v1/orders").mock(
        side_effect=[httpx.Response(200, json={"id": 7}), httpx.ReadError("gone"), httpx.ConnectError("none")]
    )
    auth = Headers(headers={"X-Api-Key": "canary-key"})
    http = out.account("eu", connector("https://shop.test/v1", auth=auth), SETTINGS).http

    assert (await http.post("/orders")).json() == {"id": 7}
    with pytest.raises(Unknown):
        await http.post("/orders")
    with pytest.raises(TryLater):
        await http.post("/orders")

    assert {call.request.headers["x-api-key"] for call in route.calls} == {"canary-key"}
    await out.aclose()
