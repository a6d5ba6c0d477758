"""Intents: what people and programs ask of the hub. An intent is a record of the built-in connection `hub`."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.decide.codec import decode_order
from hub.domain.clock import Clock
from hub.domain.errors import KeyReused, Missing, StaleVersion
from hub.domain.intents import Intended, IntentKey
from hub.domain.order import Order
from hub.domain.records import Kind, Record
from hub.pipeline.apply import Said, apply
from hub.store.clusters import Raced, settle
from hub.store.database import Database
from hub.store.dialects import insert, lost_a_race
from hub.store.golden import Cause
from hub.store.tables import IntentRow, OrderRow

_RACES = 5


async def intend(
    database: Database,
    clock: Clock,
    record: Record,
    actor: str,
    intent: IntentKey | None = None,
    *,
    check: Callable[[Order], None] | None = None,
    expected_version: int | None = None,
) -> Intended:
    """Records the intent in one transaction, with the order that it claims locked while `check` looks at it.

    Raises `KeyReused` for another input under a known key, `StaleVersion` where the order has changed since, `Missing`
    where there is no such order, and what `check` raises; nothing is written then.
    """
    for race in range(_RACES):
        try:
            async with database.write() as connection:
                if intent is not None and not await _first(connection, intent, clock()):
                    return await _repeated(connection, intent)
                if record.kind is not Kind.ORDER:
                    await _examine(connection, record, check, expected_version)
                cause = Cause(id=record.source.external_id, actor=actor)
                applied = await apply(connection, [Said(record=record, cause=cause)], clock())
                golden = applied.golden_of[record.source]
                if intent is not None:
                    await connection.execute(update(IntentRow).where(IntentRow.key == intent.key).values(result=golden))
                return Intended(order_id=golden, repeated=False)
        except (DBAPIError, Raced) as error:
            if isinstance(error, DBAPIError) and not lost_a_race(error):
                raise
            if race == _RACES - 1:
                raise
    raise AssertionError


async def _first(connection: AsyncConnection, intent: IntentKey, now: datetime) -> bool:
    """The key's row is the lock: a second caller with the same key waits here until the first has committed."""
    inserted = await connection.execute(
        insert(connection.dialect.name, IntentRow)
        .values(key=intent.key, digest=intent.digest, result="", created_at=now)
        .on_conflict_do_nothing()
        .returning(IntentRow.key)
    )
    return inserted.one_or_none() is not None


async def _repeated(connection: AsyncConnection, intent: IntentKey) -> Intended:
    row = (
        await connection.execute(select(IntentRow.digest, IntentRow.result).where(IntentRow.key == intent.key))
    ).one()
    if row.digest != intent.digest:
        raise KeyReused("this idempotency key was used with another input")
    return Intended(order_id=row.result, repeated=True)


async def _examine(
    connection: AsyncConnection,
    record: Record,
    check: Callable[[Order], None] | None,
    expected_version: int | None,
) -> None:
    [cluster] = await settle(connection, [{*record.claims, record.source.key}])
    rows = await connection.execute(select(OrderRow.document, OrderRow.version).where(OrderRow.cluster == cluster))
    for row in rows:
        order = decode_order(row.document)
        if {order.id, *(view.source.key for view in order.sources)}.isdisjoint(record.claims):
            continue
        if expected_version is not None and expected_version != row.version:
            raise StaleVersion(f"the order is at version {row.version}, not {expected_version}")
        if check is not None:
            check(order)
        return
    raise Missing("there is no such order")
