"""Our users choose where outgoing webhooks go: not into our own network, by whatever name or figure."""

import socket
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest
from aiohappyeyeballs import AddrInfoType

from hub.domain.errors import TryLater
from hub.transport.outward import Gone, Outward, is_public
from hub.transport.wire import Resolve
from tests.conftest import Time
from tests.transport.vendor import answer, saying, vendor

PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "0.0.0.0", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:0001::",
    "2001:db8::1", "fe80::1%eth0", "fec0::1", "192.88.99.1", "3fff::1", "64:ff9b:1::a00:1", "198.18.0.1", "192.0.0.8",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_it_knows_what_is_not_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34"])
def test_it_knows_what_is(address: str) -> None:
    assert is_public(address)


@pytest.fixture
async def out(time: Time) -> AsyncIterator[Outward]:
    outward = Outward(time)
    yield outward
    await outward.aclose()


def names(*found: str) -> Resolve:
    async def resolve(host: str, port: int) -> Sequence[AddrInfoType]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (each, port)) for each in found]

    return resolve


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0x7f000001", "2130706433", "0177.0.0.1", "127.1"]
)
async def test_nothing_is_sent_to_this_machine_however_it_is_written(out: Outward, host: str) -> None:
    async with vendor(saying(answer())) as shop:
        port = shop.url.rpartition(":")[2]

        with pytest.raises(TryLater):
            await out.post(f"http://{host}:{port}/hooks", {}, b"{}", allow_private=False)

        assert shop.seen == []


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("93.184.216.34", "127.0.0.1")])
async def test_nor_to_a_name_of_which_any_address_is_ours(time: Time, addresses: tuple[str, ...]) -> None:
    async with vendor(saying(answer())) as shop:
        port = shop.url.rpartition(":")[2]
        out = Outward(time, names(*addresses))

        with pytest.raises(TryLater):
            await out.post(f"http://listener.example:{port}/hooks", {}, b"{}", allow_private=False)
        await out.aclose()

        assert shop.seen == []


async def test_a_redirect_is_a_failure_and_is_not_followed(out: Outward) -> None:
    async with vendor(saying(answer(302, Location="http://127.0.0.1:1/"))) as shop:
        with pytest.raises(TryLater, match="302"):
            await out.post(f"{shop.url}/hooks", {}, b"{}", allow_private=True)

        assert len(shop.seen) == 1


async def test_answers_are_taken_by_their_status(out: Outward) -> None:
    async with vendor(saying(answer(200), answer(410), answer(429, Retry_After="90"))) as shop:
        await out.post(f"{shop.url}/hooks", {"webhook-id": "1"}, b"{}", allow_private=True)
        with pytest.raises(Gone):
            await out.post(f"{shop.url}/hooks", {}, b"{}", allow_private=True)
        with pytest.raises(TryLater) as later:
            await out.post(f"{shop.url}/hooks", {}, b"{}", allow_private=True)

        assert later.value.after == timedelta(seconds=90)
        assert shop.seen[0].headers["webhook-id"] == "1"
