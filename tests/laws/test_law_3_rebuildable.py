"""Law 3: delete every golden row and rebuild: the same bytes come back. The fold reads no clock and no network."""

import ast
import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select, update

import hub.decide
from hub.domain.records import Record, vendor_key
from hub.pipeline import rebuild as rebuilding
from hub.pipeline.apply import Said, apply
from hub.pipeline.digest import digest
from hub.pipeline.rebuild import rebuild
from hub.store.database import Database
from hub.store.golden import Cause
from hub.store.reading import orders_by_id
from hub.store.tables import OrderRow
from tests.building import START, customer, order, payment, refund, shipment
from tests.conftest import Time
from tests.laws.asking import changes, commands, orders
from tests.laws.histories import histories
from tests.laws.snapshot import forget, golden
from tests.laws.test_law_2_whole_histories import SYSTEMS, empty
from tests.small_hub import SmallHub
from tests.toy.teller import tell

SALE = order(claims=(vendor_key("stripe", "pi_1"),), customer=customer().source)
A_DAY: list[Record] = [SALE, payment(), refund(), shipment(of=SALE), customer(), order("1002"), payment("pi_9")]


async def say(db: Database, *records: Record) -> None:
    async with db.write() as held:
        await apply(held, [Said(record=each, cause=Cause(id="evt_1", actor="test")) for each in records], START)


async def versions(db: Database) -> dict[str, int]:
    async with db.read() as held:
        return {row.id: row.version for row in await held.execute(select(OrderRow.id, OrderRow.version))}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories())
async def test_the_same_bytes_come_back_of_any_history(db: Database, history: list[Record]) -> None:
    await empty(db)
    for record in history:
        await say(db, record)
    before, told = await golden(db), await changes(db)

    await forget(db)
    assert not any((await golden(db)).values())
    rebuilt = await rebuild(db, lambda: START)

    assert await golden(db) == before
    assert (rebuilt.orders, rebuilt.customers) == (len(before["orders"]), len(before["customers"]))
    assert await changes(db) == told  # a rebuild is no news


async def test_a_later_day_and_other_batches_give_the_same_bytes(
    db: Database, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    await say(db, *A_DAY)
    before = await golden(db)
    monkeypatch.setattr(rebuilding, "BATCH", 1)
    time.forward(days=4000)

    await forget(db)
    await rebuild(db, time)

    assert await golden(db) == before


async def test_a_damaged_row_is_mended_and_told_of(db: Database) -> None:
    await say(db, *A_DAY)
    before, known = await golden(db), len(await changes(db))
    async with db.write() as held:
        row = (await held.execute(select(OrderRow.document).where(OrderRow.id == SALE.source.key))).one()
        damaged = row.document.replace(b'"note":""', b'"note":"tampered"')
        assert damaged != row.document
        await held.execute(update(OrderRow).where(OrderRow.id == SALE.source.key).values(document=damaged))

    rebuilt = await rebuild(db, lambda: START)

    assert rebuilt.changed == 1
    assert await golden(db) == before
    [mended] = (await changes(db))[known:]
    assert (mended.order_id, mended.cause) == (SALE.source.key, "rebuild")


async def test_a_rebuild_of_what_is_right_writes_nothing(db: Database) -> None:
    await say(db, *A_DAY)

    assert (await rebuild(db, lambda: START)).changed == 0


async def test_versions_that_callers_hold_stay_good(db: Database) -> None:
    await say(db, *A_DAY)
    await say(db, order(version=2, note="please ring", claims=SALE.claims))
    before = await versions(db)
    assert before[SALE.source.key] > 1

    await forget(db)
    await rebuild(db, lambda: START)

    assert await versions(db) == before


async def test_absorbed_ids_still_resolve_after_a_rebuild(db: Database) -> None:
    await say(db, payment())
    await say(db, SALE)
    await forget(db)
    await rebuild(db, lambda: START)

    async with db.read() as held:
        found = await orders_by_id(held, [payment().source.key])
    assert [each.id for each in found.values()] == [SALE.source.key]


async def test_a_rebuilt_hub_asks_no_system_for_anything_again(house: SmallHub) -> None:
    await house.say(order(claims=SALE.claims), payment())
    await house.settle()
    before, calls = await commands(house.db), len(house.sandboxes["carrier"].calls)
    assert [row.state for row in before] == ["done"]

    await forget(house.db)
    await rebuild(house.db, house.time)
    await house.settle()

    assert await commands(house.db) == before
    assert len(house.sandboxes["carrier"].calls) == calls


async def test_a_rebuild_beside_a_running_digest_ends_in_the_same_bytes(db: Database, database_url: str) -> None:
    await empty(db)
    edits: list[Record] = [order(str(number), version=version) for number in range(12) for version in (1, 2)]
    await say(db, *edits)
    expected = await golden(db)
    await empty(db)
    await say(db, *edits[::2])
    await tell(db, [(record, "") for record in edits[1::2]])
    other = Database(database_url)

    async def work() -> None:
        while await digest(db, SYSTEMS, lambda: START, limit=2):
            pass

    try:
        await asyncio.gather(work(), rebuild(other, lambda: START), rebuild(other, lambda: START))
    finally:
        await other.close()

    assert await golden(db) == expected
    assert {len(each.sources) for each in await orders(db)} == {1}


def test_decisions_read_no_clock_no_chance_and_no_network() -> None:
    """Only by what comes in: a module of `hub.decide` that imports one of these could not be rebuilt from."""
    forbidden = {"time", "random", "secrets", "uuid", "os", "socket", "httpx", "asyncio", "sqlalchemy", "pathlib"}
    modules = sorted(Path(hub.decide.__path__[0]).glob("*.py"))
    assert len(modules) > 5
    for module in modules:
        for node in ast.walk(ast.parse(module.read_text())):
            names = {alias.name for alias in node.names} if isinstance(node, ast.Import) else set()
            names |= {node.module or ""} if isinstance(node, ast.ImportFrom) else set()
            assert not {name.partition(".")[0] for name in names} & forbidden, module.name
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("now", "utcnow", "today"), f"{module.name}:{node.lineno} reads a clock"
            if isinstance(node, ast.Name):
                assert node.id != "utc_now", f"{module.name}:{node.lineno} reads a clock"
