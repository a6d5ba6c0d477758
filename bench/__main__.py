"""`python -m bench [--quick] [--database sqlite|postgresql] [MEASURE…]`, or `python -m bench same-work`."""

import argparse
import sys
from pathlib import Path

import orjson
import uvloop

from bench.ground import KINDS
from bench.report import table
from bench.run import MEASURES, run
from bench.same_work import command as same_work
from bench.sizes import FULL, QUICK

HERE = Path("var/bench")


def main() -> None:
    if sys.argv[1:2] == ["same-work"]:
        same_work.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m bench", description="What the hub costs.")
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"only these: {', '.join(MEASURES)}")
    parser.add_argument("--quick", action="store_true", help="one round of small sizes: whether it runs, not how fast")
    parser.add_argument("--database", choices=KINDS, help="only this one")
    given = parser.parse_args()
    if unknown := set(given.measures) - set(MEASURES):
        parser.error(f"there is no measure {', '.join(sorted(unknown))}")
    kinds = (given.database,) if given.database else KINDS
    result = uvloop.run(run(HERE / "run", kinds, QUICK if given.quick else FULL, given.measures or MEASURES))
    (HERE / "latest.json").write_bytes(orjson.dumps(result, option=orjson.OPT_INDENT_2))
    print(table(result))
    print(f"\nmedians of {1 if given.quick else FULL.rounds} rounds; all of them: {HERE / 'latest.json'}")


if __name__ == "__main__":
    main()
