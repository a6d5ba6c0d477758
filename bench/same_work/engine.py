"""What does the work, as the measure sees it: processes, a door, and a way to ask what is marked done."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from bench.processes import Child


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Deliveries that the engine itself holds for done, durably."""

    done: int
    last: float  # when the newest was marked, as seconds since 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    door: Child
    trees: Mapping[str, int]  # first processes by part (server, worker, database, broker), whose CPU is counted
    marks: Callable[[], Awaitable[Marks]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an engine runs for one round."""

    folder: Path  # for logs, settings and data
    postgres: str  # a new database; "" where the engine needs none
    vendor: str  # address of the stub


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    name: str
    title: str
    start: Callable[[Place], AbstractAsyncContextManager[Running]]  # everything it needs, from nothing
    needs_postgres: bool = True
