"""`hub` as it is installed, with the bench's connectors in place of those of vendors.

    python -m bench.same_work.hub [--profile FILE] serve|worker …     (as `hub` itself)

With a profile, the process runs under cProfile until it is told to stop; FILE takes its figures, FILE.txt a table.
"""

import cProfile
import pstats
import sys
from pathlib import Path
from unittest.mock import patch

from bench.same_work.connector import SHOP, SINK
from hub.cli import main


def profiled(file: Path) -> None:
    profile = cProfile.Profile()
    try:
        profile.runcall(main)
    finally:
        profile.dump_stats(file)
        with file.with_name(f"{file.name}.txt").open("w") as out:
            pstats.Stats(profile, stream=out).sort_stats("tottime").print_stats(60)


if __name__ == "__main__":
    with patch("hub.connector.discover", lambda: {each.slug: each for each in (SHOP, SINK)}):
        if sys.argv[1:2] == ["--profile"]:
            to = Path(sys.argv[2])
            del sys.argv[1:3]
            profiled(to)
        else:
            main()
