"""Time of one host, as a file says: for clocks that jump, that disagree, and for days that pass in a test."""

import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hub.domain.clock import utc_now


class HostClock:
    """In the file: the seconds by which this host's clock is wrong, and those that have passed for everybody."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> tuple[float, float]:
        try:
            wrong, passed = self.file.read_text().split()
        except (FileNotFoundError, ValueError):
            return 0.0, 0.0
        return float(wrong), float(passed)

    def set(self, wrong: float, passed: float) -> None:
        """At once, so that no reader sees half of it."""
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{wrong} {passed}")
        beside.replace(self.file)

    def __call__(self) -> datetime:
        wrong, passed = self.read()
        return utc_now() + timedelta(seconds=wrong + passed)

    def wall(self) -> datetime:
        """What stands on its wall, without what passed in the test."""
        return utc_now() + timedelta(seconds=self.read()[0])

    def ticks(self) -> float:
        """A clock that only goes forward knows no jumps, but time that passed."""
        return time.monotonic() + self.read()[1]


class Passing:
    """A clock of the hub's own, and the time that passed in the test."""

    def __init__(self, inner: Any, host: HostClock) -> None:
        self._inner = inner
        self._host = host

    def __call__(self) -> datetime:
        at: datetime = self._inner() + timedelta(seconds=self._host.read()[1])
        return at

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)
