"""The post between the vendors and the hub: it delivers twice, late and out of order, as real ones do, and never loses.

A delivery that is not answered with 2xx is tried again until it is, with the vendor's signature of the first time.
"""

import asyncio
import base64
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

_PAUSE = 0.2  # seconds between looks at the vendors' out-trays
_PATIENCE = 600  # tries


@dataclass(frozen=True, slots=True)
class Letter:
    connection: str
    kind: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""  # that the address has with this delivery


@dataclass(eq=False, kw_only=True)
class Post:
    """`sandboxes` and `webhooks` are addresses by connection."""

    http: httpx.AsyncClient
    sandboxes: Mapping[str, str]
    webhooks: Mapping[str, str]
    chance: random.Random
    at_once: int = 16
    counts: Counter[str] = field(default_factory=Counter)
    _seen: Counter[str] = field(default_factory=Counter)
    _late: list[Letter] = field(default_factory=list)
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self) -> None:
        """Until `stop()`: empties the out-trays, with a fifth of the letters doubled, delayed or out of order."""
        while not self._stop.is_set():
            letters = await self._collect()
            if len(letters) > 1:
                self._disturb(letters)
            for letter in letters:
                await self._entrust(letter)
            if not letters:
                await asyncio.sleep(_PAUSE)

    async def settle(self) -> None:
        """Hands over what was held back, and waits until everything that was sent has been taken."""
        late, self._late = self._late, []
        self.chance.shuffle(late)
        for letter in late:
            await self._entrust(letter, calm=True)
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def stop(self) -> None:
        self._stop.set()
        await self.settle()

    async def idle(self) -> bool:
        """Nothing in the out-trays, nothing on the way, nothing held back."""
        waiting = [await self._waiting(name) for name in self.sandboxes]
        return not any(waiting) and not self._under_way and not self._late

    async def _waiting(self, name: str) -> list[dict[str, Any]]:
        answer = await self.http.get(f"{self.sandboxes[name]}/_sandbox/deliveries", params={"after": self._seen[name]})
        found: list[dict[str, Any]] = answer.json()
        return found

    async def _collect(self) -> list[Letter]:
        letters: list[Letter] = []
        for name in self.sandboxes:
            waiting = await self._waiting(name)
            self._seen[name] += len(waiting)
            letters += [
                Letter(name, each["kind"], each["headers"], base64.b64decode(each["body"]), each.get("query", ""))
                for each in waiting
            ]
        return letters

    def _disturb(self, letters: list[Letter]) -> None:
        for at in range(len(letters) - 1):
            if self.chance.random() < 0.07:
                self.counts["out of order"] += 1
                other = self.chance.randrange(at + 1, len(letters))
                letters[at], letters[other] = letters[other], letters[at]

    async def _entrust(self, letter: Letter, *, calm: bool = False) -> None:
        luck = 1.0 if calm else self.chance.random()
        if luck < 0.06:
            self.counts["late"] += 1
            self._late.append(letter)
            return
        copies = 2 if luck < 0.14 else 1
        self.counts["twice"] += copies - 1
        for _ in range(copies):
            while len(self._under_way) >= self.at_once:
                await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
            task = asyncio.create_task(self._deliver(letter))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def _deliver(self, letter: Letter) -> None:
        headers = {"content-type": "application/json"} | dict(letter.headers)
        address = self.webhooks[letter.connection] + (f"?{letter.query}" if letter.query else "")
        for _ in range(_PATIENCE):
            try:
                answer = await self.http.post(address, content=letter.body, headers=headers)
            except httpx.HTTPError:
                self.counts["tried again"] += 1
                await asyncio.sleep(_PAUSE)
                continue
            if answer.is_success:
                self.counts["delivered"] += 1
                return
            if answer.status_code < 500:
                self.counts[f"refused with {answer.status_code}"] += 1
                return
            self.counts["tried again"] += 1
            await asyncio.sleep(_PAUSE)
        self.counts["given up"] += 1
