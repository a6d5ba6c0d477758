"""Records become golden rows: keep the newer, find whose they are, fold, tell what differs.

One transaction of the caller's; set-based, so that a batch of fifty events costs little more than one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.decide.changes import Told, difference
from hub.decide.codec import decode_order, decode_record, digest, encode
from hub.decide.fold import fold_customer, fold_order
from hub.decide.identity import Group, is_customer, keys_of, partition
from hub.domain.order import Customer, Order
from hub.domain.records import Kind, Record, Source
from hub.store import due, golden
from hub.store.clusters import settle
from hub.store.due import Due
from hub.store.golden import Cause

REBUILD = "rebuild"  # the cause of what `hub rebuild` writes


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A record, and why it came."""

    record: Record
    cause: Cause


@dataclass(slots=True, kw_only=True)
class Applied:
    """What came of a batch."""

    newer: set[int] = field(default_factory=set)  # positions in the batch whose record replaced an older one
    golden_of: dict[Source, str] = field(default_factory=dict)  # each record's order or customer


@dataclass(slots=True, kw_only=True)
class Left:
    """What a transaction leaves to its end: plans first, then the timeline, whose counter all transactions wait for."""

    wanted: dict[str, Due] = field(default_factory=dict)  # orders that want a plan
    changes: list[golden.NewChange] = field(default_factory=list)


async def apply(connection: AsyncConnection, said: Sequence[Said], now: datetime, left: Left | None = None) -> Applied:
    """Raises nothing for any content: what cannot be right becomes a hold.

    `left` takes what is to be done at the end, by who plans in this very transaction; without it the timeline is
    written here, and plans wait in the queue.
    """
    if not said:
        return Applied()
    cluster_of = await _settle(connection, said)
    rows = await golden.records_of(connection, set(cluster_of.values()))
    held = {(row.connection, row.kind, row.external_id): row for row in rows}
    applied = Applied()
    winners: dict[tuple[str, str, str], _Winner] = {}
    for position, each in enumerate(said):
        key = _key(each.record.source)
        data = encode(each.record)
        mark = digest(data)
        rank = (each.record.version, mark)
        known = held.get(key)
        best = winners.get(key)
        if (known is None or rank > (known.version, known.digest)) and (best is None or rank > best.rank):
            winners[key] = _Winner(each, data, rank)
            applied.newer.add(position)
    folded = await _refold(connection, set(cluster_of.values()), rows, winners, cluster_of, applied, now)
    if left is None:
        await due.want(connection, folded.wanted)
        await golden.write_changes(connection, folded.changes, now)
    else:
        left.wanted |= folded.wanted
        left.changes += folded.changes
    return applied


@dataclass(frozen=True, slots=True)
class _Winner:
    """The newest of what a batch says of one thing, and newer than what we knew."""

    said: Said
    data: bytes
    rank: tuple[int, str]  # its version, then the digest of its bytes


async def _settle(connection: AsyncConnection, said: Sequence[Said]) -> dict[Source, str]:
    claims: dict[Source, set[str]] = defaultdict(set)
    for each in said:
        claims[each.record.source] |= keys_of(each.record)
    sources = sorted(claims)
    clusters = await settle(connection, [claims[source] for source in sources])
    return dict(zip(sources, clusters, strict=True))


async def _refold(
    connection: AsyncConnection,
    clusters: set[str],
    rows: Sequence[Any],
    winners: Mapping[tuple[str, str, str], _Winner],
    cluster_of: Mapping[Source, str],
    applied: Applied,
    now: datetime,
) -> "Folded":
    records: dict[str, list[Record]] = defaultdict(list)
    golden_before: dict[tuple[str, str, str], str] = {}
    for row in rows:
        key = (row.connection, row.kind, row.external_id)
        if key not in winners:
            golden_before[key] = row.golden
            records[row.cluster].append(decode_record(row.kind, row.data))
    for each in winners.values():
        records[cluster_of[each.said.record.source]].append(each.said.record)
    causes = {each.said.record.source: each.said.cause for each in winners.values()}
    touched = {cluster_of[source] for source in causes}
    folded = Folded()
    for cluster in sorted(clusters):
        groups = partition(records[cluster])
        applied.golden_of |= {record.source: group.id for group in groups for record in group.records}
        if cluster in touched:
            fold_cluster(groups, cluster, causes, folded)
    golden_of = {_key(source): group for source, group in applied.golden_of.items()}
    told = [
        golden.Told(
            record=each.said.record,
            data=each.data,
            digest=each.rank[1],
            cluster=cluster_of[each.said.record.source],
            golden=golden_of[key],
            event_id=each.said.cause.id,
        )
        for key, each in winners.items()
    ]
    await golden.write_records(connection, told, now)
    moved = [(key, golden_of[key]) for key, old in golden_before.items() if golden_of[key] != old]
    await golden.assign(connection, moved)
    await write_customers(connection, touched, folded)
    await write_orders(connection, touched, folded, applied.golden_of, now)
    return folded


@dataclass(slots=True, kw_only=True)
class Folded:
    """What became of clusters: golden things with their cluster and why they changed (`None`: nothing did)."""

    orders: list[tuple[Order, str, Cause | None]] = field(default_factory=list)
    customers: list[tuple[Customer, str]] = field(default_factory=list)
    cause: Cause | None = None  # the last one of all
    wanted: dict[str, Due] = field(default_factory=dict)  # orders that want a plan, once these are written
    changes: list[golden.NewChange] = field(default_factory=list)  # what differs, to be written last


def fold_cluster(groups: Sequence[Group], cluster: str, causes: Mapping[Source, Cause], folded: Folded) -> None:
    inside = [causes[record.source] for group in groups for record in group.records if record.source in causes]
    anyone = inside[-1] if inside else None
    folded.cause = anyone or folded.cause
    for group in groups:
        if is_customer(group):
            folded.customers.append((fold_customer(group), cluster))
            continue
        if not any(record.kind is Kind.ORDER or not record.deleted for record in group.records):
            continue  # a document that is gone and that no sale claims is nobody's order
        mine = [causes[record.source] for record in group.records if record.source in causes]
        # Untouched itself, it may still have lost a record to, or won one from, a neighbour that was touched.
        folded.orders.append((fold_order(group), cluster, mine[-1] if mine else anyone))


async def write_customers(connection: AsyncConnection, clusters: set[str], folded: Folded) -> None:
    """Golden customers of locked clusters; whoever is no customer of their own any more goes."""
    customers = folded.customers
    if not customers:
        return
    before = await golden.customers_of(connection, clusters)
    encoded = [(customer, encode(customer), cluster) for customer, cluster in customers]
    changed = [each for each in encoded if before.get(each[0].id) != each[1]]
    await golden.write_customers(connection, changed)
    await golden.forget_customers(connection, before.keys() - {customer.id for customer, _ in customers})
    keys = {view.source.key for customer, _, _ in changed for view in customer.sources}
    why = folded.cause.due if folded.cause else Due()
    folded.wanted |= dict.fromkeys(await golden.orders_of_customers(connection, keys), why)


async def write_orders(
    connection: AsyncConnection, clusters: set[str], folded: Folded, golden_of: Mapping[Source, str], now: datetime
) -> int:
    """Golden orders of locked clusters, with what differs; an order that became part of another one goes.

    Returns how many differ from what was there. A rebuild writes the others, too: an index may have been lost.
    """
    before = await golden.orders_of(connection, clusters)
    written: list[tuple[Order, bytes, str]] = []
    changes: list[tuple[str, Told, Cause]] = []
    changed = 0
    for order, cluster, cause in folded.orders:
        document = encode(order)
        old = before.get(order.id)
        rebuilding = cause is not None and cause.id == REBUILD
        same = old is not None and old.document == document
        changed += not same
        if same and not rebuilding:
            continue
        written.append((order, document, cluster))
        folded.wanted[order.id] = cause.due if cause else Due()
        if same or (old is None and rebuilding):
            continue  # its history is there already
        told = difference(old.document if old else None, document)
        if told is not None and cause is not None:
            changes.append((order.id, told, cause))
    standing = {order.id for order, _, _ in folded.orders}
    gone = {old: _successor(row.document, golden_of) for old, row in before.items() if old not in standing}
    anyone = folded.cause
    if anyone is not None:
        changes += [
            (old, Told(summary="is gone" if new == old else f"became part of {new}", fields=()), anyone)
            for old, new in gone.items()
        ]
    await golden.absorb(connection, gone, now)
    seqs = await _sequences(
        connection, before, {order.id for order, _, _ in written} | {each for each, _, _ in changes}
    )
    for order_id, told, cause in changes:
        seqs[order_id] = seqs.get(order_id, 0) + 1
        folded.changes.append(golden.NewChange(order_id=order_id, seq=seqs[order_id], told=told, cause=cause))
    anew = folded.cause is not None and folded.cause.id == REBUILD  # an index may have been lost
    await golden.write_orders(
        connection,
        [
            golden.Written(
                order=order,
                document=document,
                cluster=cluster,
                version=max(seqs.get(order.id, 0), 1),
                was=order.id in before,
                before=None if anew or order.id not in before else decode_order(before[order.id].document),
            )
            for order, document, cluster in written
        ],
    )
    return changed


async def _sequences(connection: AsyncConnection, before: Mapping[str, Any], order_ids: set[str]) -> dict[str, int]:
    """The number of each order's newest change. An order that has had two knows it by its version."""
    known = {each: before[each].version for each in order_ids if each in before and before[each].version > 1}
    return known | await golden.sequences(connection, order_ids - known.keys())


def _successor(document: bytes, golden_of: Mapping[Source, str]) -> str:
    """The order that the absorbed one's leading record is part of now."""
    sources = [view.source for view in decode_order(document).sources]
    return next(golden_of[source] for source in sources if source in golden_of)


def _key(source: Source) -> tuple[str, str, str]:
    return (source.connection, source.kind.value, source.external_id)
