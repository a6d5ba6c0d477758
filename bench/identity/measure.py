"""One set, one order of arrival: each record as it comes, then all once more, as `hub identity match` does."""

from dataclasses import dataclass
from time import perf_counter

from bench.identity.sets import Labelled
from bench.numbers import percentile
from hub.decide.evidence.columns import columns
from hub.decide.evidence.measure import Figures, measure
from hub.decide.evidence.memory import InMemory
from hub.decide.evidence.reading import read
from hub.decide.evidence.resolve import Resolver


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    arrived: Figures  # as it stood when the last record had come
    settled: Figures  # after the second look
    p50_ms: float  # a record read, resolved and remembered
    p99_ms: float
    again_ms: float  # a record looked at again, on the average
    moved: int  # records that later ones moved, while they came


def run(labelled: Labelled, seed: int) -> Run:
    known = columns(labelled.header)
    memory = InMemory()
    resolver = Resolver(memory)
    spent, moved, ids = [], 0, []
    for row in labelled.shuffled(seed):
        begun = perf_counter()
        decision = resolver.resolve(read(known, row, row["record_id"]))
        spent.append((perf_counter() - begun) * 1e3)
        moved += len(decision.moved)
        ids.append(decision.record)
    arrived = measure(memory.groups(ids), labelled.truth)
    begun = perf_counter()
    for _ in resolver.look_again(sorted(ids)):
        pass
    again = (perf_counter() - begun) * 1e3 / len(ids)
    return Run(
        arrived=arrived,
        settled=measure(memory.groups(ids), labelled.truth),
        p50_ms=percentile(spent, 0.5),
        p99_ms=percentile(spent, 0.99),
        again_ms=again,
        moved=moved,
    )
