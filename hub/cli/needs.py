"""What the commands need of a wired hub, and how they come by it."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from hub.connector import Connector, Finding
    from hub.keeping import Keeper
    from hub.measuring import Overview
    from hub.settings import Settings
    from hub.store.way import Way

Row = Mapping[str, Any]  # JSON: the columns that people see
T = TypeVar("T")


class Hub(Protocol):
    """`hub.wiring` builds it: `async with hub_of(settings, connectors) as hub`."""

    async def migrate(self) -> None: ...

    def serve_app(self, stop: asyncio.Event) -> "ASGIApp":
        """The API. Subscriptions end when `stop` is set."""

    async def open_door(self) -> None:
        """Commits what webhooks bring, and hears other processes; until cancelled."""

    async def work(self, stop: asyncio.Event) -> None:
        """All movements, until `stop` is set and what was held is finished or returned."""

    async def rebuild(self) -> int:
        """Folds every order again from its records. How many there are."""

    async def prune(self, *, dry_run: bool) -> Sequence[Row]:
        """What is over and old goes; `dry_run`: how much it would be."""

    def check(self, connection: str) -> "AsyncIterator[Finding]": ...

    async def events(self, *, state: str, connection: str, limit: int) -> Sequence[Row]:
        """Newest first; `""` for all."""

    async def event(self, event_id: str) -> Row | None: ...

    def missing_event(self, event_id: str) -> str:
        """In words, why there is no event of that id."""

    async def replay_events(self, ids: Sequence[str]) -> int:
        """Makes them due again. How many there were."""

    async def commands(self, *, state: str, connection: str, limit: int) -> Sequence[Row]: ...

    async def command(self, command_id: str) -> Row | None:
        """With its attempts."""

    async def overview(self) -> "Overview":
        """What waits, and how the lanes go."""

    async def ways(self, id: str) -> "Sequence[Way]":
        """What an event led to, by its id, or that of a command or an order. Empty: there is no such id."""

    async def replay_commands(self, ids: Sequence[str]) -> int: ...

    async def reseal(self) -> int:
        """Seals what is sealed under older keys under the first one. How many there were."""

    async def forget_tokens(self, connection: str) -> bool:
        """False where there is no such connection."""

    @property
    def keeper(self) -> "Keeper":
        """Connecting, pausing, resuming, backfills, health."""

    async def create_key(self, name: str, scopes: Sequence[str]) -> str:
        """The key itself, which is shown this once. Raises `Refused` for an unknown scope."""

    async def keys(self) -> Sequence[Row]: ...

    async def endpoint_rows(self) -> Sequence[Row]: ...

    async def replay_endpoint(self, endpoint: str, cursor: int) -> None:
        """Raises `Refused` for an endpoint or a cursor that there is not."""

    async def resume_endpoint(self, endpoint: str) -> None: ...

    async def ping_endpoint(self, endpoint: str) -> None:
        """Raises `HubError` where the message is not taken."""

    async def revoke_key(self, key_id: str) -> bool:
        """False where there is no such key."""


def settings_of(file: Path) -> "tuple[Settings, Mapping[str, Connector]]":
    from hub.connector import discover
    from hub.settings import load

    connectors = discover()
    return load(file, connectors, os.environ), connectors


def with_hub(file: Path, use: "Callable[[Hub, Settings], Awaitable[T]]") -> T:
    """Reads the settings, wires a hub, uses it and closes it."""
    import uvloop

    from hub.observe import set_up

    settings, connectors = settings_of(file)
    set_up(settings.log.format, settings.log.level)

    async def run() -> T:
        async with _open(settings, connectors) as hub:
            return await use(hub, settings)

    return uvloop.run(run())


def _open(settings: "Settings", connectors: "Mapping[str, Connector]") -> AbstractAsyncContextManager[Hub]:
    from hub.wiring import hub_of

    return hub_of(settings, connectors)
