"""`python -m bench same-work [--quick] [--events N] [--profile] [--database KIND] [--peers [PEER …]]`

The hub alone, or with `--peers` beside job libraries that do the same work (`make bench-peers` installs them).
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import uvloop

from bench.ground import KINDS, ground
from bench.numbers import Figures
from bench.peers.engines import LIBRARIES, NAMES, NOTE, peers
from bench.same_work.engine import Engine
from bench.same_work.measure import FULL, PROFILED, QUICK, Sizes, measured
from bench.same_work.ours import ours
from bench.same_work.report import ratios, remember, sound, table

_HERE = Path("var/bench/same-work")
_NAMED = Path("var/bench.json")


async def same_work(engines: Sequence[Engine], sizes: Sizes, folder: Path) -> dict[str, list[Figures]]:
    kinds = KINDS if any(each.needs_postgres for each in engines) else ("sqlite",)
    with ground(folder, kinds) as here:
        return await measured(here, engines, sizes)


def main(words: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench same-work", description="Webhook to two vendor calls done.")
    parser.add_argument("--quick", action="store_true", help="one small round: whether it runs, not how fast")
    parser.add_argument("--database", choices=KINDS, help="the hub on this one only")
    parser.add_argument("--profile", action="store_true", help=f"under cProfile, into {_HERE / 'profile'}; no ratios")
    parser.add_argument("--peers", nargs="*", choices=NAMES, metavar="PEER", help=f"beside these: {', '.join(NAMES)}")
    parser.add_argument("--events", type=int, help="so many in one round, instead of what is usual")
    given = parser.parse_args(words)
    sizes = PROFILED if given.profile else QUICK if given.quick else FULL
    if given.events:
        sizes = replace(sizes, events=given.events)
    profiles = _HERE / "profile" if given.profile else None
    if profiles:
        profiles.mkdir(parents=True, exist_ok=True)
    engines = [ours(kind, profiles) for kind in ((given.database,) if given.database else KINDS)]
    if given.peers is not None:
        try:
            engines += peers(given.peers or NAMES)
        except RuntimeError as fault:
            parser.error(str(fault))
    rounds = uvloop.run(same_work(engines, sizes, _HERE / "run"))
    print(table(rounds, {each.name: each.title for each in engines}))
    (_HERE / "latest.json").write_bytes(orjson.dumps(rounds, option=orjson.OPT_INDENT_2))
    if profiles:
        print(f"\nprofiles: {profiles}/*.prof, tables beside them")
        return
    named = ratios(rounds, LIBRARIES)
    if not given.quick:  # one small round is no figure
        remember(_NAMED, named)
    print("\n" + "\n".join(f"{name} {value:.2f}" for name, value in named.items()))
    if "taskiq_nats" in rounds:
        print(NOTE)
    # A peer that loses or doubles has its row; the hub has no excuse.
    if not all(sound(rounds[kind]) for kind in KINDS if kind in rounds):
        raise SystemExit("not every delivery of the hub arrived once and was marked done")
