"""Which workers live. A beat is a number that grows: whether it does takes two looks, and no clock of another host."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hub.observe.depths import WorkerSeen

STILL = 30.0  # seconds without a beat


@dataclass(slots=True)
class Pulse:
    """What one watcher remembers of its looks."""

    _seen: dict[str, tuple[int, float]] = field(default_factory=dict)  # id -> (beat, when it was first seen)

    def quiet(self, workers: Sequence[WorkerSeen], ticks: float) -> dict[str, float]:
        """For how many seconds each one's beat has stood still, as far as was looked. Takes note of this look."""
        seen = {}
        for each in workers:
            known = self._seen.get(each.id)
            seen[each.id] = known if known is not None and known[0] == each.beat else (each.beat, ticks)
        self._seen = seen
        return {each: ticks - since for each, (_, since) in seen.items()}

    def alive(self, workers: Sequence[WorkerSeen], ticks: float) -> set[str]:
        return {each for each, seconds in self.quiet(workers, ticks).items() if seconds < STILL}
