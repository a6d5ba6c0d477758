"""What must be byte-identical: every golden column and document, without the bookkeeping of the movements."""

from typing import Any

from sqlalchemy import delete, select

from hub.store.database import Database
from hub.store.tables import CustomerRow, HoldRow, OrderRow, TermRow

_BOOKKEEPING = {"cluster", "version", "plan_due"}


async def golden(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    found: dict[str, list[tuple[Any, ...]]] = {}
    async with db.read() as connection:
        for table in (OrderRow, CustomerRow, TermRow, HoldRow):
            columns = [column for column in table.__table__.columns if column.name not in _BOOKKEEPING]
            rows = await connection.execute(select(*columns))
            found[table.__tablename__] = sorted(tuple(row) for row in rows)
    return found


async def forget(db: Database) -> None:
    """Deletes every golden row. Records and history stay."""
    async with db.write() as connection:
        for table in (OrderRow, CustomerRow, TermRow, HoldRow):
            await connection.execute(delete(table))
