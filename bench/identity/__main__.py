"""`python -m bench.identity [SET…] [--orders N] [--records N] [--folder DIR]`."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path
from statistics import mean

import orjson

from bench.identity.measure import Run, run
from bench.identity.sets import FOLDER, GOALS, SPREAD, read_set

INTO = Path("var/bench/identity.json")
HEAD = (
    "set               records  P       R       F1      goal           B3 F1   spread   "
    "on arrival  spread   p50 ms  p99 ms"
)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.identity", description="Who is who, and how fast that is told."
    )
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"only these folders; without any: {', '.join(GOALS)}")
    parser.add_argument("--orders", type=int, default=5, help="orders of arrival")
    parser.add_argument("--records", type=int, default=0, help="at most so many of each set")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    given = parser.parse_args()
    names = given.sets or list(GOALS)
    if missing := [name for name in names if not (given.folder / name / "truth.csv").exists()]:
        parser.error(f"{given.folder} holds no labelled set {', '.join(missing)}")
    print(HEAD, flush=True)
    found: dict[str, list[Run]] = {}
    for name in names:
        labelled = read_set(given.folder / name, given.records)
        found[name] = []
        for seed in range(1, given.orders + 1):
            print(f"… {name}, order {seed}", file=sys.stderr, flush=True)
            found[name].append(run(labelled, seed))
        print(line(name, found[name]), flush=True)
    INTO.parent.mkdir(parents=True, exist_ok=True)
    INTO.write_bytes(
        orjson.dumps(
            {name: [asdict(each) for each in runs] for name, runs in found.items()}, option=orjson.OPT_INDENT_2
        )
    )
    print(f"\nmeans over the orders of arrival, after the second look; each run: {INTO}")


def line(name: str, runs: list[Run]) -> str:
    settled, arrived = [each.settled for each in runs], [each.arrived for each in runs]
    f1, first = [each.pair_f1 for each in settled], [each.pair_f1 for each in arrived]
    goal = GOALS.get(name)
    reached = "" if goal is None else f"{goal:.3f} {'reached' if mean(f1) >= goal else 'MISSED'}"
    return "  ".join(
        (
            f"{name:16}",
            f"{settled[0].records:7,}",
            f"{mean(each.pair_precision for each in settled):.4f}",
            f"{mean(each.pair_recall for each in settled):.4f}",
            f"{mean(f1):.4f}",
            f"{reached:13}",
            f"{mean(each.bcubed_f1 for each in settled):.4f}",
            _spread(f1),
            f"{mean(first):.4f}    ",
            _spread(first),
            f"{mean(each.p50_ms for each in runs):6.2f}",
            f"{mean(each.p99_ms for each in runs):6.2f}",
        )
    )


def _spread(values: list[float]) -> str:
    apart = max(values) - min(values)
    return f"{apart:.4f}{'!' if apart > SPREAD else ' '}"


if __name__ == "__main__":
    main()
