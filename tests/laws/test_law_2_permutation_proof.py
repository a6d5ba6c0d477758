"""Law 2: any order, duplication or interleaving of the same events ends in byte-identical orders."""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.decide.codec import encode
from hub.decide.fold import fold_customer, fold_order
from hub.decide.identity import is_customer, partition
from hub.domain.money import Money
from hub.domain.records import CancellationRecord, HoldReleaseRecord, Kind, Record, Source, vendor_key
from hub.pipeline.apply import Said, apply
from hub.store.database import Database
from hub.store.golden import Cause
from tests.building import START, at, customer, invoice, order, payment, refund, shipment
from tests.laws.snapshot import golden

SALE = order(claims=(vendor_key("stripe", "pi_1"),))
HISTORY: list[Record] = [
    replace(SALE, claims=()),
    replace(SALE, version=2, updated_at=at(2), total=Money(12_000, "EUR")),
    replace(SALE, version=3, updated_at=at(3)),
    payment(captured=0, version=1),
    payment(version=2),
    payment(version=3, refunded=1_000),
    payment("ch_1", version=2, claims=(vendor_key("stripe", "pi_1"),)),
    refund(),
    refund("re_2", amount=500, version=2),
    shipment(of=SALE),
    shipment(of=SALE, connection="carrier"),
    invoice(of=SALE.source.key),
    invoice(of=SALE.source.key, version=2, balance=10_000),
    customer(),
    customer(version=2, name="Ada King"),
    # A second order of the same shop, one payment that both claim, and one that nobody claims.
    order("1002", claims=(vendor_key("stripe", "pi_1"), vendor_key("stripe", "pi_2"))),
    payment("pi_2", version=1, captured=9_000),
    payment("pi_3", version=1, captured=700),
    CancellationRecord(
        source=Source("hub", Kind.CANCELLATION, "can_1"),
        version=1,
        claims=(order("1002").source.key,),
        created_at=at(30),
        updated_at=at(30),
        by="ops",
    ),
    HoldReleaseRecord(
        source=Source("hub", Kind.HOLD_RELEASE, "rel_1"),
        version=1,
        claims=(SALE.source.key,),
        created_at=at(31),
        updated_at=at(31),
        hold="hld_unknown",
        by="ops",
    ),
]


def newest(records: Sequence[Record]) -> list[Record]:
    held: dict[Source, Record] = {}
    for record in sorted(records, key=lambda each: (each.source, each.version)):
        held[record.source] = record
    return list(held.values())


def folded(records: Sequence[Record]) -> list[bytes]:
    return sorted(
        encode(fold_customer(group) if is_customer(group) else fold_order(group))
        for group in partition(newest(records))
    )


@given(st.permutations(HISTORY))
def test_partition_and_fold_see_no_order_of_records(history: list[Record]) -> None:
    assert folded(history) == folded(HISTORY)


@pytest.mark.parametrize("arrival", list(permutations([SALE, payment(version=2), refund()])))
def test_a_payment_may_come_before_its_order(arrival: Sequence[Record]) -> None:
    assert folded(arrival) == folded([SALE, payment(version=2), refund()])


async def arrive(db: Database, history: Sequence[Record], batches: random.Random) -> None:
    waiting = list(history)
    while waiting:
        size = batches.randint(1, 6)
        batch, waiting = waiting[:size], waiting[size:]
        async with db.write() as connection:
            said = [Said(record=record, cause=Cause(id="evt", actor="test")) for record in batch]
            await apply(connection, said, START)


@pytest.mark.parametrize("seed", range(12))
async def test_any_arrival_ends_in_the_same_bytes(db: Database, database_url: str, seed: int) -> None:
    await arrive(db, HISTORY, random.Random(0))
    expected = await golden(db)
    async with db.write() as connection:
        for table in (
            "orders",
            "customers",
            "order_terms",
            "holds",
            "records",
            "keys",
            "clusters",
            "changes",
            "counters",
        ):
            await connection.exec_driver_sql(f"DELETE FROM {table}")

    shuffled = HISTORY + random.Random(seed).sample(HISTORY, 8)
    random.Random(seed + 100).shuffle(shuffled)
    await arrive(db, shuffled, random.Random(seed + 200))

    assert await golden(db) == expected


@settings(max_examples=200)
@given(st.lists(st.sampled_from(HISTORY), min_size=1, max_size=30))
def test_duplicates_change_nothing(history: list[Record]) -> None:
    assert folded(history + history) == folded(history)
