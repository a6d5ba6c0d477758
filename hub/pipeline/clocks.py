"""Clocks: notices that the time of day went back, and what waits does not wait for it to come round again."""

import structlog

from hub.domain.clock import Clock
from hub.pipeline.pulse import BELLS
from hub.store.database import Database
from hub.store.due_times import mend

EVERY = 60.0  # seconds

log = structlog.get_logger("orderhub.clock")


async def watch(database: Database, clock: Clock) -> None:
    """One look."""
    async with database.write() as held:
        by = await mend(held, clock())
        if by:
            for bell in BELLS:
                database.tell(held, bell)
    if by:
        log.warning("clock.went_back", by_seconds=round(by.total_seconds(), 3))
