"""One database, two ways in: `read` and `write`. And the bell that wakes who waits for what was written."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import cast

import psycopg
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.store.dialects import WRITES, Dialect, backends_of, engine_for, normalised, notify

_TOPICS = "orderhub_topics"


class Database:
    """Transactions on SQLite or PostgreSQL. On SQLite one writer at a time in this process; others wait in turn.

    `tell(connection, topic)` inside a write rings the bell `topic` when, and only when, the write commits; in this
    process at once, in other processes through LISTEN/NOTIFY while `listen()` runs.
    """

    def __init__(self, url: str) -> None:
        self.url: URL = normalised(url)
        self.dialect: Dialect = cast(Dialect, self.url.get_backend_name())
        self.engine: AsyncEngine = engine_for(self.url)
        self._backends = backends_of(self.engine)
        self._writer = asyncio.Lock() if self.dialect == "sqlite" else None
        self._rung: dict[str, int] = defaultdict(int)
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        async with self.engine.connect() as connection, connection.begin():
            yield connection

    @contextlib.asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Commits on exit, rolls back when an exception passes."""
        async with contextlib.AsyncExitStack() as stack:
            if self._writer is not None:
                await stack.enter_async_context(self._writer)
            connection = await stack.enter_async_context(self.engine.connect())
            connection = await connection.execution_options(**{WRITES: True})
            topics: set[str] = set()
            connection.info[_TOPICS] = topics
            async with connection.begin():
                yield connection
                if topics:
                    await notify(connection, topics)
        self.ring(topics)

    def turn(self) -> contextlib.AbstractAsyncContextManager[None]:
        """The turn to write, for who has a connection of its own; on PostgreSQL nobody waits for one."""
        return self._writer if self._writer is not None else contextlib.nullcontext()

    @property
    def dsn(self) -> str:
        """For psycopg, with the password."""
        return self.url.set(drivername="postgresql").render_as_string(hide_password=False)

    @staticmethod
    def tell(connection: AsyncConnection, topic: str) -> None:
        connection.info[_TOPICS].add(topic)

    # ------------------------------------------------------------------------------------------------- the bell

    def heard(self, topic: str) -> int:
        """How often the bell rang so far. Read it before looking for work, and wait for more than it."""
        return self._rung[topic]

    async def wait(self, topic: str, heard: int, timeout: float) -> None:
        """Until the bell rings again, or `timeout` seconds: the slow poll that is the safety net."""
        woken = asyncio.Event()
        with self.waking(woken, [topic]), contextlib.suppress(TimeoutError):
            if self._rung[topic] <= heard:
                async with asyncio.timeout(timeout):
                    await woken.wait()

    @contextlib.contextmanager
    def waking(self, event: asyncio.Event, topics: Iterable[str]) -> Iterator[None]:
        """Within, the event is set whenever one of these bells rings."""
        names = tuple(topics)
        for topic in names:
            self._waiting[topic].add(event)
        try:
            yield
        finally:
            for topic in names:
                self._waiting[topic].discard(event)

    def ring(self, topics: Iterable[str]) -> None:
        for topic in topics:
            self._rung[topic] += 1
            for event in self._waiting[topic]:
                event.set()

    async def listen(self) -> None:
        """Hears other processes, until cancelled; comes back by itself after a lost connection. SQLite: nothing."""
        if self.dialect != "postgresql":
            return
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as connection:
                    await connection.execute("LISTEN orderhub")
                    self.ring(set(self._rung))  # whatever was missed while nobody listened
                    async for notice in connection.notifies():
                        if notice.pid not in self._backends:  # our own rang here already
                            self.ring({notice.payload})
            except psycopg.OperationalError:
                await asyncio.sleep(1)

    async def close(self) -> None:
        await self.engine.dispose()

    def __repr__(self) -> str:
        return f"Database({self.url!r})"  # SQLAlchemy hides the password
