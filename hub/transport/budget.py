"""How often a vendor may be called. Time comes in as seconds of a clock that never goes back."""

from datetime import timedelta


class Budget:
    """A token bucket that holds back before the vendor has to.

    In no window of `per` does it let more than `requests` calls start, wherever the window begins: a tenth of them may
    come as a burst after a quiet time, and the refill is slowed by as much.

    For a process that is alone; where several make calls together, their turns are a `Share`, and this keeps the
    vendor's own word (`pause`) alone.
    """

    def __init__(self, requests: int, per: timedelta) -> None:
        if requests < 1 or per <= timedelta():
            raise ValueError(f"{requests} requests in {per} is no budget")
        burst = 1 + requests // 10
        self._step = per.total_seconds() / (requests - burst + 1)
        self._slack = self._step * (burst - 1)
        self._next = float("-inf")  # when the next call is due if none had come early (GCRA)
        self._paused_until = float("-inf")

    def wait(self, at: float) -> float:
        """Seconds until a call could start. Takes nothing."""
        return max(0.0, self._next - self._slack - at, self._paused_until - at)

    def take(self, at: float) -> float:
        """Takes a turn. Returns the seconds to wait before using it."""
        wait = self.wait(at)
        self._next = max(self._next, at + wait) + self._step
        return wait

    def pause(self, at: float, seconds: float) -> None:
        """No call before then: the vendor said so. A shorter word does not lift a longer one."""
        self._paused_until = max(self._paused_until, at + seconds)

    def paused(self, at: float) -> float:
        """Seconds that the vendor's pause still lasts: it may have come while a turn was waited for."""
        return max(0.0, self._paused_until - at)
