"""The pulse: a working process proves that it lives, and takes over from those that no longer do.

A lease must not end by the time of day: clocks jump, and those of two hosts differ. So a lease belongs to a worker,
and a worker lives as long as its beat in the database moves. Each worker looks at the beats of all others and measures
with its own steady clock for how long each one stands still.

Of a process on its own machine a worker need not wait for that: it sees that it is gone.

A worker that cannot beat must have stopped on its own before anyone may declare it dead. Others count from when they
saw a beat, which is after it began; so it may act until the beginning of its last beat + `DEAD` - `HANDOVER`.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.clock import Clock, Ticks, steady
from hub.observe import metrics
from hub.pipeline import place
from hub.store import leases, poison, workers
from hub.store.cursors import CURSORS
from hub.store.database import Database
from hub.store.golden import CHANGES
from hub.store.hints import HINTS
from hub.store.outbox import OUTBOX
from hub.store.workers import Seen

BEAT = 5.0  # seconds between two beats
DEAD = 30.0  # seconds that a beat stands still before its worker is dead
HANDOVER = 5.0  # seconds before that in which it does nothing any more
_GAP = 3 * BEAT  # seconds without a look of its own, after which a worker knows nothing of others
_PATIENCE = 2 * BEAT  # seconds for one beat: a database that hangs is like one that is away
_SORRY = 1.0  # seconds after a beat that failed
_SWEEP = 600.0  # seconds between two looks for leases of workers that nobody knows

BELLS = (OUTBOX, HINTS, CURSORS, CHANGES)  # of those who wait for a lease or a time

log = structlog.get_logger("orderhub.pulse")


class LostLease(Exception):
    """Others may have taken over: nothing may be begun, or written, under this lease any more."""


class CutOff(LostLease):
    """The lease was lost in the middle: nobody here knows how far it came."""


class NoPulse:
    """Of who works without a worker's row: a command at a terminal, a test. Its leases end by the clock."""

    worker = ""

    def claimant(self) -> str:
        """The name to claim under. Raises `LostLease` while this process may hold nothing."""
        return self.worker

    def check(self, worker: str) -> None:
        """Raises `LostLease` unless what was claimed under this name is surely still ours."""

    @contextlib.asynccontextmanager
    async def guard(self, worker: str) -> AsyncIterator[None]:
        """Raises `CutOff` out of what runs within as soon as what was claimed under this name may be another's."""
        yield

    async def reading(self, events: Sequence[str]) -> None:
        """Notes what is about to be read, so that a death tells of what. `[]`: nothing any more."""


NO_PULSE = NoPulse()


class Pulse(NoPulse):
    def __init__(self, database: Database, clock: Clock, *, name: str = "", ticks: Ticks = steady) -> None:
        """`name`: instead of this process's. `ticks`: its own steady seconds."""
        self.worker = ""
        self._database = database
        self._clock = clock
        self._name = name or place.name()
        self._ticks = ticks
        self._until = float("-inf")  # by `ticks`: so long we may act
        self._cuts: set[asyncio.Timeout] = set()
        self._seen: dict[str, tuple[int, float]] = {}  # of each other worker its beat, and since when it stands there
        self._looked = float("-inf")
        self._swept = float("-inf")
        self._noted: list[str] = []
        embedded = database.dialect == "sqlite"
        self._note = poison.NoteFile(database.url.database or "") if embedded else None
        self._row = None if embedded else workers.NoteRow(database)

    # ----------------------------------------------------------------------------------------------- its own life

    async def start(self) -> None:
        """Registers. The embedded database has one process: whoever held anything when it starts is dead."""
        if self._note is not None:
            async with self._database.write() as held:
                await workers.forget_all(held)
                parked = await poison.count(held, self._note.read(), self._clock())
            self._note.write([])
            _parked(parked)
        await self._register()
        await self.beat()  # whoever was killed here and is started anew takes over from itself

    async def run(self) -> None:
        """Beats until cancelled."""
        pause = BEAT
        while True:
            await asyncio.sleep(pause)
            pause = BEAT
            try:
                async with asyncio.timeout(_PATIENCE):
                    await self.beat()
            except Exception as error:
                log.warning("pulse.missed", worker=self.worker, why=f"{type(error).__name__}: {error}")
                pause = _SORRY

    async def beat(self) -> None:
        """One beat, and one look at the others; whoever is dead by now is buried."""
        started = self._ticks()
        async with self._database.write() as held:
            alive = await workers.beat(held, self.worker)
            others = await workers.others(held, self.worker) if alive else []
        if not alive:
            await self._begin_anew()
            return
        self._extend(started)
        for dead in self._look(others, started, self._ticks()):
            try:
                await self._bury(dead)
            except DBAPIError as error:  # its last transaction is not over yet, perhaps: the next look finds it again
                log.warning("pulse.not_buried", worker=dead.id, why=str(error.orig))
        if started - self._swept >= _SWEEP:
            await self._sweep()
            self._swept = started

    async def leave(self) -> None:
        """The process stops: what it still holds is free at once; where that cannot be said, others find out."""
        self._lose()
        try:
            if self._note is not None:
                self._note.write([])
            if self._row is not None:
                await self._row.close()
            async with asyncio.timeout(_PATIENCE), self._database.write() as held:
                await workers.leave(held, self.worker)
                self._ring(held)
        except Exception as error:
            log.warning("pulse.not_ended", worker=self.worker, why=f"{type(error).__name__}: {error}")

    async def _register(self) -> None:
        started = self._ticks()
        async with self._database.write() as held:
            worker = await workers.register(held, self._name, self._clock())
        self.worker, self._noted = worker, []
        self._extend(started)
        log.info("pulse.began", worker=worker, name=self._name)

    async def _begin_anew(self) -> None:
        """Declared dead, by others who could not know better: all that was held is lost."""
        log.error("pulse.declared_dead", worker=self.worker)
        self._lose()
        async with self._database.write() as held:
            # A claim that was under way when it was declared dead may have come after the burial.
            await leases.release(held, self.worker)
            self._ring(held)
        await self._register()

    # ------------------------------------------------------------------------------------------------ what we may

    def claimant(self) -> str:
        self.check(self.worker)
        return self.worker

    def check(self, worker: str) -> None:
        if worker != self.worker or self._ticks() >= self._until:
            raise LostLease(f"worker {worker} may hold nothing any more")

    @contextlib.asynccontextmanager
    async def guard(self, worker: str) -> AsyncIterator[None]:
        self.check(worker)
        cut = asyncio.timeout(self._until - self._ticks())
        try:
            async with cut:
                self._cuts.add(cut)
                try:
                    yield
                finally:
                    self._cuts.discard(cut)
        except TimeoutError:
            if cut.expired():
                raise CutOff(f"worker {worker} lost its leases in the middle") from None
            raise

    def _extend(self, beaten: float) -> None:
        """A beat that began then has come through."""
        self._until = beaten + DEAD - HANDOVER
        self._reschedule(self._until - self._ticks())

    def _lose(self) -> None:
        self._until = float("-inf")
        self._reschedule(0.0)

    def _reschedule(self, seconds: float) -> None:
        at = asyncio.get_running_loop().time() + seconds
        for cut in self._cuts:
            if not cut.expired():
                cut.reschedule(at)

    # ------------------------------------------------------------------------------------------------- the others

    def _look(self, others: Sequence[Seen], started: float, ended: float) -> list[Seen]:
        """Who is dead: whose beat stands still, or whose process is gone from this machine.

        Counted from the end of the first look that saw a beat to the start of the last.
        """
        if started - self._looked > _GAP:
            # We could not look, so perhaps nobody could beat: a database that was away kills no worker.
            self._seen = {}
        self._looked = ended
        before = self._seen
        self._seen = {
            each.id: known if (known := before.get(each.id)) and known[0] == each.beat else (each.beat, ended)
            for each in others
        }
        return [each for each in others if started - self._seen[each.id][1] >= DEAD or place.is_gone(each.name)]

    async def _bury(self, dead: Seen) -> None:
        async with self._database.write() as held:
            events = await workers.bury(held, dead)
            if events is None:
                return
            parked = await poison.count(held, events, self._clock())
            self._ring(held)
        log.error("pulse.buried", worker=dead.id, reading=len(events))
        metrics.workers_buried.inc()
        _parked(parked)

    async def _sweep(self) -> None:
        async with self._database.write() as held:
            for ghost in sorted(await leases.holders_unknown(held)):
                await leases.release(held, ghost)
                self._ring(held)

    def _ring(self, held: AsyncConnection) -> None:
        for bell in BELLS:
            self._database.tell(held, bell)

    async def reading(self, events: Sequence[str]) -> None:
        noted = list(events)
        if noted == self._noted:
            return
        if self._note is not None:
            self._note.write(noted)
        if self._row is not None:
            await self._row.write(self.worker, noted)
        self._noted = noted


def _parked(parked: Counter[str]) -> None:
    for connection, events in parked.items():
        log.error("poison.parked", connection=connection, events=events)
        metrics.events_digested.labels(connection, "parked").inc(events)
