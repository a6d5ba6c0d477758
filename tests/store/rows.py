"""Rows for tests that look at queues, with as little said as the test needs."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert

from hub.domain.ids import first_id, new_id
from hub.store.database import Database
from hub.store.tables import Base


async def put(db: Database, table: type[Base], *rows: dict[str, Any]) -> None:
    async with db.write() as held:
        for row in rows:
            await held.execute(insert(table).values(**row))


def id_of(prefix: str, at: datetime) -> str:
    """As `new_id` would have made it then."""
    return first_id(prefix, at)[:-16] + new_id(prefix)[-16:]


def connection_row(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "paused_reason": "", "settings_digest": "1"} | more


def command_row(connection: str, made: datetime, **more: Any) -> dict[str, Any]:
    own = id_of("cmd", made)
    row = {
        "id": own,
        "connection": connection,
        "order_id": "ord_1",
        "subject": own,
        "action": "do",
        "target": "",
        "content": b"{}",
        "fingerprint": own,
        "ordinal": 0,
        "state": "pending",
        "reason": "",
        "tries": 0,
        "lane_due": True,
        "due_at": made,
        "lease": "",
        "created_at": made,
    }
    return row | more


def attempt_row(command: str, started: datetime, **more: Any) -> dict[str, Any]:
    return {
        "id": id_of("att", started),
        "command_id": command,
        "state": "sending",
        "message": "",
        "started_at": started,
    } | more


def event_row(connection: str, received: datetime, **more: Any) -> dict[str, Any]:
    own = id_of("evt", received)
    row = {
        "id": own,
        "connection": connection,
        "key": own,
        "kind": "thing.changed",
        "body": b"{}",
        "received_at": received,
        "part": 0,
        "state": "received",
        "reason": "",
        "due_at": received,
    }
    return row | more


def hint_row(connection: str, external_id: str, due: datetime) -> dict[str, Any]:
    return {
        "connection": connection,
        "kind": "thing",
        "external_id": external_id,
        "event_id": "evt_1",
        "gone": False,
        "generation": 1,
        "due_at": due,
        "tries": 0,
        "message": "",
    }


def due_row(order_id: str, since: datetime, *, background: bool = False) -> dict[str, Any]:
    return {"id": id_of("due", since), "order_id": order_id, "background": background, "cause": ""}


def worker_row(id: str, started: datetime, *, beat: int = 1) -> dict[str, Any]:
    return {"id": id, "name": "host:1", "started_at": started, "beat": beat, "reading": "[]"}
