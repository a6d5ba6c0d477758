"""What waits in the database at one moment: for the metrics, and for people who look at a terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """What one connection's vendor is still to be asked."""

    connection: str
    paused: str = ""  # why; "": it is not
    states: Mapping[str, int] = field(default_factory=dict)  # pending, sending, unknown, parked -> commands
    due: int = 0  # could be sent now, and nobody does
    retries: int = 0  # wait for a later try
    lags_since: datetime | None = None  # since when the first of those that are due could have been sent
    oldest: datetime | None = None  # when the oldest of all that waits was made


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    count: int = 0
    oldest: datetime | None = None  # since when the first one waits


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSeen:
    id: str
    name: str
    started_at: datetime
    beat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Depths:
    lanes: Sequence[Lane] = ()  # of every connection that the hub has met
    inbox: Mapping[str, int] = field(default_factory=dict)  # received, parked -> events
    oldest_event: datetime | None = None
    due_orders: Mapping[str, Queue] = field(default_factory=dict)  # live, background
    hints: Mapping[str, Queue] = field(default_factory=dict)  # by connection
    drifts: Mapping[str, int] = field(default_factory=dict)  # by connection
    workers: Sequence[WorkerSeen] = ()
    tokens: Mapping[str, datetime] = field(default_factory=dict)  # connection -> when its refresh token dies unused


def age(since: datetime | None, now: datetime) -> float:
    """In seconds; 0 where nothing waits. A clock that another host set ahead must not show a negative age."""
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
