"""Keys and clusters: which records may be about the same thing, settled by unique keys and row locks."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.domain.ids import new_id
from hub.store import arrays
from hub.store.dialects import lost_a_race
from hub.store.tables import ClusterRow, CustomerRow, KeyRow, OrderRow, RecordRow

_AT_ONCE = 5_000  # keys in one statement
_ROUNDS = 8

_add_clusters = arrays.insert(ClusterRow, ("id",), conflict="ON CONFLICT DO NOTHING")
_lock = arrays.lookup(ClusterRow, ("id",), by="id", order="id", lock="wait")
_known = arrays.lookup(KeyRow, ("key", "cluster"), by="key")
_add_keys = arrays.insert(KeyRow, ("key", "cluster"), conflict="ON CONFLICT DO NOTHING")


class Raced(Exception):
    """Another worker kept merging what we were about to lock. Nothing was written; take the batch again."""


def not_the_events_fault(error: Exception) -> bool:
    """A lost race, or a database that is not there: the events stay as they are, and are taken again."""
    return isinstance(error, Raced) or (
        isinstance(error, DBAPIError) and (lost_a_race(error) or error.connection_invalidated)
    )


async def settle(connection: AsyncConnection, claims: Sequence[set[str]]) -> list[str]:
    """Makes each set of keys one cluster, merging clusters where a set meets several, and locks them.

    Returns the cluster of each set, in order. Whoever holds the lock of a cluster may read and write its records
    and golden rows until the transaction ends. Locks are taken in id order.
    """
    keys = sorted(set().union(*claims)) if claims else []
    for _ in range(_ROUNDS):
        known = await _clusters_of(connection, keys)
        assigned = _assign(claims, known)
        new_clusters = sorted({cluster for key, cluster in assigned.items() if key not in known} - set(known.values()))
        if new_clusters:
            await _add_clusters(connection, [new_clusters])
        missing = [key for key in keys if key not in known]
        await _add_keys(connection, [missing, [assigned[key] for key in missing]])
        involved = sorted(set(known.values()) | set(new_clusters))
        await _lock(connection, involved)
        now_known = await _clusters_of(connection, keys)
        if set(now_known.values()) <= set(involved):
            final = _assign(claims, now_known)
            await _merge(connection, final, now_known)
            return [final[next(iter(each))] for each in claims]
    raise Raced


async def _clusters_of(connection: AsyncConnection, keys: Sequence[str]) -> dict[str, str]:
    return {row.key: row.cluster for row in await _known(connection, keys)}


def _assign(claims: Iterable[set[str]], known: dict[str, str]) -> dict[str, str]:
    """key -> its cluster once every set is one cluster: the oldest of those that the set meets, or a new one."""
    leader: dict[str, str] = {}

    def find(node: str) -> str:
        while leader.setdefault(node, node) != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for key, cluster in known.items():
        leader[find(key)] = find(f"={cluster}")
    for each in claims:
        first, *rest = sorted(each)
        for key in rest:
            leader[find(key)] = find(first)
    clusters: dict[str, str] = {}
    for cluster in sorted(set(known.values()), reverse=True):
        clusters[find(f"={cluster}")] = cluster
    return {key: clusters.setdefault(find(key), new_id("clu")) for each in claims for key in sorted(each)} | {
        key: clusters[find(key)] for key in known
    }


async def _merge(connection: AsyncConnection, final: dict[str, str], known: dict[str, str]) -> None:
    losers: dict[str, set[str]] = defaultdict(set)
    for key, cluster in known.items():
        if final[key] != cluster:
            losers[final[key]].add(cluster)
    for winner, merged in losers.items():
        tables: list[Any] = [KeyRow, RecordRow, OrderRow, CustomerRow]
        for table in tables:
            await connection.execute(update(table).where(table.cluster.in_(merged)).values(cluster=winner))
        await connection.execute(delete(ClusterRow).where(ClusterRow.id.in_(merged)))
