"""`hub preview`: the message that an order would bring somebody, without sending it."""

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli.faults import end
from hub.cli.needs import settings_of

if TYPE_CHECKING:
    from hub.connector import Connector, OrderView
    from hub.settings import Settings


def preview(file: Path, connection: str, order: str, occasion: str) -> None:
    """Whether the message is due or was sent already makes no difference."""
    import asyncio

    from hub.domain.commands import Command, Mismatch
    from hub.domain.errors import Misconfigured

    settings, connectors = settings_of(file)
    if connection not in settings.connections:
        known = ", ".join(sorted(settings.connections)) or "none"
        raise Misconfigured(f"{file}: no connection {connection!r}; there are: {known}")
    connector = connectors[settings.connections[connection].connector]
    if connector.preview is None:
        raise Misconfigured(f"{connector.title} sends no messages")
    view = asyncio.run(_view(settings, connector, connection, order))
    if view is None:
        end(f"no order {order}, or several of this number: name it by its id")
    found = connector.preview(view, occasion)
    if isinstance(found, Mismatch):
        end(f"{found.about}: {found.expected} is expected, found: {found.found}")
    common = {each.name for each in fields(Command)}
    for each in fields(found):
        value = getattr(found, each.name)
        if each.name in common or value in ("", ()):
            continue
        lines = str(value).rstrip("\n")
        print(f"{each.name}: {lines}" if "\n" not in lines else f"\n{each.name}:\n{lines}")


async def _view(settings: "Settings", connector: "Connector", connection: str, order: str) -> "OrderView | None":
    from hub.pipeline.plan import view_of
    from hub.pipeline.registry import Connection
    from hub.store.database import Database

    own = settings.connections[connection]
    database = Database(settings.database.url)
    try:
        return await view_of(
            database, Connection(id=connection, connector=connector, settings=own, settings_digest=""), order
        )
    finally:
        await database.close()
