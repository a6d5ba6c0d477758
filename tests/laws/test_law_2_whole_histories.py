"""Law 2, through the inbox: generated histories, permuted and repeated, in batches of any size, one worker or two."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.decide.codec import encode
from hub.decide.fold import fold_customer, fold_order
from hub.decide.identity import is_customer, partition
from hub.domain.records import Kind, Record
from hub.pipeline.apply import Said, apply
from hub.pipeline.digest import digest
from hub.store import inbox
from hub.store.clusters import Raced
from hub.store.database import Database
from hub.store.dialects import lost_a_race
from hub.store.golden import Cause
from hub.store.tables import Base
from tests.building import START, invoice, order, payment, refund, shipment
from tests.laws.asking import events, orders
from tests.laws.histories import histories, newest
from tests.laws.snapshot import golden
from tests.toy.teller import tell, tellers

SYSTEMS = tellers("shop", "pay", "books", "carrier", "pos", "hub")
# One database serves all examples of a test: each begins by emptying it.
ON_A_DATABASE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """How a history comes: which records, what tells repeated deliveries apart, and in batches of which sizes."""

    told: tuple[tuple[Record, str], ...]
    sizes: tuple[int, ...]


@st.composite
def arrivals(draw: st.DrawFn, history: Sequence[Record]) -> Arrival:
    first = [(record, "") for record in history]
    again = [
        (record, draw(st.sampled_from(["", "again"])))
        for record in draw(st.lists(st.sampled_from(history), max_size=6))
    ]
    told = tuple(draw(st.permutations(first + again)))
    return Arrival(told, tuple(draw(st.lists(st.integers(1, 12), min_size=1, max_size=4))))


def documents(records: Sequence[Record]) -> list[bytes]:
    """What the pure functions say: no database, no arrival."""
    found = []
    for group in partition(newest(records)):
        if is_customer(group):
            found.append(encode(fold_customer(group)))
        elif any(record.kind is Kind.ORDER or not record.deleted for record in group.records):
            found.append(encode(fold_order(group)))
    return sorted(found)


async def empty(db: Database) -> None:
    async with db.write() as held:
        for table in reversed(Base.metadata.sorted_tables):
            await held.execute(table.delete())
        await inbox.make_partitions(held)


async def at_once(db: Database, history: Sequence[Record]) -> dict[str, list[tuple[object, ...]]]:
    """The same history, tidy: only the newest records, all in one transaction."""
    await empty(db)
    async with db.write() as held:
        said = [Said(record=record, cause=Cause(id="evt", actor="test")) for record in newest(history)]
        await apply(held, said, START)
    return await golden(db)


async def arrive(db: Database, arrival: Arrival) -> None:
    waiting, count = list(arrival.told), 0
    while waiting:
        size = arrival.sizes[count % len(arrival.sizes)]
        batch, waiting = waiting[:size], waiting[size:]
        await tell(db, batch, after=count * 1000)
        await digest(db, SYSTEMS, lambda: START, limit=arrival.sizes[-1])  # may leave some for later
        count += 1
    while await digest(db, SYSTEMS, lambda: START, limit=arrival.sizes[0]):
        pass


@ON_A_DATABASE
@given(data=st.data(), history=histories())
async def test_any_arrival_of_any_history_ends_in_the_same_bytes(
    db: Database, data: st.DataObject, history: list[Record]
) -> None:
    expected = await at_once(db, history)
    await empty(db)

    await arrive(db, data.draw(arrivals(history)))

    found = await golden(db)
    assert found == expected
    told = sorted(row[-1] for table in ("orders", "customers") for row in found[table])
    assert told == documents(history)
    assert {row.state for row in await events(db)} <= {"applied", "stale"}


@settings(max_examples=300, deadline=None)
@given(data=st.data(), history=histories())
def test_the_pure_functions_see_no_order_of_records(data: st.DataObject, history: list[Record]) -> None:
    arrival = data.draw(arrivals(history))

    assert documents([record for record, _ in arrival.told]) == documents(history)


@pytest.mark.parametrize("seed", range(4))
async def test_two_workers_on_overlapping_keys_lose_nothing_and_end_in_the_same_bytes(
    db: Database, database_url: str, seed: int
) -> None:
    """Each event shares a key with many others, and both workers take small batches at the same time."""
    chance = random.Random(seed)
    history = entangled(chance)
    expected = await at_once(db, history)
    await empty(db)
    chance.shuffle(history)
    await tell(db, [(record, "") for record in history])
    other = Database(database_url)
    try:
        await asyncio.gather(work(db, chance.randint(2, 6)), work(other, chance.randint(2, 6)))
    finally:
        await other.close()

    assert {row.state for row in await events(db)} <= {"applied", "stale"}
    assert await golden(db) == expected
    assert len(await orders(db)) == len(expected["orders"])
    async with db.read() as held:
        lost = await held.scalar(text("SELECT count(*) FROM records WHERE cluster NOT IN (SELECT id FROM clusters)"))
        strays = await held.scalar(text("SELECT count(*) FROM keys WHERE cluster NOT IN (SELECT id FROM clusters)"))
    assert (lost, strays) == (0, 0)


@pytest.mark.parametrize("known", [False, True], ids=["first heard of", "known already"])
async def test_what_an_event_and_a_reply_say_at_the_same_moment_is_both_in_the_order(
    db: Database, database_url: str, known: bool
) -> None:
    """Replies and pages are applied beside the inbox, by any process."""
    pairs: list[tuple[Record, Record]] = [
        (
            order(f"{number}", version=2, note="edited", claims=(f"stripe/pi_{number}",)),
            payment(f"pi_{number}", version=2, refunded=700),
        )
        for number in range(25)
    ]
    other = Database(database_url)
    try:
        for number, (sale, paid) in enumerate(pairs):
            if known:
                claims = (f"stripe/pi_{number}",)
                await said(db, order(f"{number}", claims=claims), payment(f"pi_{number}"))
            await asyncio.gather(said(db, sale), said(other, paid))
    finally:
        await other.close()
    found = await golden(db)

    assert found == await at_once(db, [record for pair in pairs for record in pair])


async def said(db: Database, *records: Record) -> None:
    """As the movements do it: a race that was lost is run again."""
    for _ in range(5):
        try:
            async with db.write() as held:
                cause = Cause(id="evt", actor="test")
                await apply(held, [Said(record=record, cause=cause) for record in records], START)
                return
        except (DBAPIError, Raced) as error:
            if isinstance(error, DBAPIError) and not lost_a_race(error):
                raise
    raise AssertionError("it kept losing")


async def work(db: Database, limit: int) -> None:
    """Until the inbox is empty: 0 may also mean that the other one holds what waits."""
    while True:
        ended = await digest(db, SYSTEMS, lambda: START, limit=limit)
        if ended:
            continue
        if not any(row.state == "received" for row in await events(db)):
            return
        await asyncio.sleep(0)


def entangled(chance: random.Random) -> list[Record]:
    """Orders, payments that two of them claim, and parcels and refunds that tie the rest together."""
    history: list[Record] = []
    for number in range(8):
        claims = tuple(f"stripe/pi_{each}" for each in sorted({number, (number + 1) % 8}))
        sale = order(f"{number}", claims=claims)
        history += [sale, order(f"{number}", version=2, claims=claims[:1], total=9_000)]
        history += [payment(f"pi_{number}", version=version) for version in (1, 2)]
        history += [shipment(f"s{number}", of=sale), invoice(f"i{number}", of=sale.source.key)]
        history += [refund(f"re_{number}", of=f"pi_{chance.randrange(8)}")]
    return history
