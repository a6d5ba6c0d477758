"""The observers see what is in a real database: a hub did its work, and then somebody spoils what it left."""

import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

from hub.store.database import Database
from tests.history import seen
from tests.history.check import Kind, check
from tests.history.seen import Seen
from tests.history.world import world

_SPOILT = {
    "DELETE FROM inbox WHERE id = (SELECT min(id) FROM inbox)": Kind.LOST,
    "UPDATE inbox SET part = 3 WHERE id = (SELECT min(id) FROM inbox)": Kind.UNSETTLED,
    "UPDATE inbox SET state = 'parked' WHERE id = (SELECT min(id) FROM inbox)": Kind.PARKED,
    "UPDATE orders SET document = CAST(replace(CAST(document AS TEXT), '@buyers', '@others') AS BLOB)": Kind.DIFFERS,
    "DELETE FROM changes WHERE cursor = 3": Kind.GAP,
    "DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox WHERE state = 'done')": Kind.UNASKED,
    "UPDATE outbox SET state = 'pending', lane_due = true WHERE id = (SELECT min(id) FROM outbox)": Kind.UNSETTLED,
    "UPDATE orders SET plan_due = 1": Kind.UNSETTLED,
}


async def _of(file: Path, observed: Seen) -> Seen:
    database = Database(f"sqlite:///{file}")
    try:
        found = await seen.of_database(database)
    finally:
        await database.close()
    return replace(found, sent=observed.sent, ledger=observed.ledger)


async def test_what_is_spoilt_in_a_database_is_seen(sqlite_template: Path, nursery: Path, tmp_path: Path) -> None:
    file = tmp_path / "hub.db"
    shutil.copy(sqlite_template, file)
    async with world(tmp_path, f"sqlite:///{file}", nursery) as here:
        await here.load(orders=6, revisions=2, spread=0.5)
        assert await here.verdict() == []
        observed = await here.seen()

    for statement, kind in _SPOILT.items():
        copy = tmp_path / "spoilt.db"
        with sqlite3.connect(file) as whole, sqlite3.connect(copy) as spoilt:
            whole.backup(spoilt)
            spoilt.execute(statement)
        whole.close()
        spoilt.close()
        assert kind in {each.kind for each in check(await _of(copy, observed))}, statement
