"""`python -m bench [--quick] [--record] [--database sqlite|postgresql] [MEASURE…]`, or `python -m bench same-work`."""

import argparse
import sys
from pathlib import Path

import orjson
import uvloop

from bench.ground import KINDS
from bench.history import FIGURES, keep, record
from bench.named import named
from bench.report import goals, table
from bench.run import BY_ITSELF, MEASURES, run
from bench.same_work import command as same_work
from bench.sizes import FULL, QUICK

HERE = Path("var/bench")


def main() -> None:
    if sys.argv[1:2] == ["same-work"]:
        same_work.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m bench", description="What the hub costs.")
    parser.add_argument(
        "measures",
        nargs="*",
        metavar="MEASURE",
        help=f"only these of {', '.join(MEASURES)}; without any, all but {', '.join(BY_ITSELF)}",
    )
    parser.add_argument("--quick", action="store_true", help="one round of small sizes: whether it runs, not how fast")
    parser.add_argument("--record", action="store_true", help="add a row to the history in docs/benchmarks.md")
    parser.add_argument("--database", choices=KINDS, help="only this one")
    given = parser.parse_args()
    if given.record and given.quick:
        parser.error("a quick run is nothing to remember")
    if unknown := set(given.measures) - set(MEASURES):
        parser.error(f"there is no measure {', '.join(sorted(unknown))}")
    kinds = (given.database,) if given.database else KINDS
    measures = given.measures or [each for each in MEASURES if each not in BY_ITSELF]
    result = uvloop.run(run(HERE / "run", kinds, QUICK if given.quick else FULL, measures))
    (HERE / "latest.json").write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))
    figures = named(result)
    print(table(result))
    print(f"\n{goals(figures)}\n\nall rounds: {HERE / 'latest.json'}")
    if not given.quick:  # what is small and done once says that it runs, and no more
        keep(figures)
        print(f"named figures: {FIGURES}")
    if given.record:
        record(figures, result["at"], result["machine"])


if __name__ == "__main__":
    main()
