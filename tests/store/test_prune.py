"""What may go, and what must not, whatever its age."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from hub.domain.errors import Refused
from hub.store import inbox, outbox
from hub.store.database import Database
from hub.store.inbox import EventState
from hub.store.outbox import AttemptState, CommandState, Slot
from hub.store.prune import Cut, What, count, keep_turn, take_turn
from hub.store.tables import AttemptRow, AuditRow, InboxRow, IntentRow, OutboxRow
from tests.store.aged import a_command, an_attempt, an_event, attempts, commands, event, id_at, ids_of, prune, put

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CUT = NOW - timedelta(days=90)
OLD = CUT - timedelta(days=1)
ANCIENT = CUT - timedelta(days=300)
YOUNG = CUT + timedelta(hours=1)


async def dry(db: Database, what: What) -> int:
    async with db.read() as connection:
        return await count(connection, what, Cut(before=CUT, now=NOW, limit=500))


class TestEvents:
    async def test_what_waits_is_parked_or_too_young_stays(self, db: Database) -> None:
        kept = {
            "waits": an_event(EventState.RECEIVED, ANCIENT),
            "parked": an_event(EventState.PARKED, ANCIENT),
            "too young": an_event(EventState.APPLIED, YOUNG),
            "came long ago and ended lately": an_event(EventState.APPLIED, ANCIENT, done_at=YOUNG),
            "ended, was replayed by older code and waits": an_event(EventState.RECEIVED, ANCIENT, done_at=ANCIENT),
        }
        await put(db, InboxRow, *kept.values())

        for what in (What.BODIES, What.EVENTS):
            assert await dry(db, what) == 0
            assert sum(await prune(db, what, CUT)) == 0

        for why, row in kept.items():
            found = await event(db, row)
            assert (found.body, found.pruned_at) == (b"a body", None), why

    async def test_without_its_body_the_same_event_is_still_known(self, db: Database) -> None:
        row = an_event(EventState.APPLIED, OLD)
        await put(db, InboxRow, row)
        await prune(db, What.BODIES, CUT)

        async with db.write() as connection:
            new = await inbox.keep(connection, [an_event(EventState.RECEIVED, NOW, key=row["key"])])

        kept = await event(db, row)
        assert new == set()
        assert (kept.body, kept.pruned_at, kept.deliveries, kept.state) == (b"", CUT, 2, "applied")

    async def test_without_its_body_it_cannot_be_replayed(self, db: Database) -> None:
        row = an_event(EventState.APPLIED, OLD)
        await put(db, InboxRow, row)
        await prune(db, What.BODIES, CUT)

        with pytest.raises(Refused, match=r"its body was pruned on 2026-08-24"):
            async with db.write() as connection:
                await inbox.revive(connection, row["id"], NOW)

        assert (await event(db, row)).state == "applied"

    async def test_a_replayed_one_keeps_its_body_until_it_is_old_again(self, db: Database) -> None:
        row = an_event(EventState.PARKED, ANCIENT)
        await put(db, InboxRow, row)
        async with db.write() as connection:
            await inbox.revive(connection, row["id"], OLD)
        assert sum(await prune(db, What.BODIES, CUT)) == 0
        ended = inbox.Ended(id=row["id"], state=EventState.APPLIED)

        async with db.write() as connection:
            await inbox.end(connection, [ended], CUT + timedelta(days=1))

        assert sum(await prune(db, What.BODIES, CUT)) == 0
        assert sum(await prune(db, What.BODIES, CUT + timedelta(days=2))) == 1

    async def test_what_ended_well_goes_when_it_is_old(self, db: Database) -> None:
        await put(db, InboxRow, *(an_event(each, OLD) for each in (EventState.APPLIED, EventState.STALE)))
        await put(db, InboxRow, an_event(EventState.IGNORED, ANCIENT))

        assert (await dry(db, What.BODIES), await dry(db, What.EVENTS)) == (3, 3)
        assert await prune(db, What.BODIES, CUT) == [3]
        assert await prune(db, What.EVENTS, CUT) == [3]

        assert await ids_of(db, InboxRow) == set()

    @pytest.mark.parametrize("what", [What.BODIES, What.EVENTS])
    async def test_many_that_ended_at_the_same_moment_all_go_batch_by_batch(self, db: Database, what: What) -> None:
        await put(db, InboxRow, *(an_event(EventState.APPLIED, OLD) for _ in range(25)))
        await put(db, InboxRow, an_event(EventState.PARKED, OLD))

        assert sum(await prune(db, what, CUT, limit=10)) == 25
        assert await dry(db, what) == 0

    async def test_a_pass_that_was_killed_goes_on_where_it_was(self, db: Database) -> None:
        rows = [an_event(EventState.APPLIED, OLD - timedelta(minutes=n)) for n in range(25)]
        await put(db, InboxRow, *rows)

        assert await prune(db, What.BODIES, CUT, limit=10, most=1) == [10]
        assert sum(await prune(db, What.BODIES, CUT, limit=10)) == 15

        assert [(await event(db, row)).body for row in rows] == [b""] * 25

    @pytest.mark.parametrize("what", [What.BODIES, What.EVENTS])
    async def test_one_that_live_work_holds_is_left_and_taken_by_the_next_pass(self, db: Database, what: What) -> None:
        if db.dialect == "sqlite":
            pytest.skip("SQLite has one writer: nobody holds a row beside it")
        first, held = an_event(EventState.APPLIED, OLD), an_event(EventState.APPLIED, OLD - timedelta(days=1))
        await put(db, InboxRow, first, held)

        async with db.write() as live:
            await live.execute(update(InboxRow).where(InboxRow.id == held["id"]).values(deliveries=2))
            assert sum(await prune(db, what, CUT)) == 1
        assert sum(await prune(db, what, CUT)) == 1


class TestCommands:
    async def test_the_newest_of_a_slot_stays_for_ever(self, db: Database) -> None:
        await put(db, OutboxRow, *(a_command(each, ANCIENT, 7, slot=each) for each in CommandState))

        assert await dry(db, What.COMMANDS) == 0
        assert sum(await prune(db, What.COMMANDS, CUT)) == 0

    async def test_what_waits_or_is_parked_stays_whatever_came_after(self, db: Database) -> None:
        for each in (*outbox.WAITS, CommandState.PARKED):
            await put(db, OutboxRow, a_command(each, ANCIENT, 0, slot=each))
            await put(db, OutboxRow, a_command(CommandState.DONE, OLD, 1, slot=each))

        assert sum(await prune(db, What.COMMANDS, CUT)) == 0

    async def test_what_was_done_stays_until_something_newer_is_done(self, db: Database) -> None:
        """The one after may yet be superseded: then the plan asks what was done before."""
        for after in (CommandState.PARKED, CommandState.PENDING, CommandState.SUPERSEDED):
            await put(db, OutboxRow, a_command(CommandState.DONE, ANCIENT, 0, slot=after))
            await put(db, OutboxRow, a_command(after, OLD, 1, slot=after))

        assert await dry(db, What.COMMANDS) == 0
        assert sum(await prune(db, What.COMMANDS, CUT)) == 0

    async def test_what_was_replaced_lately_stays_and_so_does_what_only_another_slot_replaced(
        self, db: Database
    ) -> None:
        await put(db, OutboxRow, a_command(CommandState.DONE, ANCIENT, 0), a_command(CommandState.DONE, YOUNG, 1))
        await put(db, OutboxRow, a_command(CommandState.DONE, ANCIENT, 0, slot="one"))
        await put(db, OutboxRow, a_command(CommandState.DONE, OLD, 1, slot="other"))

        assert sum(await prune(db, What.COMMANDS, CUT)) == 0

    async def test_what_was_replaced_long_ago_goes_with_its_attempts(self, db: Database) -> None:
        slot = [a_command(CommandState.DONE, ANCIENT + timedelta(days=n), n) for n in range(8)]
        slot[3]["state"] = CommandState.SUPERSEDED
        tries = [an_attempt(each, AttemptState.DONE, YOUNG) for each in slot]
        await put(db, OutboxRow, *slot)
        await put(db, AttemptRow, *tries)

        assert await dry(db, What.COMMANDS) == 7
        assert sum(await prune(db, What.COMMANDS, CUT, limit=3)) == 7

        assert [row.ordinal for row in await commands(db)] == [7]
        assert await attempts(db) == {tries[-1]["id"]}

    async def test_one_that_live_work_holds_is_left_and_taken_by_the_next_pass(self, db: Database) -> None:
        if db.dialect == "sqlite":
            pytest.skip("SQLite has one writer: nobody holds a row beside it")
        slot = [a_command(CommandState.DONE, ANCIENT + timedelta(days=n), n) for n in range(3)]
        await put(db, OutboxRow, *slot)

        async with db.write() as live:
            await live.execute(update(OutboxRow).where(OutboxRow.id == slot[0]["id"]).values(order_id="ord_2"))
            assert sum(await prune(db, What.COMMANDS, CUT)) == 1
        assert sum(await prune(db, What.COMMANDS, CUT)) == 1

    async def test_the_plan_sees_the_same_of_any_slot_now_and_after_all_that_waits_was_superseded(
        self, db: Database
    ) -> None:
        chance = random.Random(11)
        histories = [
            [
                a_command(
                    chance.choice(list(CommandState)), OLD - timedelta(days=chance.randrange(40)), n, slot=f"s{s}"
                )
                for n in range(chance.randrange(1, 6))
            ]
            for s in range(200)
        ]
        slots = {Slot("carrier", f"s{s}", "write", "") for s in range(200)}
        await put(db, OutboxRow, *(row for history in histories for row in history))

        async def seen() -> dict[Slot, tuple[str, str]]:
            async with db.read() as connection:
                found = await outbox.newest_of(connection, slots)
            return {slot: (each.any.id, each.live.id if each.live else "") for slot, each in found.items()}

        def once_superseded() -> dict[Slot, tuple[str, str]]:
            gone = (CommandState.SUPERSEDED, CommandState.PENDING, CommandState.PARKED)
            live = {
                history[0]["subject"]: [row["id"] for row in history if row["state"] not in gone]
                for history in histories
            }
            return {
                Slot("carrier", history[0]["subject"], "write", ""): (
                    history[-1]["id"],
                    next(reversed(live[history[0]["subject"]]), ""),
                )
                for history in histories
            }

        before = await seen()
        assert sum(await prune(db, What.COMMANDS, CUT, limit=7)) > 50
        assert await seen() == before
        async with db.write() as connection:
            await outbox.supersede(connection, [row["id"] for history in histories for row in history], "", NOW)
        assert await seen() == once_superseded()


class TestAttempts:
    async def test_those_of_a_command_that_is_not_over_stay(self, db: Database) -> None:
        """They tell whether it may have been done."""
        alive = [a_command(each, ANCIENT, slot=each) for each in (*outbox.WAITS, CommandState.PARKED)]
        await put(db, OutboxRow, *alive)
        for attempt in (AttemptState.UNKNOWN, AttemptState.SENDING, AttemptState.REFUSED):
            await put(db, AttemptRow, *(an_attempt(each, attempt, ANCIENT) for each in alive))

        assert await dry(db, What.ATTEMPTS) == 0
        assert sum(await prune(db, What.ATTEMPTS, CUT)) == 0
        assert len(await attempts(db)) == 12

    async def test_the_young_stay_and_the_old_go_batch_by_batch(self, db: Database) -> None:
        done, parked = a_command(CommandState.DONE, ANCIENT), a_command(CommandState.PARKED, ANCIENT, 1)
        old = [an_attempt(done, AttemptState.LATER, ANCIENT + timedelta(hours=n)) for n in range(25)]
        kept = [an_attempt(parked, AttemptState.UNKNOWN, ANCIENT + timedelta(minutes=30 + 60 * n)) for n in range(25)]
        kept.append(an_attempt(done, AttemptState.DONE, YOUNG))
        await put(db, OutboxRow, done, parked)
        await put(db, AttemptRow, *old, *kept)

        assert await dry(db, What.ATTEMPTS) == 25
        assert sum(await prune(db, What.ATTEMPTS, CUT, limit=7)) == 25
        assert await attempts(db) == {row["id"] for row in kept}

    async def test_one_whose_id_and_time_are_by_clocks_that_differ_stays_until_both_are_old(self, db: Database) -> None:
        done = a_command(CommandState.DONE, ANCIENT)
        early_id = an_attempt(done, AttemptState.DONE, YOUNG) | {"id": id_at("att", OLD)}
        early_time = an_attempt(done, AttemptState.DONE, OLD) | {"id": id_at("att", YOUNG)}
        await put(db, OutboxRow, done)
        await put(db, AttemptRow, early_id, early_time)

        assert sum(await prune(db, What.ATTEMPTS, CUT)) == 0


async def test_old_lines_of_the_audit_go_and_young_ones_stay(db: Database) -> None:
    rows = [
        {"id": id_at("aud", at), "at": at, "connection": "shop", "what": "forged", "detail": ""}
        for at in (ANCIENT, OLD, OLD, YOUNG)
    ]
    await put(db, AuditRow, *rows)

    assert await dry(db, What.AUDIT) == 3
    assert await prune(db, What.AUDIT, CUT, limit=2) == [2, 1]
    assert await ids_of(db, AuditRow) == {rows[-1]["id"]}


async def test_old_idempotency_keys_go_and_young_ones_stay(db: Database) -> None:
    rows = [
        {"key": str(n), "digest": "", "result": "", "created_at": at} for n, at in enumerate((ANCIENT, OLD, OLD, YOUNG))
    ]
    await put(db, IntentRow, *rows)

    assert await dry(db, What.INTENTS) == 3
    assert await prune(db, What.INTENTS, CUT, limit=2) == [2, 1]
    async with db.read() as connection:
        assert list(await connection.scalars(select(IntentRow.key))) == ["3"]


class TestTurns:
    HOUR = timedelta(hours=1)

    async def take(self, db: Database, now: datetime) -> bool:
        async with db.write() as connection:
            return await take_turn(connection, now, self.HOUR)

    async def test_the_second_has_to_wait_for_as_long_as_the_first_is_at_it_and_an_hour_more(
        self, db: Database
    ) -> None:
        assert await self.take(db, NOW)
        assert not await self.take(db, NOW)
        async with db.write() as connection:
            await keep_turn(connection, NOW + timedelta(minutes=50), self.HOUR)

        assert not await self.take(db, NOW + timedelta(minutes=70))
        assert await self.take(db, NOW + timedelta(minutes=110))

    async def test_clocks_that_differ_by_an_hour_take_no_turn_of_another(self, db: Database) -> None:
        assert await self.take(db, NOW)

        assert not await self.take(db, NOW - timedelta(hours=1))

    async def test_a_turn_taken_by_a_clock_of_next_year_stops_nobody(self, db: Database) -> None:
        assert await self.take(db, NOW + timedelta(days=365))

        assert await self.take(db, NOW)
