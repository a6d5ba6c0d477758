"""Prune: takes away what is over and old, one process of all at a time, in small batches with rests between them.

A batch is a transaction of its own, so a kill in the middle loses nothing and the next pass goes on. The rest is a
multiple of the time that the batch took: where the database is slow because of live work, pruning is slower still.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog

from hub.domain.clock import Clock
from hub.domain.ids import bits, made_at
from hub.observe import metrics
from hub.settings.model import RetentionSettings
from hub.store.database import Database
from hub.store.prune import IN_ORDER, Cut, What, count, keep_turn, take, take_turn

_EVERY = timedelta(hours=1)
_BATCH = 500

log = structlog.get_logger("orderhub.prune")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruner:
    database: Database
    ages: RetentionSettings
    clock: Clock
    rest: float = 4.0  # after each batch, as a multiple of the time that it took

    def age(self, what: What) -> timedelta:
        found: timedelta = getattr(self.ages, what.value)
        return found

    def cut(self, what: What) -> Cut:
        now = self.clock()
        return Cut(before=now - self.age(what), now=now, limit=_BATCH)


async def prune_in_turn(pruner: Pruner, stop: asyncio.Event) -> None:
    """Nothing while another process is at it, nor within an hour after."""
    async with pruner.database.write() as connection:
        mine = await take_turn(connection, pruner.clock(), _EVERY)
    if mine:
        gone = await prune(pruner, stop)
        log.info("prune.done", **{what.value: rows for what, rows in gone.items()})


async def prune(pruner: Pruner, stop: asyncio.Event) -> Mapping[What, int]:
    """One pass over everything, until `stop`. Returns how many rows went."""
    gone = dict.fromkeys(What, 0)
    for what in IN_ORDER:
        reached = None
        while not stop.is_set():
            started = asyncio.get_running_loop().time()
            async with pruner.database.write() as connection:
                await keep_turn(connection, pruner.clock(), _EVERY)
                batch = await take(connection, what, pruner.cut(what), reached)
            gone[what] += batch.gone
            metrics.pruned.labels(what.value).inc(batch.gone)
            reached = batch.reached
            if reached is None:
                break
            await _rest(stop, pruner.rest * (asyncio.get_running_loop().time() - started))
    return gone


async def _rest(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def would_go(pruner: Pruner) -> Mapping[What, int]:
    """How many rows a pass would take away now."""
    whole = pruner.cut(What.EVENTS).before
    async with pruner.database.read() as connection:
        return {what: await count(connection, what, pruner.cut(what), whole) for what in What}


def why_missing(pruner: Pruner, event_id: str) -> str:
    """In words, for an id that no event has. When it was pruned is kept nowhere: the id tells when it came."""
    came = made_at(event_id) if event_id.startswith("evt_") and bits(event_id) else None
    if came is None or came > pruner.clock() - pruner.ages.events:
        return f"there is no event {event_id}"
    kept = f"what is over is kept for {pruner.ages.events.days} days"
    return f"there is no event {event_id} any more: it came on {came:%Y-%m-%d} and was pruned, {kept}"
