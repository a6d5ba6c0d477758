"""The figures that have a name and a goal: where each stands in a result, and what it should reach."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    path: str  # in the result of a run
    words: str
    least: float | None = None
    most: float | None = None

    def reached(self, value: float) -> bool | None:
        """`None`: nothing is asked for."""
        if self.least is not None:
            return value >= self.least
        return value <= self.most if self.most is not None else None

    @property
    def goal(self) -> str:
        if self.least is not None:
            return f"at least {self.least:g}"
        return f"at most {self.most:g}" if self.most is not None else ""


_ON = "databases.postgresql"

NAMED: Mapping[str, Named] = {
    "door_rate": Named(path=f"{_ON}.door.ratio", words="webhooks /s, to the bare handler", least=0.8),
    "door_p99": Named(path=f"{_ON}.door.p99_ratio", words="p99 of the answer, to the bare handler", most=2),
    "door_vs_nothing": Named(
        path=f"{_ON}.door.nothing_ratio", words="webhooks /s, to a bare handler without a database", least=0.4
    ),
    "out_vs_httpx": Named(path=f"{_ON}.out.to_httpx", words="calls /s, 32 in flight, to stock httpx", least=4),
    "quiet_p50_ms": Named(path=f"{_ON}.quiet.p50_ms", words="webhook sent to vendor called, 20 /s, median", most=100),
    "quiet_max_ms": Named(path=f"{_ON}.quiet.max_ms", words="… and the slowest", most=1000),
    "idle_cpu": Named(path=f"{_ON}.idle.cpu", words="share of a core with nothing to do", most=0.02),
    "growth": Named(path=f"{_ON}.growth.ratio", words="cost of an event, a million orders to ten thousand", most=1.3),
    "second_worker": Named(path=f"{_ON}.second_worker.added", words="what a second worker adds, in workers", least=0.8),
    "memory_rest_mb": Named(path=f"{_ON}.memory.rest_mb", words="MiB of one process at rest"),
    "memory_load_mb": Named(path=f"{_ON}.memory.load_mb", words="MiB after work"),
    "memory_burst_mb": Named(path=f"{_ON}.memory.burst_mb", words="MiB in a burst of 50,000 webhooks, at most"),
}


def named(result: Mapping[str, Any]) -> dict[str, float]:
    """The named figures of a run: those of its measures."""
    found: dict[str, float] = {}
    for name, each in NAMED.items():
        value: Any = result
        for step in each.path.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        if value is not None:
            found[name] = round(float(value), 4)
    return found
