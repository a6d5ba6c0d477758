"""What tests ask the database."""

from typing import Any

from sqlalchemy import select

from hub.decide.codec import decode_order
from hub.domain.order import Order
from hub.store.database import Database
from hub.store.tables import AttemptRow, ChangeRow, DriftRow, InboxRow, OrderRow, OutboxRow


async def orders(db: Database) -> list[Order]:
    async with db.read() as connection:
        return [
            decode_order(each) for each in await connection.scalars(select(OrderRow.document).order_by(OrderRow.id))
        ]


async def commands(db: Database) -> list[Any]:
    async with db.read() as connection:
        return list((await connection.execute(select(OutboxRow.__table__).order_by(OutboxRow.id))).all())


async def attempts(db: Database) -> list[Any]:
    async with db.read() as connection:
        return list((await connection.execute(select(AttemptRow.__table__).order_by(AttemptRow.id))).all())


async def events(db: Database) -> list[Any]:
    async with db.read() as connection:
        return list((await connection.execute(select(InboxRow.__table__).order_by(InboxRow.id))).all())


async def changes(db: Database) -> list[Any]:
    async with db.read() as connection:
        return list((await connection.execute(select(ChangeRow.__table__).order_by(ChangeRow.cursor))).all())


async def drifts(db: Database) -> list[Any]:
    async with db.read() as connection:
        return list((await connection.execute(select(DriftRow.__table__))).all())
