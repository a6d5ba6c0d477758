"""Receive: prove it, keep it, answer."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, Protocol

import structlog

from hub.connector import Inbound, Incoming
from hub.domain.clock import Clock
from hub.domain.errors import Forged, TryLater
from hub.observe import traces
from hub.pipeline.desk import Desk, Patience
from hub.pipeline.digest import INBOX
from hub.pipeline.registry import Connection
from hub.store.database import Database
from hub.store.inbox import Arrived, arrived
from hub.store.intake import Intake, desks_of, intake

log = structlog.get_logger("orderhub.door")

_QUIET: Final = 0.01  # seconds between two rings: each makes all of PostgreSQL's commits wait for one another


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    new: int
    duplicates: int


class ReadPublished(Protocol):
    """The vendor's public keys at an address. `anew`: what is kept did not do."""

    async def __call__(self, address: str, *, anew: bool = False) -> bytes: ...


@dataclass(eq=False)
class Door:
    """The way in. `open()` runs for as long as the process takes webhooks; `receive` returns after the commit."""

    database: Database
    clock: Clock
    on_commit: Callable[[int], None] = lambda _rows: None  # told how many rows shared a commit
    published: ReadPublished | None = None  # None: nothing that is signed with a published key comes in
    patience: Patience = field(default_factory=Patience)
    shut: bool = False  # it was open, and is no more
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        desks = desks_of(self.database)
        self._desks = [Desk(patience=lambda: self.patience, on_kept=self._told) for _ in range(desks)]

    async def receive(self, connection: Connection, incoming: Incoming) -> Received:
        """Raises `Forged` or `Malformed`, and keeps nothing; a fault of the database keeps nothing either.

        `TryLater` where the keys that would prove it cannot be had now, or the database is too slow.
        """
        inbound = connection.connector.inbound
        if inbound is None:
            raise Forged(f"{connection.connector.title} sends no webhooks")
        if inbound.is_ping is not None and inbound.is_ping(incoming):
            return Received(new=0, duplicates=0)
        now = self.clock()
        if inbound.published is None:
            inbound.verify(incoming, connection.secrets, connection.settings, now)
        else:
            await self._verify_by_keys(inbound, incoming, connection.secrets, connection.settings, now)
        rows = [
            arrived(connection.id, each.key, each.kind, each.body, each.at, each.about, now)
            for each in inbound.events(incoming, connection.settings)
        ]
        new = await self._kept(rows) if rows else 0
        return Received(new=new, duplicates=len(rows) - new)

    async def _verify_by_keys(
        self, inbound: Inbound, incoming: Incoming, secrets: Sequence[str], settings: Any, now: datetime
    ) -> None:
        """A delivery that the kept keys do not prove may be signed by the vendor's next ones: looks once more."""
        assert inbound.published is not None
        if self.published is None:
            raise Forged("this door has no way to a vendor's keys")
        address = inbound.published(incoming, settings)
        kept = await self.published(address)
        try:
            inbound.verify(replace(incoming, published=kept), secrets, settings, now)
        except Forged:
            newer = await self.published(address, anew=True)
            if newer == kept:
                raise
            inbound.verify(replace(incoming, published=newer), secrets, settings, now)

    # ------------------------------------------------------------------------------------------------- commits

    async def _kept(self, rows: Sequence[Arrived]) -> int:
        """How many were new. What is about one thing is always kept at one desk, and so in the order received.

        Raises `TryLater` at once where a desk does not move.
        """
        now = asyncio.get_running_loop().time()
        if any(each.is_stuck(now) for each in self._desks):
            raise TryLater("the database is too slow")
        shares: dict[int, list[Arrived]] = defaultdict(list)
        for row in rows:
            shares[row.part % len(self._desks)].append(row)
        if len(shares) == 1:
            [(desk, share)] = shares.items()
            return await self._desks[desk].keep(share)
        return sum(await asyncio.gather(*(self._at(desk, share) for desk, share in shares.items())))

    async def _at(self, desk: int, rows: Sequence[Arrived]) -> int:
        return await self._desks[desk].keep(rows)

    async def open(self) -> None:
        """Commits what waits, until cancelled. What is waiting then gets an error, so that its sender tries again."""
        self.shut = False
        bell = intake(self.database)
        try:
            async with asyncio.TaskGroup() as tasks:
                for desk in self._desks:
                    tasks.create_task(desk.run(intake(self.database)))
                tasks.create_task(self._ring(bell))
        finally:
            self.shut = True
            for desk in self._desks:
                desk.close()
            await bell.close()

    def _told(self, rows: Sequence[Arrived], new: set[str]) -> None:
        self.on_commit(len(rows))
        if new:
            self._news.set()
        ended = self.clock()
        for row in rows:
            if row.id in new:
                traces.record(
                    "receive", row.id, row.received_at, ended, id=row.id, connection=row.connection, kind=row.kind
                )

    async def _ring(self, here: Intake) -> None:
        """Wakes who digests, at once, and then for all that came meanwhile; a ring that failed is made up for."""
        while True:
            await self._news.wait()
            self._news.clear()
            self.database.ring({INBOX})
            try:
                await here.ring(INBOX)
            except Exception as error:
                log.warning("door.bell", error=type(error).__name__)
                self._news.set()
                await asyncio.sleep(1)
            await asyncio.sleep(_QUIET)
