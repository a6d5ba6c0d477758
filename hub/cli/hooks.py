"""Outgoing webhooks: list, tell again, let go on, try out."""

from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli import show
from hub.cli.needs import Hub, with_hub

if TYPE_CHECKING:
    from hub.settings import Settings


def listing(file: Path, output: show.Output) -> None:
    async def use(hub: Hub, _: "Settings") -> None:
        show.rows(await hub.endpoint_rows(), output)

    with_hub(file, use)


def replay(file: Path, endpoint: str, cursor: int) -> None:
    async def use(hub: Hub, _: "Settings") -> None:
        await hub.replay_endpoint(endpoint, cursor)

    with_hub(file, use)
    print(f"{endpoint} will be told again of everything behind cursor {cursor}")


def resume(file: Path, endpoint: str) -> None:
    async def use(hub: Hub, _: "Settings") -> None:
        await hub.resume_endpoint(endpoint)

    with_hub(file, use)
    print(f"{endpoint} goes on where it stopped")


def test(file: Path, endpoint: str) -> None:
    async def use(hub: Hub, _: "Settings") -> None:
        await hub.ping_endpoint(endpoint)

    with_hub(file, use)
    print(f"{endpoint} took a signed hub.ping")
