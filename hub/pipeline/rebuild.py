"""Rebuild: every golden row anew from the records, in batches of clusters. The same bytes come back."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.decide.codec import decode_record
from hub.decide.identity import partition
from hub.domain.clock import Clock
from hub.domain.records import Record, Source
from hub.pipeline.apply import REBUILD, Folded, fold_cluster, write_customers, write_orders
from hub.store import due, golden
from hub.store.database import Database
from hub.store.golden import Cause
from hub.store.tables import ClusterRow

BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    orders: int
    customers: int
    changed: int  # rows whose bytes were not what the records say


async def rebuild(database: Database, clock: Clock) -> Rebuilt:
    """Safe while the hub runs: each batch holds its clusters' locks. A row that differs is written and told of."""
    orders = customers = changed = 0
    after = ""
    while True:
        async with database.write() as connection:
            clusters = list(
                await connection.scalars(
                    select(ClusterRow.id)
                    .where(ClusterRow.id > after)
                    .order_by(ClusterRow.id)
                    .limit(BATCH)
                    .with_for_update()
                )
            )
            if not clusters:
                break
            folded, touched = await _batch(connection, clusters, clock)
        orders += len(folded.orders)
        customers += len(folded.customers)
        changed += touched
        after = clusters[-1]
    return Rebuilt(orders=orders, customers=customers, changed=changed)


async def _batch(connection: AsyncConnection, clusters: list[str], clock: Clock) -> tuple[Folded, int]:
    records: dict[str, list[Record]] = {cluster: [] for cluster in clusters}
    assigned: dict[Source, str] = {}
    for row in await golden.records_of(connection, clusters):
        record = decode_record(row.kind, row.data)
        records[row.cluster].append(record)
        assigned[record.source] = row.golden
    folded = Folded()
    golden_of: dict[Source, str] = {}
    for cluster in clusters:
        groups = partition(records[cluster])
        golden_of |= {record.source: group.id for group in groups for record in group.records}
        causes = {record.source: Cause(id=REBUILD, actor="hub") for record in records[cluster]}
        fold_cluster(groups, cluster, causes, folded)
    moved = [
        ((source.connection, source.kind.value, source.external_id), golden_id)
        for source, golden_id in golden_of.items()
        if assigned[source] != golden_id
    ]
    await golden.assign(connection, moved)
    await write_customers(connection, set(clusters), folded)
    now = clock()
    changed = await write_orders(connection, set(clusters), folded, golden_of, now)
    await due.want(connection, folded.wanted)
    await golden.write_changes(connection, folded.changes, now)
    return folded, changed
