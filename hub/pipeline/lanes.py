"""The lanes of a process: a place for each call under way, and one transaction for all that ends and begins.

A lane is a connection. A slow or dead vendor fills the places of its own lane and of no other; a command that waits for
its retry holds none. What ended since the last turn is written, and what is due is claimed, for all lanes together:
the busier the hub, the more deliveries share a commit.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import DBAPIError

from hub.pipeline.apply import Left
from hub.pipeline.deliver import Courier, Outcome, attempt, claim_of, settle
from hub.pipeline.pulse import LostLease
from hub.pipeline.registry import Connection
from hub.store import golden, lanes
from hub.store.clusters import Raced, not_the_events_fault
from hub.store.dialects import lost_a_race
from hub.store.lanes import Leased
from hub.store.outbox import OUTBOX, CommandState

log = structlog.get_logger("orderhub.deliver")

POLL = 5.0  # seconds without a bell
_SORRY = 1.0  # seconds after a fault of our own or of the database
_GATHER = 0.02  # seconds for more of the calls under way to end
_GRACE = 10.0  # seconds that deliveries under way get to finish when the process stops
_RACES = 5


@dataclass(eq=False)
class _Lane:
    connection: Connection
    most: int  # how many deliveries may be under way
    under_way: int = 0
    heard: int = -1  # how often its bells had rung when it was last looked into
    look_at: float = 0.0  # when it is looked into without a bell

    @property
    def room(self) -> int:
        return self.most - self.under_way


class Lanes:
    def __init__(
        self,
        courier: Courier,
        connections: Iterable[Connection],
        at_once: Callable[[Connection], int],
        on_delivered: Callable[[str, str, float], None] = lambda _connection, _state, _seconds: None,
    ) -> None:
        """`at_once`: how many deliveries of a lane may be under way. `on_delivered`: (connection, state, seconds)."""
        self._courier = courier
        self._database = courier.database
        self._lanes = {each.id: _Lane(each, at_once(each)) for each in connections}
        self._on_delivered = on_delivered
        self._ended: list[Outcome] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()  # a bell, or an end

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` is set. Finishes what it holds, or hands it back."""
        with self._database.waking(self._woken, [OUTBOX, *map(lanes.bell, self._lanes)]):
            while not stop.is_set():
                self._woken.clear()
                try:
                    busy = await self._turn(self._hungry())
                except LostLease:  # the next beat tells whether we live
                    await self._rest(stop, _SORRY)
                except Exception:
                    log.exception("work.failed", movement="deliver")
                    await self._rest(stop, _SORRY)
                else:
                    if not busy and not stop.is_set():
                        await self._sleep()
                    elif self._tasks:
                        await asyncio.sleep(_GATHER)  # what ends in company shares a transaction
        await self._finish()

    # ------------------------------------------------------------------------------------------------- one turn

    async def _turn(self, hungry: Sequence[_Lane]) -> bool:
        """Writes what ended, claims for these lanes, begins what was claimed. False: there was nothing."""
        ended, self._ended = self._ended, []
        if not ended and not hungry:
            return False
        heard = {lane: self._heard(lane) for lane in hungry}
        try:
            states, leased, later = await self._write(ended, hungry)
        except BaseException:
            self._ended = ended + self._ended  # nothing of it was written
            raise
        self._settled(ended, states)
        now = asyncio.get_running_loop().time()
        claimed: dict[str, int] = {}
        for each in leased:
            claimed[each.row.connection] = claimed.get(each.row.connection, 0) + 1
        for lane in hungry:
            lane.heard = heard[lane]
            full = claimed.get(lane.connection.id, 0) >= lane.room  # more may wait
            lane.look_at = now if full else now + later.get(lane.connection.id, POLL)
        for outcome in ended:
            if outcome.error is not None:  # it may be due again sooner than anybody rings
                self._lanes[outcome.connection.id].look_at = now
        for each in leased:
            self._begin(self._lanes[each.row.connection], each)
        return bool(ended or leased)

    async def _write(
        self, ended: Sequence[Outcome], hungry: Sequence[_Lane]
    ) -> tuple[dict[str, CommandState], Sequence[Leased], dict[str, float]]:
        """Of what ended the states, what was claimed, and of lanes that are at rest the seconds until they are due."""
        careful = False
        for race in range(_RACES):
            try:
                async with self._database.write() as held:
                    left = Left()
                    states = await settle(held, self._courier, ended, None if careful else left) if ended else {}
                    leased: Sequence[Leased] = []
                    later: dict[str, float] = {}
                    if hungry:
                        leased = await claim_of(held, self._courier, {each.connection.id: each.room for each in hungry})
                        empty = {each.connection.id for each in hungry} - {each.row.connection for each in leased}
                        if empty and not ended:
                            later = {each: self._until(await lanes.next_due(held, each)) for each in sorted(empty)}
                    await golden.write_changes(held, left.changes, self._courier.clock())
                return states, leased, later
            except Exception as error:
                lost = isinstance(error, Raced) or (isinstance(error, DBAPIError) and lost_a_race(error))
                if race == _RACES - 1 or (not lost and (careful or not ended or not_the_events_fault(error))):
                    raise
                careful = careful or not lost  # a poisoned reply never sinks those beside it
        raise AssertionError

    def _until(self, due: datetime | None) -> float:
        if due is None:
            return POLL
        return min(max((due - self._courier.clock()) / timedelta(seconds=1), 0.05), POLL)

    def _settled(self, ended: Sequence[Outcome], states: dict[str, CommandState]) -> None:
        for each in ended:
            row = each.leased.row
            state = states.get(each.leased.lease)
            if state is None:
                log.warning("deliver.lost_lease", command=row.id, connection=row.connection)
                continue
            self._on_delivered(row.connection, state.value, each.seconds)
            say = log.debug if state is CommandState.DONE else log.info
            say(
                "deliver.ended",
                command=row.id,
                order=row.order_id,
                connection=row.connection,
                action=row.action,
                cause=row.cause,
                state=state.value,
                seconds=round(each.seconds, 3),
            )

    # ------------------------------------------------------------------------------------------------ the places

    def _begin(self, lane: _Lane, leased: Leased) -> None:
        lane.under_way += 1
        task = asyncio.create_task(self._deliver(lane, leased))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, lane: _Lane, leased: Leased) -> None:
        try:
            outcome = await attempt(self._courier, lane.connection, leased)
            if outcome is not None:
                self._ended.append(outcome)
        finally:
            lane.under_way -= 1
            self._woken.set()

    def _hungry(self) -> list[_Lane]:
        """Lanes with room that may have something to do."""
        now = asyncio.get_running_loop().time()
        return [
            lane
            for lane in self._lanes.values()
            if lane.room > 0 and (lane.look_at <= now or self._heard(lane) > lane.heard)
        ]

    def _heard(self, lane: _Lane) -> int:
        return self._database.heard(OUTBOX) + self._database.heard(lanes.bell(lane.connection.id))

    async def _sleep(self) -> None:
        soonest = min((lane.look_at for lane in self._lanes.values() if lane.room > 0), default=None)
        now = asyncio.get_running_loop().time()
        wait = POLL if soonest is None else max(soonest - now, 0.0)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._woken.wait()

    async def _rest(self, stop: asyncio.Event, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()

    async def _finish(self) -> None:
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_GRACE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        try:
            await self._turn([])
        except Exception:  # whoever takes over finds attempts that never ended, and asks
            log.exception("work.failed", movement="deliver")
