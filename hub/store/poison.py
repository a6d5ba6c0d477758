"""Events of which a process died: counted when it is found dead, parked in the end.

A reader's exception parks its event at once. This is for what no `except` sees: a crash of the interpreter, the
memory of a machine that ran out. The first death counts against a whole batch, so its events come alone from then
on, and the second one names the culprit.
"""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.inbox import DONE, EventState
from hub.store.tables import InboxRow

TRIES = 4  # deaths: one in company, and three alone, since many a process is killed for other reasons
_AT_ONCE = 500  # SQLite takes 32,766 parameters in one statement


async def count(connection: AsyncConnection, events: Sequence[str], now: datetime) -> Counter[str]:
    """A process died that was about to read these: what of them waits has one try more, and is parked after a few.

    Returns how many were parked, by connection.
    """
    parked: Counter[str] = Counter()
    for start in range(0, len(events), _AT_ONCE):
        waits = InboxRow.id.in_(events[start : start + _AT_ONCE]) & (InboxRow.part != DONE)
        await connection.execute(update(InboxRow).where(waits).values(tries=InboxRow.tries + 1))
        ended = await connection.scalars(
            update(InboxRow)
            .where(waits, InboxRow.tries >= TRIES)
            .values(
                part=DONE,
                state=EventState.PARKED,
                reason=f"the process died {TRIES} times while it read this event",
                done_at=now,
            )
            .returning(InboxRow.connection)
        )
        parked.update(ended)
    return parked


class NoteFile:
    """Beside an embedded database: what its one process is about to read.

    Written without a sync: it has to outlive the process, not the machine.
    """

    def __init__(self, database: str) -> None:
        """`database`: the path of the file; one in memory leaves no note, since nothing of it outlives the process."""
        self._path = Path(f"{database}-reading") if database and database != ":memory:" else None

    def write(self, events: Sequence[str]) -> None:
        if self._path is not None:
            self._path.write_text(json.dumps(list(events)), encoding="ascii")

    def read(self) -> list[str]:
        """What stands there; nothing where it was never written, or only in part."""
        if self._path is None or not self._path.exists():
            return []
        try:
            events: list[str] = json.loads(self._path.read_text(encoding="ascii"))
        except ValueError:
            return []
        return events
