"""OAuth tokens, sealed, and refreshed by one caller at a time among all processes.

A lease is over when it was seen unchanged for as long as it lasts, by the steady clock of who waits for it. The time
that is written as its end is what tells leases apart; no clock is held against it, since clocks jump and differ.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, Table, and_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.clock import Clock, Ticks, steady
from hub.domain.errors import TryLater
from hub.domain.tokens import Tokens
from hub.store.database import Database
from hub.store.dialects import insert
from hub.store.sealing import Sealer
from hub.store.tables import CredentialRow

_NAME = "oauth"
_POLL = (0.01, 0.25)  # seconds between two looks at a row that another process has leased: first, and at most

_table = cast(Table, CredentialRow.__table__)
_c = _table.c

Refresher = Callable[[Tokens | None], Awaitable[Tokens]]


@dataclass(frozen=True, slots=True)
class _Lease:
    stored: Tokens | None
    generation: int
    until: datetime


class Credentials:
    """The token store of the way out. No transaction is open while a vendor is called: the lease is a column."""

    def __init__(
        self,
        db: Database,
        sealer: Sealer,
        now: Clock,
        *,
        lease: timedelta = timedelta(seconds=40),
        ticks: Ticks = steady,
    ) -> None:
        """`lease`: three quarters of it are what a refresh may take, as any call; a process that dies in one holds up
        the others for all of it.

        `ticks`: seconds of a clock that only goes forward.
        """
        self._db = db
        self._sealer = sealer
        self._now = now
        self._lease = lease
        self._ticks = ticks
        self._others: dict[str, tuple[datetime, float]] = {}  # by connection, another's lease, and since when seen

    async def read(self, connection: str) -> Tokens | None:
        async with self._db.read() as conn:
            row = (await conn.execute(select(_c.data, _c.generation, _c.expires_at).where(_mine(connection)))).first()
        return self._opened(connection, row.data, row.generation, row.expires_at) if row is not None else None

    async def refresh(self, connection: str, seen: int, refresher: Refresher) -> Tokens:
        """Tokens of a generation above `seen`. Calls `refresher` under a lease unless someone else was faster.

        The tokens are committed before they are returned. Raises what the refresher raises, and `TryLater` when
        another process holds the lease for too long. If a process dies between the vendor's answer and the commit,
        the next caller uses the old refresh token once more, after the lease has ended.
        """
        patience = asyncio.get_running_loop().time() + self._lease.total_seconds() * 1.25
        pause, longest = _POLL
        while True:
            found = await self._leased(connection, seen)
            if isinstance(found, _Lease):
                return await self._run(connection, found, refresher)
            if found is not None:
                return found
            if asyncio.get_running_loop().time() > patience:
                raise TryLater(f"{connection}: another process has been refreshing the access token for too long")
            await asyncio.sleep(pause)
            pause = min(pause * 2, longest)

    async def rotate(self) -> int:
        """Seals again, under the first key, what is sealed under others. Returns how many. Safe while calls run."""
        async with self._db.read() as conn:
            rows = (await conn.execute(select(_c.connection, _c.name, _c.data))).all()
        stale = [(row.connection, row.name) for row in rows if row.data and not self._sealer.is_current(row.data)]
        for connection, name in stale:
            here = (_c.connection == connection) & (_c.name == name)
            async with self._db.write() as conn:
                data = (await conn.execute(select(_c.data).where(here).with_for_update())).scalar_one()
                about = _about(connection, name)
                sealed = self._sealer.seal(self._sealer.open(data, about), about)
                await conn.execute(update(_table).where(here).values(data=sealed))
        return len(stale)

    async def forget(self, connection: str) -> None:
        """Back to the settings' refresh token. The way on where the key that sealed the tokens is lost for good."""
        async with self._db.write() as conn:
            # The row stays: a generation never comes twice.
            await conn.execute(
                update(_table).where(_mine(connection)).values(data=b"", expires_at=None, refreshed_at=None)
            )

    # ------------------------------------------------------------------------------------------------- the lease

    async def _leased(self, connection: str, seen: int) -> _Lease | Tokens | None:
        """A lease for us; or tokens that are newer; or `None` while someone else has the lease."""
        async with self._db.write() as conn:
            first = insert(self._db.dialect, CredentialRow).values(
                connection=connection, name=_NAME, data=b"", generation=0, expires_at=None, leased_until=None
            )
            await conn.execute(first.on_conflict_do_nothing())
            row = (await conn.execute(select(_table).where(_mine(connection)).with_for_update())).one()
            stored = self._opened(connection, row.data, row.generation, row.expires_at)
            if row.generation > seen and stored is not None:
                return stored
            until = self._now() + self._lease
            if row.leased_until is not None:
                if not self._over(connection, row.leased_until):
                    return None
                # Told apart from the one it follows, wherever the clock stands.
                until = max(until, row.leased_until + timedelta(microseconds=1))
            self._others.pop(connection, None)
            await conn.execute(update(_table).where(_mine(connection)).values(leased_until=until))
            return _Lease(stored, row.generation, until)

    def _over(self, connection: str, until: datetime) -> bool:
        """Another's lease has stood unchanged for as long as one lasts."""
        now = self._ticks()
        seen, since = self._others.get(connection, (None, now))
        if seen != until:
            self._others[connection] = (until, now)
            return False
        return now - since >= self._lease.total_seconds()

    async def _run(self, connection: str, lease: _Lease, refresher: Refresher) -> Tokens:
        held = _mine(connection) & (_c.generation == lease.generation)
        try:
            # Over before the lease is: nobody else may start while this one could still be using the token.
            async with asyncio.timeout(self._lease.total_seconds() * 0.75):
                fresh = await refresher(lease.stored)
        except Exception as raised:
            async with self._db.write() as conn:
                await conn.execute(
                    update(_table).where(held & (_c.leased_until == lease.until)).values(leased_until=None)
                )
            if isinstance(raised, TimeoutError):
                raise TryLater(f"{connection}: refreshing the access token took too long") from None
            raise
        values = {
            "data": self._sealer.seal(_packed(fresh), _about(connection, _NAME)),
            "generation": lease.generation + 1,
            "expires_at": fresh.expires_at,
            "leased_until": None,
            "refreshed_at": self._now(),
        }

        async def keep(conn: AsyncConnection) -> None:
            await conn.execute(update(_table).where(held).values(**values))

        await self._surely(keep)
        # Where this process slept through its lease and another stored first, theirs are the ones that count.
        kept = await self.read(connection)
        if kept is None:
            raise TryLater(f"{connection}: the tokens were forgotten while they were refreshed")
        return kept

    async def _surely(self, write: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        """The vendor has ended the old refresh token, and the new one is only here: a hiccup must not lose it."""
        for pause in (0.05, 0.2, 1.0, 3.0, None):
            try:
                async with self._db.write() as conn:
                    await write(conn)
                return
            except (DBAPIError, OSError):
                if pause is None:
                    raise
                await asyncio.sleep(pause)

    def _opened(self, connection: str, data: bytes, generation: int, expires_at: datetime | None) -> Tokens | None:
        """`b""` is a row that was only leased so far."""
        if not data:
            return None
        said = json.loads(self._sealer.open(data, _about(connection, _NAME)))
        return Tokens(
            access=said["access"],
            refresh=said["refresh"],
            origins=tuple(said["origins"]),
            expires_at=expires_at,
            generation=generation,
        )


def _mine(connection: str) -> ColumnElement[bool]:
    return and_(_c.connection == connection, _c.name == _NAME)


def _packed(tokens: Tokens) -> bytes:
    return json.dumps({"access": tokens.access, "refresh": tokens.refresh, "origins": tokens.origins}).encode()


def _about(connection: str, name: str) -> str:
    return f"{connection}/{name}"
