"""Turns to call a vendor: between the way out, which uses them, and the store, which hands them out to everyone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

_GENEROUS = 1000  # calls a second, of all processes
_KEPT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """So many calls in so long, in any window, whoever makes them; and so many in a UTC day."""

    requests: int
    per: timedelta
    per_day: int | None = None

    def __post_init__(self) -> None:
        if self.requests < 1 or self.per <= timedelta() or (self.per_day is not None and self.per_day < 1):
            raise ValueError(f"{self.requests} requests in {self.per} ({self.per_day} a day) is no pace")

    @property
    def slack(self) -> timedelta:
        """How long before now a turn may lie: a burst after a quiet time."""
        return self.per / 10

    @property
    def generous(self) -> bool:
        """More than a house will ever ask for, and no day's count that turns taken in store would use up."""
        return self.per_day is None and self.requests / self.per.total_seconds() >= _GENEROUS

    @property
    def late(self) -> timedelta:
        """How long after its time a turn is good. A generous pace gives some of itself for turns that keep."""
        return self.slack + (min(self.per / 2, _KEPT) if self.generous else timedelta())

    @property
    def step(self) -> timedelta:
        """Between two turns. Lateness is made up for, and a slack more for what clocks and machines are late by."""
        return (self.per + self.slack + self.late) / self.requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """`turns` of them, `step` apart, from `first` on. None: not before `first`."""

    first: datetime
    turns: int
    why: str = ""  # there are none
