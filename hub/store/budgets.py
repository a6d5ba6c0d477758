"""The calls that all processes may make together: one row per connection says when the next turn is."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select, update

from hub.domain.allowance import Grant, Pace
from hub.domain.clock import Clock
from hub.store.database import Database
from hub.store.dialects import insert
from hub.store.tables import BudgetRow

_RESERVE = 0.2  # of a day's calls: not for backfills


class Budgets:
    """Hands out turns. Processes' clocks agree to within a fraction of a second: see `hub.store.clock`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def grant(
        self,
        connection: str,
        pace: Pace,
        turns: int,
        clock: Clock,
        *,
        background: bool,
        within: timedelta = timedelta.max,
    ) -> Grant:
        """Up to `turns` turns, none where the first would be later than `within`: who cannot wait for one takes none.

        A background call gets one, and only where nobody's turn is ahead of it. The clock is read when the row is
        ours: whoever waited long for it must not be given the turns of the time of waiting.
        """
        async with self._database.write() as held:
            mine = BudgetRow.connection == connection
            statement = (
                select(BudgetRow.next_at, BudgetRow.paused_until, BudgetRow.day, BudgetRow.spent)
                .where(mine)
                .with_for_update()
            )
            row = (await held.execute(statement)).one_or_none()
            if row is None:  # the connection's first call of all
                now = clock()
                first = insert(self._database.dialect, BudgetRow).values(
                    connection=connection, next_at=now - pace.slack, paused_until=now, day=_day(now), spent=0
                )
                await held.execute(first.on_conflict_do_nothing())
                row = (await held.execute(statement)).one()
            now = clock()
            day = max(_day(now), row.day)  # a clock that lags does not begin a day anew
            if row.paused_until > now:
                return Grant(first=row.paused_until, turns=0, why="the vendor asked to be left alone")
            spent = row.spent if row.day == day else 0
            if pace.per_day is not None:
                left = pace.per_day - spent - (int(pace.per_day * _RESERVE) if background else 0)
                if left <= 0:
                    return Grant(first=_tomorrow(now), turns=0, why=f"{spent} calls of {pace.per_day} a day are spent")
                turns = min(turns, left)
            at = max(row.next_at, now - pace.slack)
            if at - now > within:
                return Grant(first=at, turns=0, why="the call budget is spent")
            if background:
                turns = 1
                if at > now:
                    return Grant(first=at, turns=0, why="others go first")
            await held.execute(
                update(BudgetRow).where(mine).values(next_at=at + turns * pace.step, day=day, spent=spent + turns)
            )
            return Grant(first=at, turns=turns)

    async def pause(self, connection: str, until: datetime) -> None:
        """The vendor's own word, for all processes. A shorter one does not lift a longer one."""
        async with self._database.write() as held:
            await held.execute(
                update(BudgetRow)
                .where(BudgetRow.connection == connection, BudgetRow.paused_until < until)
                .values(paused_until=until)
            )


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def _tomorrow(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
