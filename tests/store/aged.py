"""Rows of any age, as live work would have left them, and what became of them."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from hub.domain.ids import first_id
from hub.store.database import Database
from hub.store.inbox import DONE, EventState, event_row
from hub.store.outbox import WAITS, AttemptState, CommandState
from hub.store.prune import Batch, Cut, What, take
from hub.store.tables import AttemptRow, Base, InboxRow, OutboxRow


def id_at(prefix: str, at: datetime) -> str:
    """As `new_id` makes it, had it been called then."""
    return first_id(prefix, at)[:-16] + "".join(secrets.choice("0123456789abcdefghjkmnpqrstvwxyz") for _ in range(16))


def an_event(state: EventState, at: datetime, **more: Any) -> dict[str, Any]:
    """Received at that time, and over at once unless it waits."""
    waits = state is EventState.RECEIVED
    key = secrets.token_hex(8)
    ended = {} if waits else {"part": DONE, "done_at": at}
    row = event_row("shop", key, "order", b"a body", None, at, state=state, id=id_at("evt", at), **ended)
    return row | more


def a_command(
    state: CommandState, at: datetime, ordinal: int = 0, *, slot: str = "slot", **more: Any
) -> dict[str, Any]:
    """Made at that time, and over at once unless it waits."""
    over = state not in WAITS
    row = {
        "id": id_at("cmd", at), "connection": "carrier", "order_id": "ord_1", "subject": slot, "action": "write",
        "target": "", "content": b"{}", "fingerprint": secrets.token_hex(32), "ordinal": ordinal, "rekeyed": 0,
        "state": state, "reason": "", "tries": 0, "lane_due": not over, "due_at": at, "first_sent_at": None,
        "leased_until": None, "lease": "", "created_at": at, "done_at": at if over else None,
    }  # fmt: skip
    return row | more


def an_attempt(command: dict[str, Any], state: AttemptState, at: datetime) -> dict[str, Any]:
    return {
        "id": id_at("att", at), "command_id": command["id"], "state": state, "message": "", "started_at": at,
        "ended_at": at,
    }  # fmt: skip


async def put(db: Database, table: type[Base], *rows: dict[str, Any]) -> None:
    async with db.write() as connection:
        await connection.execute(insert(table), list(rows))


async def ids_of(db: Database, table: type[Base]) -> set[str]:
    async with db.read() as connection:
        return {row.id for row in await connection.execute(select(table.__table__))}


async def event(db: Database, row: dict[str, Any]) -> Any:
    async with db.read() as connection:
        return (await connection.execute(select(InboxRow.__table__).where(InboxRow.id == row["id"]))).one_or_none()


async def commands(db: Database) -> Sequence[Any]:
    async with db.read() as connection:
        return (await connection.execute(select(OutboxRow.__table__).order_by(OutboxRow.ordinal))).all()


async def attempts(db: Database) -> set[str]:
    return await ids_of(db, AttemptRow)


async def prune(db: Database, what: What, before: datetime, limit: int = 500, *, most: int = 1000) -> list[int]:
    """One pass. Returns how many rows each batch took."""
    taken: list[int] = []
    batch: Batch | None = None
    while len(taken) < most and (batch is None or batch.reached is not None):
        async with db.write() as connection:
            cut = Cut(before=before, now=before, limit=limit)
            batch = await take(connection, what, cut, batch.reached if batch else None)
        taken.append(batch.gone)
    return taken
