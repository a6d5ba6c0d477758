"""A wire that can be bad: a TCP proxy that delays, swallows, cuts short and resets what passes."""

import asyncio
import contextlib
import random
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum


class Fault(StrEnum):
    DELAY = "delay"
    DROP = "drop"  # swallowed: the other side waits for ever
    TRUNCATE = "truncate"  # half of it, and then the end
    RESET = "reset"


class Wire:
    """Every piece that passes, either way, suffers one of `faults` with a chance of `odds`."""

    def __init__(self, host: str, port: int, chance: random.Random) -> None:
        self._to = (host, port)
        self._chance = chance
        self.faults: Sequence[Fault] = ()
        self.odds = 0.0
        self.seconds = 0.3  # of a delay
        self.struck = 0
        self.port = 0
        self._pumps: set[asyncio.Task[None]] = set()

    def leads_to(self, host: str, port: int) -> None:
        self._to = (host, port)

    async def serve(self, client: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        try:
            there, out = await asyncio.open_connection(*self._to)
        except OSError:
            _reset(back)
            return
        pumps = [asyncio.create_task(self._pump(client, out, back)), asyncio.create_task(self._pump(there, back, out))]
        self._pumps |= {*pumps}
        await asyncio.wait(pumps)
        self._pumps -= {*pumps}
        for each in (out, back):
            each.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, other: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(65536):
                fault = self._chance.choice(self.faults) if self._chance.random() < self.odds else None
                self.struck += fault is not None
                match fault:
                    case Fault.DELAY:
                        await asyncio.sleep(self.seconds)
                    case Fault.DROP:
                        continue
                    case Fault.TRUNCATE:
                        to.write(piece[: len(piece) // 2])
                        await to.drain()
                        break
                    case Fault.RESET:
                        _reset(to)
                        break
                    case None:
                        pass
                to.write(piece)
                await to.drain()
        to.close()
        other.close()

    def end(self) -> None:
        for each in self._pumps:
            each.cancel()


def _reset(writer: asyncio.StreamWriter) -> None:
    """RST instead of FIN."""
    sock = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextlib.asynccontextmanager
async def wire(host: str, port: int, chance: random.Random) -> AsyncIterator[Wire]:
    here = Wire(host, port, chance)
    server = await asyncio.start_server(here.serve, "127.0.0.1", 0)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()
        here.end()
