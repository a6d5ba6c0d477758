"""The hub as it is, with the two vendors of the history, a clock that a file moves, and short waits:

    python -m tests.history.hub serve|api|work SETTINGS PORT CLOCK

The code that runs is that of `hub serve`, `hub serve --no-worker` and `hub worker`.
"""

import sys
from functools import partial
from pathlib import Path

import hub.connector
import hub.wiring
from hub.cli.run import serve, work
from hub.store.clock import SharedClock
from hub.transport.client import WayOut
from tests.history import hurry, sink, store
from tests.history.clock import HostClock, Passing

CONNECTORS = {each.slug: each for each in (store.CONNECTOR, sink.CONNECTOR)}


def _handed_in(clock: HostClock) -> None:
    hurry.hand_in(hub.connector, discover=lambda: CONNECTORS)
    hurry.hand_in(hub.wiring, WayOut=partial(WayOut, ticks=clock.ticks))
    # The hub asks the database for the time: its host's clock is handed in below that.
    hurry.hand_in(hub.wiring, SharedClock=lambda database: Passing(SharedClock(database, clock.wall), clock))


def main(what: str, settings: str, port: str, clock: str) -> None:
    _handed_in(HostClock(Path(clock)))
    hurry.all_waits()
    if what == "work":
        work(Path(settings))
    else:
        serve(Path(settings), None, int(port), what == "serve")


if __name__ == "__main__":
    main(*sys.argv[1:])
