"""The stub of `bench.same_work` with a watch: when each delivery first arrived.

python -m bench.arrivals
"""

import asyncio
import contextlib
import sys
import time

import orjson
import uvloop

from bench.same_work.stub import Ledger, Vendor
from hub.front import bind, stopping_on_signals

Arrivals = list[tuple[float, str, str, int]]  # when, sink, order, revision


class Timed(Vendor):
    def __init__(self, ledger: Ledger, arrivals: Arrivals) -> None:
        super().__init__(ledger)
        self._known = ledger
        self._arrivals = arrivals

    def _answer(self) -> tuple[str, bytes]:
        if self._url == b"/arrivals":
            return "200 OK", orjson.dumps(self._arrivals)
        before = len(self._known)
        answer = super()._answer()
        if len(self._known) > before:
            self._arrivals.append((time.time(), *next(reversed(self._known))))
        return answer


async def main() -> None:
    stop, listening = asyncio.Event(), bind("127.0.0.1", 0)
    ledger, arrivals = Ledger(), Arrivals()
    server = await asyncio.get_running_loop().create_server(lambda: Timed(ledger, arrivals), sock=listening)
    with stopping_on_signals(stop), contextlib.closing(server):
        print(f"Ready: http://127.0.0.1:{listening.getsockname()[1]}", file=sys.stderr, flush=True)
        await stop.wait()


if __name__ == "__main__":
    uvloop.run(main())
