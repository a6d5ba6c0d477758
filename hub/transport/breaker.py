"""Leaves a vendor alone that does not answer. Time comes in as seconds of a clock that never goes back."""

from datetime import timedelta

from hub.domain.errors import TryLater


class Breaker:
    """Opens after `faults` faults in a row; then lets one call at a time try, after pauses that double.

    Every `admit` that returns is followed by exactly one `settle`.
    """

    def __init__(
        self,
        name: str,
        *,
        faults: int = 5,
        first: timedelta = timedelta(seconds=5),
        most: timedelta = timedelta(minutes=5),
    ) -> None:
        self._name = name
        self._allowed = faults
        self._first = first.total_seconds()
        self._most = most.total_seconds()
        self._faults = 0  # in a row
        self._opened = 0  # how often in a row: the pause grows with it
        self._closed_again_at = 0.0
        self._probe: object | None = None

    @property
    def is_open(self) -> bool:
        return self._opened > 0

    def check(self, at: float) -> None:
        """Raises `TryLater` where a call would not be let through. Changes nothing."""
        if not self.is_open:
            return
        rest = self._closed_again_at - at
        if rest > 0 or self._probe is not None:
            after = timedelta(seconds=rest if rest > 0 else self._first)
            raise TryLater(
                f"{self._name}: left alone after {self._faults} faults in a row; nothing was sent", after=after
            )

    def admit(self, at: float) -> object:
        """Lets a call through, or raises `TryLater`. Give what it returns to `settle`."""
        self.check(at)
        call = object()
        if self.is_open:
            self._probe = call
        return call

    def settle(self, call: object, at: float, *, healthy: bool | None) -> None:
        """`None`: the call says nothing about the vendor (it was cancelled)."""
        probed = call is self._probe
        if probed:
            self._probe = None
        if healthy is None:
            return
        if healthy:
            self._faults = self._opened = 0
            return
        self._faults += 1
        # Calls that were under way when it opened end later: they are no news, and must not make the pause grow.
        if probed or (not self.is_open and self._faults >= self._allowed):
            self._closed_again_at = at + min(self._most, self._first * 2**self._opened)
            self._opened = min(self._opened + 1, 30)
