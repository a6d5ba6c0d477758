"""Events, commands and API keys: list, look, replay."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from hub.cli import show
from hub.cli.faults import end
from hub.cli.needs import Hub, Row, with_hub

if TYPE_CHECKING:
    from hub.settings import Settings

T = TypeVar("T")


def list_events(file: Path, state: str, connection: str, limit: int, output: show.Output) -> None:
    show.rows(_ask(file, lambda hub: hub.events(state=state, connection=connection, limit=limit)), output)


def show_event(file: Path, event_id: str) -> None:
    async def use(hub: Hub, _: "Settings") -> tuple[Row | None, str]:
        return await hub.event(event_id), hub.missing_event(event_id)

    _show(*with_hub(file, use))


def replay_events(file: Path, ids: Sequence[str]) -> None:
    _replayed(_ask(file, lambda hub: hub.replay_events(ids)), ids)


def list_commands(file: Path, state: str, connection: str, limit: int, output: show.Output) -> None:
    show.rows(_ask(file, lambda hub: hub.commands(state=state, connection=connection, limit=limit)), output)


def show_command(file: Path, command_id: str) -> None:
    _show(_ask(file, lambda hub: hub.command(command_id)), f"no command {command_id}")


def replay_commands(file: Path, ids: Sequence[str]) -> None:
    _replayed(_ask(file, lambda hub: hub.replay_commands(ids)), ids)


def create_key(file: Path, name: str, scopes: Sequence[str]) -> None:
    print(_ask(file, lambda hub: hub.create_key(name, scopes)))


def list_keys(file: Path, output: show.Output) -> None:
    show.rows(_ask(file, lambda hub: hub.keys()), output)


def revoke_key(file: Path, key_id: str) -> None:
    if not _ask(file, lambda hub: hub.revoke_key(key_id)):
        end(f"no key {key_id}")


def reseal(file: Path) -> None:
    print(f"{_ask(file, lambda hub: hub.reseal())} resealed")


def forget_tokens(file: Path, connection: str) -> None:
    if not _ask(file, lambda hub: hub.forget_tokens(connection)):
        end(f"no connection {connection}")


def _ask(file: Path, ask: Callable[[Hub], Awaitable[T]]) -> T:
    async def use(hub: Hub, _: "Settings") -> T:
        return await ask(hub)

    return with_hub(file, use)


def _show(row: Row | None, otherwise: str) -> None:
    if row is None:
        end(otherwise)
    show.one(row)


def _replayed(count: int, ids: Sequence[str]) -> None:
    print(f"{count} of {len(ids)} will be tried again")
    if count < len(ids):
        end("the others are not there, or not in a state to replay")
