"""Time of one host, as a file says: for clocks that jump, that disagree, and for days that pass in a test."""

import time
from datetime import datetime, timedelta
from pathlib import Path

from hub.domain.clock import utc_now


class HostClock:
    """`wall` seconds are an error of this host's clock; `passed` seconds have passed for everybody."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def read(self) -> tuple[float, float]:
        try:
            wall, passed = self.file.read_text().split()
        except (FileNotFoundError, ValueError):
            return 0.0, 0.0
        return float(wall), float(passed)

    def set(self, wall: float, passed: float) -> None:
        """At once, so that no reader sees half of it."""
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{wall} {passed}")
        beside.replace(self.file)

    def __call__(self) -> datetime:
        wall, passed = self.read()
        return utc_now() + timedelta(seconds=wall + passed)

    def ticks(self) -> float:
        """A clock that only goes forward knows no jumps, but time that passed."""
        return time.monotonic() + self.read()[1]
