"""What came of a run."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Outcome(StrEnum):
    PASSED = "pass"
    FAILED = "fail"
    LACKS = "lacks"  # the card says why, and it is true
    NOT_RUN = "not run"  # the vendor's material was not at hand


class Failed(Exception):
    """A check found what must not be. The message says what was expected and what was found."""


class NotRun(Exception):
    """What the check needs beyond the card is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    scenario: str  # "chaos out"
    check: str  # "time-out after commit"
    outcome: Outcome
    why: str = ""  # of a failure or lack; otherwise what was counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One connector's. `abilities` are those that it has."""

    slug: str
    title: str
    category: str
    abilities: Sequence[str]
    results: Sequence[Result]
    seconds: float = field(compare=False)

    @property
    def failed(self) -> Sequence[Result]:
        return [each for each in self.results if each.outcome is Outcome.FAILED]


def expect(truth: object, why: str) -> None:
    """Raises `Failed`. Not an `assert`: the kit has to find faults under `python -O`, too."""
    if not truth:
        raise Failed(why)
