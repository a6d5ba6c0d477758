"""The hub as it is, with the two vendors of the history, a clock that a file moves, and short waits:

    python -m tests.history.hub serve|api|work SETTINGS PORT CLOCK

The code that runs is that of `hub serve`, `hub serve --no-worker` and `hub worker`.
"""

import importlib
import importlib.util
import sys
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path
from typing import Any

import hub.cli.needs
import hub.connector
import hub.wiring
from hub.cli.run import serve, work
from hub.connector import Connector
from hub.settings import Settings
from hub.transport.client import WayOut
from tests.history import hurry, sink, store
from tests.history.clock import HostClock, Passing

CONNECTORS = {each.slug: each for each in (store.CONNECTOR, sink.CONNECTOR)}


def _handed_in(clock: HostClock) -> None:
    def opened(settings: Settings, connectors: Mapping[str, Connector]) -> AbstractAsyncContextManager[Any]:
        return hub.wiring.hub_of(settings, connectors, clock)

    hurry.hand_in(hub.connector, discover=lambda: CONNECTORS)
    hurry.hand_in(hub.wiring, WayOut=partial(WayOut, ticks=clock.ticks))
    if importlib.util.find_spec("hub.store.clock") is None:
        hurry.hand_in(hub.cli.needs, _open=opened)
    else:  # the hub asks the database for the time: its host's clock is handed in below that
        shared = importlib.import_module("hub.store.clock").SharedClock
        hurry.hand_in(hub.wiring, SharedClock=lambda database: Passing(shared(database, clock.wall), clock))


def main(what: str, settings: str, port: str, clock: str) -> None:
    _handed_in(HostClock(Path(clock)))
    hurry.all_waits()
    if what == "work":
        work(Path(settings))
    else:
        serve(Path(settings), None, int(port), what == "serve")


if __name__ == "__main__":
    main(*sys.argv[1:])
