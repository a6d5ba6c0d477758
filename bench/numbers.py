"""Medians and percentiles."""

from collections.abc import Sequence
from statistics import median
from typing import Any

Figures = dict[str, float]


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank: a value that was really seen."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def medians(rounds: Sequence[Figures]) -> dict[str, Any]:
    """The median of each figure, with the rounds that it is of."""
    return {name: median(each[name] for each in rounds) for name in rounds[0]} | {"rounds": list(rounds)}


def paired(ours: Sequence[Figures], others: Sequence[Figures], name: str) -> float:
    """The median of the ratios of neighbouring rounds: what slows the whole machine slows both."""
    return median(mine[name] / other[name] for mine, other in zip(ours, others, strict=True))
