"""A burst of 50,000 webhooks at a process whose database is held: it says so, does not grow, and loses nothing."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from bench.bare import SECRET
from bench.door import PATH
from bench.ground import Ground
from bench.processes import HUB, Child, child
from bench.requests import raw
from connectors.stripe.sandbox import StripeSandbox

BURST, SENDERS = 50_000, 200
MOST_GROWTH = 128  # MiB; the bodies of the burst alone are about 100


def webhook(stripe: StripeSandbox, number: int) -> bytes:
    body = b'{"id": "evt_burst%06d", "type": "charge.succeeded", "note": "%b"}' % (number, b"x" * 2000)
    return raw(PATH, stripe.signed(body), body)


class Senders:
    def __init__(self, port: int) -> None:
        self._port = port
        self._stripe = StripeSandbox(secret=SECRET)
        self.statuses: Counter[int] = Counter()
        self.acknowledged: set[int] = set()
        self.peak = 0.0

    async def send(self, numbers: range, hub: Child) -> None:
        shared = iter(numbers)
        await asyncio.gather(*(self._one(shared, hub) for _ in range(SENDERS)))

    async def _one(self, shared: Iterator[int], hub: Child) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        for number in shared:
            writer.write(webhook(self._stripe, number))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            status = int(head[9:12])
            self.statuses[status] += 1
            if status == 200:
                self.acknowledged.add(number)
            else:
                assert b"retry-after: " in head.lower()
            if number % 1000 == 0:
                self.peak = max(self.peak, hub.resident_mb())
        writer.close()


@pytest.mark.nightly
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_burst_at_a_slow_database_is_turned_away_in_bounded_memory_and_nothing_acknowledged_is_lost(
    database_url: str, tmp_path: Path
) -> None:
    settings = Ground(tmp_path, "").settings(database_url)
    async with child(tmp_path / "hub.log", (*HUB, "serve", "--no-worker", "-c", str(settings))) as hub:
        senders = Senders(hub.port)
        await senders.send(range(1000), hub)  # warm, and none of them is turned away
        assert senders.statuses == {200: 1000}
        before = hub.resident_mb()

        with psycopg.connect(database_url) as other:
            other.execute("LOCK TABLE inbox IN SHARE MODE")
            await senders.send(range(1000, BURST), hub)
            other.rollback()
        busy = senders.statuses[503]
        assert busy > BURST / 2
        assert senders.peak - before < MOST_GROWTH

        again = range(BURST - 500, BURST)  # their senders come again
        while not set(again) <= senders.acknowledged:
            await senders.send(again, hub)
        assert set(senders.statuses) == {200, 503}

    with psycopg.connect(database_url) as other:
        kept = Counter(int(key.removeprefix("evt_burst")) for (key,) in other.execute("SELECT key FROM inbox"))
    assert senders.acknowledged <= set(kept)
    assert set(kept.values()) == {1}
