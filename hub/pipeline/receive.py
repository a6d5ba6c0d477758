"""Receive: prove it, keep it, answer. Waiting requests share one commit."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from hub.connector import Event, Inbound, Incoming
from hub.domain.clock import Clock
from hub.domain.errors import Forged
from hub.observe import traces
from hub.pipeline.digest import INBOX
from hub.pipeline.registry import Connection
from hub.store import inbox
from hub.store.database import Database

_BATCH = 512  # rows in one commit: beyond, the wait of the first outgrows the gain


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    new: int
    duplicates: int


@dataclass(slots=True)
class _Waiting:
    rows: list[dict[str, Any]]
    done: asyncio.Future[set[tuple[str, str]]]


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
    shut: bool = False  # it was open, and is no more
    _queue: asyncio.Queue[_Waiting] = field(default_factory=asyncio.Queue)

    async def receive(self, connection: Connection, incoming: Incoming) -> Received:
        """Raises `Forged` or `Malformed`, and keeps nothing; a fault of the database keeps nothing either.

        `TryLater` where the keys that would prove it cannot be had now.
        """
        inbound = connection.connector.inbound
        if inbound is None:
            raise Forged(f"{connection.connector.title} sends no webhooks")
        if inbound.is_ping is not None and inbound.is_ping(incoming):
            return Received(new=0, duplicates=0)
        now = self.clock()
        secrets = [secret.get_secret_value() for secret in connection.settings.webhook.secrets]
        secrets = [secret for secret in secrets if secret]
        if inbound.published is None:
            inbound.verify(incoming, secrets, connection.settings, now)
        else:
            await self._verify_by_keys(inbound, incoming, secrets, connection.settings, now)
        events = inbound.events(incoming, connection.settings)
        rows = _rows(connection.id, events, now)
        if not rows:
            return Received(new=0, duplicates=0)
        new = await self._commit(rows)
        ended = self.clock()
        for row in rows:
            if (connection.id, row["key"]) in new:
                traces.record(
                    "receive", row["id"], now, ended, id=row["id"], connection=connection.id, kind=row["kind"]
                )
        return Received(new=len(new), duplicates=len(rows) - len(new))

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

    async def _commit(self, rows: list[dict[str, Any]]) -> set[tuple[str, str]]:
        done: asyncio.Future[set[tuple[str, str]]] = asyncio.get_running_loop().create_future()
        await self._queue.put(_Waiting(rows, done))
        return await done

    async def open(self) -> None:
        """Commits what waits, until cancelled. What is waiting then gets an error, so that its sender tries again."""
        taken: list[_Waiting] = []
        self.shut = False
        try:
            while True:
                taken = [await self._queue.get()]
                count = len(taken[0].rows)
                while count < _BATCH and not self._queue.empty():
                    taken.append(self._queue.get_nowait())
                    count += len(taken[-1].rows)
                await self._write(taken)
                taken = []
        finally:
            self.shut = True
            while not self._queue.empty():
                taken.append(self._queue.get_nowait())
            for waiting in taken:
                if not waiting.done.done():
                    waiting.done.set_exception(ConnectionAbortedError("the hub is stopping"))

    async def _write(self, taken: Sequence[_Waiting]) -> None:
        rows = [row for waiting in taken for row in waiting.rows]
        try:
            async with self.database.write() as connection:
                new = await inbox.keep(connection, rows)
                if new:
                    self.database.tell(connection, INBOX)
        except Exception as error:  # each sender hears of it, and the door stays open
            for waiting in taken:
                if not waiting.done.done():
                    waiting.done.set_exception(error)
            return
        self.on_commit(len(rows))
        for waiting in taken:
            mine = new & {(row["connection"], row["key"]) for row in waiting.rows}
            new -= mine  # of the same event from several senders in one commit, the first one's is new
            if not waiting.done.done():
                waiting.done.set_result(mine)


def _rows(connection_id: str, events: Sequence[Event], now: datetime) -> list[dict[str, Any]]:
    return [inbox.event_row(connection_id, each.key[:255], each.kind[:255], each.body, each.at, now) for each in events]
