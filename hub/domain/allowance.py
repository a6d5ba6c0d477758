"""Turns to call a vendor: between the way out, which uses them, and the store, which hands them out to everyone."""

from dataclasses import dataclass
from datetime import datetime, timedelta


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
        """How long before now a turn may lie (a burst after a quiet time), and how long after its time it is good."""
        return self.per / 10

    @property
    def step(self) -> timedelta:
        """Between two turns. What slack and lateness let come together is made up for: five sixths of the rate."""
        return (self.per + 2 * self.slack) / self.requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """`turns` of them, `step` apart, from `first` on. None: not before `first`."""

    first: datetime
    turns: int
    why: str = ""  # there are none
