"""The store's side of its webhooks: sends each until it is acknowledged, as vendors do, and writes down every try."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from tests.history.seen import SHOP, Answer, Sent
from tests.history.store import Sale, StoreSandbox, signed
from tests.history.wire import NoAnswer, NotSent, ask

_END = 60.0  # seconds in which the hub has to acknowledge all
_TWICE = 0.1  # of all webhooks
_AGAIN = (0.05, 0.1, 0.2, 0.4, 0.8, 1.0)


@dataclass(eq=False)
class Sender:
    doors: Sequence[str]  # addresses of the hub's front ends
    store: StoreSandbox
    chance: random.Random
    sent: list[Sent] = field(default_factory=list)
    slowest: float = 0.0  # seconds between the first try at a webhook and its acknowledgement
    _hands: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(20))

    async def tell(self, sales: Iterable[Sale], *, spread: float = 0.0) -> None:
        """All of them at once, or over so many seconds; returns when each is acknowledged. Some come twice."""
        async with asyncio.timeout(spread + _END):
            await asyncio.gather(*(self._one(sale, self.chance.uniform(0, spread)) for sale in sales))

    async def _one(self, sale: Sale, wait: float) -> None:
        await asyncio.sleep(wait)
        again = self.chance.random() < _TWICE
        loop = asyncio.get_running_loop()
        started, tries = loop.time(), 0
        while (await self._try(sale)) is not Answer.ACKNOWLEDGED:
            await asyncio.sleep(_AGAIN[min(tries, len(_AGAIN) - 1)])
            tries += 1
        self.slowest = max(self.slowest, loop.time() - started)
        if again:
            await self._try(sale)

    async def _try(self, sale: Sale) -> Answer:
        body, door = msgspec.json.encode(sale), self.chance.choice(self.doors)
        async with self._hands:
            try:
                status = await ask(door, "POST", f"/webhooks/{SHOP}", signed(body), body)
                answer = Answer.ACKNOWLEDGED if status < 300 else Answer.REFUSED
            except NotSent:
                answer = Answer.REFUSED
            except NoAnswer:
                answer = Answer.UNKNOWN
        self.sent.append(Sent(key=sale.key, sale=sale.id, total=sale.total, answer=answer, deadly=sale.deadly))
        return answer


def sales(store: StoreSandbox, numbers: Iterable[int], revisions: int, chance: random.Random) -> list[Sale]:
    """Each order with all of its revisions, in an order of its own."""
    found = [store.sell(number, revision) for number in numbers for revision in range(1, revisions + 1)]
    chance.shuffle(found)
    return found
