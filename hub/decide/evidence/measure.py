"""How well a clustering agrees with the truth: over pairs, over records (B-cubed), over whole clusters."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Shares between 0 and 1."""

    records: int
    pair_precision: float
    pair_recall: float
    pair_f1: float
    bcubed_precision: float
    bcubed_recall: float
    bcubed_f1: float
    cluster_precision: float  # found clusters that are exactly a true one
    cluster_recall: float  # true clusters that were found exactly
    cluster_f1: float


def measure(found: Mapping[str, str], truth: Mapping[str, str]) -> Figures:
    """Over the records of the truth. One that was not clustered counts as alone."""
    cells: Counter[tuple[Hashable, str]] = Counter()
    for record, true in truth.items():
        cells[found.get(record, (record,)), true] += 1
    ours: Counter[Hashable] = Counter()
    theirs: Counter[str] = Counter()
    for (mine, true), count in cells.items():
        ours[mine] += count
        theirs[true] += count
    both, mine_all, true_all = _pairs(cells.values()), _pairs(ours.values()), _pairs(theirs.values())
    pairs = _share(both, mine_all), _share(both, true_all)
    size = len(truth) or 1
    bcubed = (
        sum(count * count / ours[mine] for (mine, _), count in cells.items()) / size,
        sum(count * count / theirs[true] for (_, true), count in cells.items()) / size,
    )
    exact = sum(1 for (mine, true), count in cells.items() if count == ours[mine] == theirs[true])
    whole = _share(exact, len(ours)), _share(exact, len(theirs))
    return Figures(
        records=len(truth),
        pair_precision=pairs[0],
        pair_recall=pairs[1],
        pair_f1=_f1(*pairs),
        bcubed_precision=bcubed[0],
        bcubed_recall=bcubed[1],
        bcubed_f1=_f1(*bcubed),
        cluster_precision=whole[0],
        cluster_recall=whole[1],
        cluster_f1=_f1(*whole),
    )


def _pairs(sizes: Iterable[int]) -> int:
    return sum(size * (size - 1) // 2 for size in sizes)


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
