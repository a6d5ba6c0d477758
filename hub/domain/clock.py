"""Time is aware UTC, and handed in: only doors read the clock."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
Ticks = Callable[[], float]  # seconds since some moment: only differences mean something


def utc_now() -> datetime:
    return datetime.now(UTC)


if hasattr(time, "CLOCK_BOOTTIME"):

    def steady() -> float:
        """Seconds that only go forward, whatever becomes of the time of day; those of a sleeping machine count."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

else:
    steady = time.monotonic


def parse_time(text: str) -> datetime:
    """An RFC 3339 time with an offset, as UTC. Raises `ValueError` when it has none: a local time has no place here."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"{text!r} has no offset from UTC")
    return at.astimezone(UTC)


def from_unix(seconds: int | float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def rfc3339(at: datetime) -> str:
    """UTC with `Z` and milliseconds, the one form that the hub writes."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
