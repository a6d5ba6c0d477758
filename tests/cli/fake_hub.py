"""Runs `hub` with a hub that only says what is asked of it: `python -m tests.cli.fake_hub BREAKS hub-arguments…`."""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.types import ASGIApp

from hub import connector
from hub.cli import main, needs
from hub.domain.errors import NeedsAttention
from hub.domain.ids import new_id
from hub.observe import traces

BREAKS = sys.argv[1]  # what fails: "door", "work" or "nothing"


def say(word: str) -> None:
    print(word, flush=True)


class FakeHub:
    async def migrate(self) -> None:
        say("migrated")

    def serve_app(self, stop: asyncio.Event) -> ASGIApp:
        return Starlette()

    async def open_door(self) -> None:
        say("door open")
        if BREAKS == "door":
            raise NeedsAttention("the door is broken")
        try:
            await asyncio.Event().wait()
        finally:
            say("door shut")

    async def work(self, stop: asyncio.Event) -> None:
        if BREAKS == "work":
            raise NeedsAttention("the work is broken")
        say("working")
        now = datetime.now(UTC)
        traces.record("receive", new_id("evt"), now, now)
        await stop.wait()
        say("returned")


@contextlib.asynccontextmanager
async def fake(*_: object) -> AsyncIterator[FakeHub]:
    yield FakeHub()
    say("closed")


if __name__ == "__main__":
    connector.discover = dict
    setattr(needs, "_open", fake)  # noqa: B010 - mypy knows that a fake is no whole hub
    sys.argv = ["hub", *sys.argv[2:]]
    main()
