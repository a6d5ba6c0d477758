"""How an account spares its vendor, on real sockets."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from hub.connector import RateLimit
from hub.domain.errors import HubError, Refused, TryLater, Unknown
from hub.transport.client import WayOut
from tests.transport.conftest import Ticks
from tests.transport.vendor import SETTINGS, Request, answer, connector, saying, skip, vendor


async def test_no_more_calls_are_under_way_than_allowed(out: WayOut) -> None:
    now_open = most = 0
    go = asyncio.Event()

    async def talk(request: Request, writer: asyncio.StreamWriter) -> None:
        nonlocal now_open, most
        now_open += 1
        most = max(most, now_open)
        if now_open == 3:
            go.set()
        await go.wait()
        await asyncio.sleep(0)
        now_open -= 1
        writer.write(answer())

    async with vendor(talk) as shop:
        http = out.account("eu", connector(shop.url, at_once=3), SETTINGS).http

        await asyncio.gather(*(http.get("/orders") for _ in range(12)))

        assert most == 3
        assert len(shop.seen) == 12


async def test_who_waits_too_long_for_a_slot_has_sent_nothing(out: WayOut) -> None:
    heard, go = asyncio.Event(), asyncio.Event()

    async def talk(request: Request, writer: asyncio.StreamWriter) -> None:
        heard.set()
        await go.wait()
        writer.write(answer())

    async with vendor(talk) as shop:
        http = out.account("eu", connector(shop.url, at_once=1, deadline=timedelta(seconds=20)), SETTINGS).http
        slow = asyncio.create_task(http.post("/orders"))
        await heard.wait()

        next_one = asyncio.create_task(http.post("/orders"))
        await asyncio.sleep(0.01)  # it waits by now; if not, it will be told the same a little later
        skip(11)

        with pytest.raises(TryLater, match="1 calls are under way; nothing was sent"):
            await next_one
        go.set()

        assert (await slow).status_code == 200
        assert len(shop.seen) == 1


async def test_a_spent_budget_sends_nothing_and_says_when_to_come_back(out: WayOut, ticks: Ticks) -> None:
    settings = SETTINGS.model_copy(update={"rate_limit": RateLimit(requests=1, per=timedelta(minutes=1))})
    async with vendor(saying(answer())) as shop:
        http = out.account("eu", connector(shop.url), settings).http
        await http.post("/orders")

        with pytest.raises(TryLater, match="nothing was sent") as later:
            await http.post("/orders")
        assert later.value.after == timedelta(minutes=1)
        assert len(shop.seen) == 1

        ticks.at += 60
        await http.post("/orders")


@pytest.mark.parametrize(
    ("said", "raised"), [(answer(429, Retry_After="7"), TryLater), (answer(503, Retry_After="7"), Unknown)]
)
async def test_the_vendors_retry_after_holds_all_calls_of_the_account(
    out: WayOut, ticks: Ticks, said: bytes, raised: type[HubError]
) -> None:
    async with vendor(saying(said, answer())) as shop:
        http = out.account("eu", connector(shop.url), SETTINGS).http
        with pytest.raises(raised):
            await http.post("/orders")

        ticks.at += 1
        with pytest.raises(TryLater) as later:
            await http.get("/customers")
        assert later.value.after == timedelta(seconds=6)

        ticks.at += 6
        await http.get("/customers")
        assert len(shop.seen) == 2


async def test_who_waits_for_a_turn_hears_of_a_pause_that_came_meanwhile(out: WayOut) -> None:
    settings = SETTINGS.model_copy(update={"rate_limit": RateLimit(requests=5)})
    async with vendor(saying(answer(429, Retry_After="7"), answer())) as shop:
        http = out.account("eu", connector(shop.url), settings).http

        errors = await asyncio.gather(http.get("/a"), http.get("/b"), return_exceptions=True)

        assert [type(error) for error in errors] == [TryLater, TryLater]
        assert [request.target for request in shop.seen] == ["/a"]


async def test_the_connectors_own_pause_is_heeded_and_a_page_that_it_cannot_read_is_none(
    out: WayOut, ticks: Ticks
) -> None:
    def pause(response: httpx.Response) -> float:
        return float(response.json()["wait"])

    async with vendor(saying(answer(200, b"<html>"), answer(200, b'{"wait": 9}'), answer(200, b'{"wait": 0}'))) as shop:
        http = out.account("eu", connector(shop.url, pause=pause), SETTINGS).http
        await http.get("/orders")
        await http.get("/orders")

        with pytest.raises(TryLater) as later:
            await http.get("/orders")

        assert later.value.after == timedelta(seconds=9)


async def test_a_vendor_that_fails_is_left_alone_and_tried_again_by_one(out: WayOut, ticks: Ticks) -> None:
    async with vendor(saying(*[answer(500)] * 5, answer())) as shop:
        http = out.account("eu", connector(shop.url), SETTINGS).http
        for _ in range(5):
            with pytest.raises(Unknown):
                await http.post("/orders")
            ticks.at += 0.1

        with pytest.raises(TryLater, match="left alone"):
            await http.post("/orders")
        assert len(shop.seen) == 5

        ticks.at += 5
        await http.post("/orders")
        await http.post("/orders")


async def test_a_vendor_that_refuses_is_not_ill(out: WayOut) -> None:
    async with vendor(saying(answer(422))) as shop:
        http = out.account("eu", connector(shop.url), SETTINGS).http

        for _ in range(10):
            with pytest.raises(Refused):
                await http.post("/orders")


async def test_a_call_that_is_cancelled_gives_its_slot_back(out: WayOut) -> None:
    heard = asyncio.Event()

    async def talk(request: Request, writer: asyncio.StreamWriter) -> None:
        heard.set()
        if request.method == "GET":
            writer.write(answer())

    async with vendor(talk) as shop:
        http = out.account("eu", connector(shop.url, at_once=1), SETTINGS).http
        call = asyncio.create_task(http.post("/orders"))
        await heard.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

        assert (await http.get("/orders")).status_code == 200
