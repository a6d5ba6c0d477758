"""Drifts: where a system differs from the order, and nothing pending explains it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store import arrays
from hub.store.tables import DriftRow
from hub.store.texts import storable


@dataclass(frozen=True, slots=True)
class Drift:
    connection: str
    about: str
    expected: str
    found: str


_COLUMNS = ("order_id", "connection", "about", "expected", "found", "since")
_standing = arrays.lookup(DriftRow, _COLUMNS, by="order_id")
_write = arrays.insert(
    DriftRow,
    _COLUMNS,
    conflict="ON CONFLICT (order_id, connection, about) DO UPDATE SET expected = excluded.expected,"
    " found = excluded.found",
)


async def stand(connection: AsyncConnection, drifts: Mapping[str, Sequence[Drift]], now: datetime) -> None:
    """What stands now of each of these orders; the rest of theirs is gone. `since` survives."""
    rows = await _standing(connection, sorted(drifts))
    known = {(row.order_id, row.connection, row.about): (row.expected, row.found) for row in rows}
    standing = {
        (order_id, each.connection, storable(each.about)[:255]): (storable(each.expected), storable(each.found))
        for order_id, mine in drifts.items()
        for each in mine
    }
    gone = sorted(known.keys() - standing.keys())
    if gone:
        await connection.execute(
            delete(DriftRow).where(
                or_(
                    *(
                        and_(DriftRow.order_id == key[0], DriftRow.connection == key[1], DriftRow.about == key[2])
                        for key in gone
                    )
                )
            )
        )
    changed = [(*key, *words, now) for key, words in sorted(standing.items()) if known.get(key) != words]
    await _write(connection, list(zip(*changed, strict=True)) if changed else [[]])
