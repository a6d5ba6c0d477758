"""Anybody can make the door look for keys: it looks where keys may be, and seldom."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from hub.domain.errors import Forged, TryLater
from hub.transport.published import Published
from tests.conftest import Time

ADDRESS = "https://vendor.test/jwks"


class Shelf(httpx.AsyncBaseTransport):
    def __init__(self, *answers: Callable[[], httpx.Response]) -> None:
        self.answers, self.asked = list(answers), 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        await asyncio.sleep(0)
        return (self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])()


def says(body: bytes, status: int = 200) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(status, content=body)


def down() -> httpx.Response:
    raise httpx.ConnectError("refused")


@pytest.mark.parametrize("address", ["http://vendor.test/jwks", "file:///etc/passwd", "ftp://vendor.test/x", "jwks"])
async def test_keys_come_by_https_only(time: Time, address: str) -> None:
    shelf = Shelf(says(b"keys"))

    with pytest.raises(Forged):
        await Published(time, lambda: shelf).read(address)

    assert shelf.asked == 0


async def test_many_deliveries_at_once_ask_once(time: Time) -> None:
    shelf = Shelf(says(b"keys"))
    published = Published(time, lambda: shelf)

    got = await asyncio.gather(*(published.read(ADDRESS) for _ in range(20)))

    assert set(got) == {b"keys"}
    assert shelf.asked == 1


async def test_forged_deliveries_make_it_look_again_once_a_minute_at_most(time: Time) -> None:
    shelf = Shelf(says(b"old"), says(b"new"))
    published = Published(time, lambda: shelf)
    assert await published.read(ADDRESS) == b"old"

    assert await published.read(ADDRESS, anew=True) == b"old"
    time.forward(seconds=61)
    assert await published.read(ADDRESS) == b"old"
    assert await published.read(ADDRESS, anew=True) == b"new"
    assert shelf.asked == 2


async def test_an_address_without_keys_is_remembered_for_a_minute(time: Time) -> None:
    shelf = Shelf(says(b"", 404), says(b"keys"))
    published = Published(time, lambda: shelf)

    for _ in range(5):
        with pytest.raises(Forged, match="404"):
            await published.read(ADDRESS)
    assert shelf.asked == 1

    time.forward(seconds=61)
    assert await published.read(ADDRESS) == b"keys"


@pytest.mark.parametrize("answer", [down, says(b"", 503), says(b"", 429)])
async def test_a_vendor_that_does_not_answer_makes_the_delivery_come_again(
    time: Time, answer: Callable[[], httpx.Response]
) -> None:
    shelf = Shelf(answer, says(b"keys"))
    published = Published(time, lambda: shelf)

    for _ in range(20):  # whoever forges deliveries in the meantime makes it ask no more often
        with pytest.raises(TryLater):
            await published.read(ADDRESS)
    assert shelf.asked == 1

    time.forward(seconds=5)
    assert await published.read(ADDRESS) == b"keys"


async def test_what_is_too_big_for_keys_is_not_read(time: Time) -> None:
    shelf = Shelf(says(b"x" * 200_000))

    with pytest.raises(Forged):
        await Published(time, lambda: shelf).read(ADDRESS)


@pytest.mark.parametrize("odd", [says(b"", 403), says(b"", 404), says(b"x" * 200_000)])
async def test_a_look_for_newer_keys_that_finds_none_takes_nothing_from_those_that_are_kept(
    time: Time, odd: Callable[[], httpx.Response]
) -> None:
    """Or one forged delivery a minute would keep all genuine ones out while the vendor's server is moody."""
    shelf = Shelf(says(b"keys"), odd)
    published = Published(time, lambda: shelf)
    await published.read(ADDRESS)
    time.forward(seconds=61)

    assert await published.read(ADDRESS, anew=True) == b"keys"

    assert await published.read(ADDRESS) == b"keys"
    assert await published.read(ADDRESS, anew=True) == b"keys"
    assert shelf.asked == 2
