import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import OperationalError

from hub.domain.errors import NeedsAttention, TryLater
from hub.domain.tokens import Tokens
from hub.store.credentials import Credentials
from hub.store.database import Database
from hub.store.sealing import Sealer, new_key
from hub.store.tables import CredentialRow
from hub.transport.oauth import Bearer
from hub.transport.redact import Redactor
from tests.conftest import Time
from tests.transport.token_vendor import FIRST, WAY, TokenVendor

KEY = new_key()


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Database]:
    """The same database, as another process sees it."""
    database = Database(database_url)
    yield database
    await database.close()


def tokens(number: int, expires_at: datetime | None = None) -> Tokens:
    return Tokens(
        access=f"access-canary-{number}", refresh=f"refresh-canary-{number}", expires_at=expires_at, origins=("a", "b")
    )


async def gives(stored: Tokens | None) -> Tokens:
    return tokens((stored.generation if stored else 0) + 1)


async def never(stored: Tokens | None) -> Tokens:
    raise AssertionError("nobody was to ask the vendor")


# ---------------------------------------------------------------------------------------------- one at a time


async def test_a_failing_refresh_leaves_what_was_there_and_the_next_may_try_at_once(db: Database, time: Time) -> None:
    store = Credentials(db, Sealer([KEY]), time)
    await store.refresh("books", 0, gives)

    async def fails(stored: Tokens | None) -> Tokens:
        raise NeedsAttention("no")

    with pytest.raises(NeedsAttention):
        await store.refresh("books", 1, fails)

    held = await store.read("books")
    assert held is not None
    assert held.generation == 1
    assert (await store.refresh("books", 1, gives)).generation == 2


async def test_who_saw_an_older_generation_gets_the_newer_without_asking(
    db: Database, other: Database, time: Time
) -> None:
    here, there = (Credentials(each, Sealer([KEY]), time) for each in (db, other))
    first = await here.refresh("books", 0, gives)

    assert await there.refresh("books", 0, never) == first == await there.read("books")
    assert (first.access, first.origins, first.generation) == ("access-canary-1", ("a", "b"), 1)


async def test_a_process_that_died_in_a_refresh_holds_the_others_up_until_its_lease_ends(
    db: Database, other: Database, time: Time
) -> None:
    lease, now = timedelta(seconds=60), [0.0]
    here, there = (Credentials(each, Sealer([KEY]), time, lease=lease, ticks=lambda: now[0]) for each in (db, other))
    started, dies = asyncio.Event(), asyncio.Event()

    async def hangs(stored: Tokens | None) -> Tokens:
        started.set()
        await dies.wait()
        raise AssertionError

    dead = asyncio.create_task(here.refresh("books", 0, hangs))
    await started.wait()
    dead.cancel()
    await asyncio.wait({dead})
    waiting = asyncio.create_task(there.refresh("books", 0, gives))
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done

    time.forward(hours=1)
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done  # the time of day counts for nothing

    now[0] += 60

    assert (await waiting).generation == 1


async def test_two_hosts_whose_clocks_differ_by_an_hour_do_not_refresh_at_once(
    db: Database, other: Database, time: Time
) -> None:
    later = Time(time() + timedelta(hours=1))
    behind, ahead = Credentials(db, Sealer([KEY]), time), Credentials(other, Sealer([KEY]), later)
    started, answer = asyncio.Event(), asyncio.Event()

    async def slow(stored: Tokens | None) -> Tokens:
        started.set()
        await answer.wait()
        return await gives(stored)

    first = asyncio.create_task(behind.refresh("books", 0, slow))
    await started.wait()
    second = asyncio.create_task(ahead.refresh("books", 0, never))
    done, _ = await asyncio.wait({second}, timeout=0.1)
    assert not done
    answer.set()

    assert await first == await second


async def test_who_waits_longer_than_a_lease_is_told_to_come_back(db: Database, time: Time) -> None:
    async with db.write() as conn:
        row = {"connection": "books", "name": "oauth", "data": b"", "generation": 0, "expires_at": None}
        await conn.execute(insert(CredentialRow).values(**row, leased_until=time() + timedelta(days=1)))

    with pytest.raises(TryLater, match="another process"):
        lease = timedelta(seconds=0.5)
        await Credentials(db, Sealer([KEY]), time, lease=lease, ticks=lambda: 0.0).refresh("books", 0, never)


async def test_a_refresh_ends_before_its_lease_does(db: Database, time: Time) -> None:
    store = Credentials(db, Sealer([KEY]), time, lease=timedelta(seconds=0.5))

    async def hangs(stored: Tokens | None) -> Tokens:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(TryLater, match="took too long"):
        await store.refresh("books", 0, hangs)


async def test_new_tokens_survive_a_database_that_hiccups(
    db: Database, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Credentials(db, Sealer([KEY]), time)
    good, left = db.write, 1

    def write() -> Any:
        nonlocal left
        if left:
            left -= 1
            raise OperationalError("UPDATE", {}, Exception("gone away"))
        return good()

    async def answered(stored: Tokens | None) -> Tokens:
        monkeypatch.setattr(db, "write", write)
        return await gives(stored)

    assert (await store.refresh("books", 0, answered)).generation == 1
    assert left == 0


async def test_twenty_callers_in_two_processes_never_use_a_refresh_token_twice(
    db: Database, other: Database, time: Time
) -> None:
    vendor = TokenVendor()
    bearers = [
        Bearer("books", WAY, Credentials(each, Sealer([KEY]), time), vendor, time, Redactor(), 1.0)
        for each in (db, other, db, other)
    ]

    for expiry in range(50):
        proofs = await asyncio.gather(*(bearer.proof(20.0) for bearer in bearers * 5))
        assert {proof.headers["Authorization"] for proof in proofs} == {f"Bearer {vendor.access}"}
        assert vendor.refreshes == expiry + 1
        time.forward(hours=2)

    assert (vendor.reused, vendor.most_at_once) == (0, 1)


async def test_a_lost_answer_of_a_vendor_that_rotates_ends_with_a_person_not_with_a_loop(
    db: Database, time: Time
) -> None:
    vendor = TokenVendor()
    store = Credentials(db, Sealer([KEY]), time)
    bearer = Bearer("books", WAY, store, vendor, time, Redactor(), 1.0)
    await bearer.proof(5.0)
    time.forward(hours=2)
    vendor.live = "gone"  # used, and the answer never stored: the process died

    with pytest.raises(NeedsAttention, match="put its refresh token into"):
        await bearer.proof(5.0)

    assert vendor.reused == 1


# -------------------------------------------------------------------------------------------------- at rest


async def test_no_token_is_readable_in_the_database(db: Database, time: Time) -> None:
    store = Credentials(db, Sealer([KEY]), time)
    await Bearer("books", WAY, store, TokenVendor(), time, Redactor(), 1.0).proof(5.0)

    async with db.read() as conn:
        row = (await conn.execute(text("SELECT * FROM credentials"))).mappings().one()

    assert "canary" not in repr({name: bytes(value) if name == "data" else value for name, value in row.items()})
    assert FIRST.encode() not in bytes(row["data"])
    assert row["generation"] == 1


async def test_a_row_copied_to_another_connection_does_not_open(db: Database, time: Time) -> None:
    store = Credentials(db, Sealer([KEY]), time)
    await store.refresh("books", 0, gives)
    await store.refresh("shop", 0, gives)
    async with db.write() as conn:
        stolen = select(CredentialRow.data).where(CredentialRow.connection == "books").scalar_subquery()
        await conn.execute(update(CredentialRow).where(CredentialRow.connection == "shop").values(data=stolen))

    with pytest.raises(NeedsAttention, match="shop/oauth"):
        await store.read("shop")


async def test_rotating_seals_all_under_the_new_key_and_changes_nothing_else(db: Database, time: Time) -> None:
    new = new_key()
    before = Credentials(db, Sealer([KEY]), time)
    old = [await before.refresh(name, 0, gives) for name in ("books", "shop", "post")]

    assert await Credentials(db, Sealer([new, KEY]), time).rotate() == 3
    assert await Credentials(db, Sealer([new, KEY]), time).rotate() == 0

    after = Credentials(db, Sealer([new]), time)
    assert [await after.read(name) for name in ("books", "shop", "post")] == old
    with pytest.raises(NeedsAttention, match="put that key back"):
        await before.read("books")


async def test_rotating_while_tokens_are_refreshed_loses_neither(db: Database, other: Database, time: Time) -> None:
    both = [new_key(), KEY]
    vendor = TokenVendor()
    old = Credentials(db, Sealer([KEY]), time)
    bearer = Bearer("books", WAY, Credentials(db, Sealer(both[::-1]), time), vendor, time, Redactor(), 1.0)
    await old.refresh("shop", 0, gives)

    for _ in range(5):
        await asyncio.gather(bearer.proof(20.0), Credentials(other, Sealer(both), time).rotate())
        time.forward(hours=2)
    await Credentials(other, Sealer(both), time).rotate()

    held = await Credentials(db, Sealer(both[:1]), time).read("books")
    assert held is not None
    assert (held.refresh, held.generation, vendor.reused) == (vendor.live, 5, 0)


async def test_forgotten_tokens_are_gone_and_their_generation_does_not_come_back(db: Database, time: Time) -> None:
    store = Credentials(db, Sealer([KEY]), time)
    await store.refresh("books", 0, gives)

    await store.forget("books")

    assert await store.read("books") is None
    assert (await store.refresh("books", 0, gives)).generation == 2


async def test_expiry_comes_back_as_it_was(db: Database, time: Time) -> None:
    store = Credentials(db, Sealer([KEY]), time)

    async def expiring(stored: Tokens | None) -> Tokens:
        return dataclasses.replace(tokens(1), expires_at=time() + timedelta(hours=1))

    assert (await store.refresh("books", 0, expiring)).expires_at == time() + timedelta(hours=1)
