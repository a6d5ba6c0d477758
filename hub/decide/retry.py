"""When to try again."""

from datetime import datetime, timedelta

from hub.domain.errors import HubError, TryLater, Unknown

# Doubling at first, then hours: a vendor that is down for a weekend is met again without a person.
SCHEDULE = tuple(timedelta(seconds=s) for s in (2, 5, 15, 60, 300, 1_800, 7_200, 18_000, 36_000, 43_200, 86_400))


def next_attempt(error: HubError, tries: int, now: datetime, jitter: float) -> datetime | None:
    """When to try again, or `None` for never. `tries` were made already; `jitter` in [0, 1) is drawn by the caller."""
    if not isinstance(error, TryLater | Unknown) or tries > len(SCHEDULE):
        return None
    wait = SCHEDULE[max(tries - 1, 0)] * (1 + jitter / 5)
    return now + max(wait, error.after if isinstance(error, TryLater) else timedelta())
