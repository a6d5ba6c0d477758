"""Where one connector is held to the kit: makes sandboxes and hubs, and keeps the exchanges of all of them."""

import contextlib
import shutil
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.card import Card, Exchange
from hub.conform.rig import Rig, Time
from hub.connector import Connector
from hub.sandbox import Delivery, Sandbox
from hub.store.credentials import Credentials
from hub.store.database import Database
from hub.store.migrations import migrate
from hub.store.sealing import Sealer, new_key

if TYPE_CHECKING:
    from hub.conform.chaos_out import Plain
    from hub.conform.story import Story

ADDRESS = "http://127.0.0.1:8080"  # the sandbox's, as the connector's settings name it: nothing listens there


async def template(folder: Path) -> Path:
    """A migrated database, which every hub of a run starts as a copy of."""
    path = folder / "template.db"
    database = Database(f"sqlite:///{path}")
    await migrate(database)
    await database.close()
    return path


def settings_of(connector: Connector, card: Card, sandbox: Sandbox, more: Mapping[str, Any]) -> Any:
    """As `hub.toml` would give them. Our own call budget is lifted: no scenario waits for it."""
    keys = {"rate_limit": {"requests": 1_000_000}} | dict(card.settings(sandbox, ADDRESS)) | dict(more)
    return connector.settings.model_validate(keys | {"connector": connector.slug})


class Bench:
    def __init__(
        self,
        connector: Connector,
        card: Card,
        folder: Path,
        empty: Path,
        material: Path | None,
        burst: int,
        places: int,
    ) -> None:
        self.connector, self.card, self.material = connector, card, material
        self.burst, self.places = burst, places  # as of `run`
        self.exchanges: list[Exchange] = []
        self.story: Story | None = None  # told once …
        self.plain: Plain | None = None  # … as the wish on a good day is wished once
        self._folder, self._empty = folder, empty
        self._made = 0
        self._tokens: dict[int, Database] = {}
        self._sealer = Sealer([new_key()])
        self._sandboxes: list[Sandbox] = []  # held, so that no id is given twice

    def vendor(self) -> tuple[Sandbox, Time]:
        time = Time()
        sandbox = self.card.sandbox(time)
        self.card.settings(sandbox, ADDRESS)  # some vendors name their own address in what they say
        self._sandboxes.append(sandbox)
        return sandbox, time

    def _database(self) -> Database:
        self._made += 1
        path = self._folder / f"{self._made}.db"
        shutil.copy(self._empty, path)
        return Database(f"sqlite:///{path}")

    async def close(self) -> None:
        for each in self._tokens.values():
            await each.close()

    @contextlib.asynccontextmanager
    async def rig(self, sandbox: Sandbox, time: Time, settings: Mapping[str, Any] | None = None) -> AsyncIterator[Rig]:
        """A fresh hub. `settings` are added to the card's.

        Tokens are kept beside the hubs, for each sandbox: vendors that rotate them would not let a second hub in.
        """
        if id(sandbox) not in self._tokens:
            self._tokens[id(sandbox)] = self._database()
        rig = Rig(
            self.connector,
            settings_of(self.connector, self.card, sandbox, settings or {}),
            sandbox,
            time,
            self._database(),
            Credentials(self._tokens[id(sandbox)], self._sealer, time),
        )
        try:
            await rig.open()
            yield rig
        finally:
            await rig.close()
            self.exchanges += rig.wire.exchanges

    def sign(self, sandbox: Sandbox, delivery: Delivery, body: bytes, time: Time) -> Delivery | None:
        """The delivery with another body, as genuine as the vendor's. `None`: nobody here has the vendor's key."""
        if self.card.sign is not None:
            headers = self.card.sign(sandbox, delivery.kind, body)
        elif self.connector.sign is not None:
            settings = settings_of(self.connector, self.card, sandbox, {})
            headers = self.connector.sign(settings, delivery.kind, body, time())
        else:
            return None
        fresh = {name.lower() for name in headers}
        kept = {name: value for name, value in delivery.headers.items() if name.lower() not in fresh}
        return replace(delivery, headers=kept | dict(headers), body=body)
