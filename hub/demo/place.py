"""Where the demo lives: its folder, its settings, its processes."""

import asyncio
import base64
import contextlib
import json
import os
import secrets
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from hub.connector import discover
from hub.demo.cast import Role, cast
from hub.settings import load
from hub.wiring import hub_of

_READY_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the demo made. `connections` are as in `state.json`."""

    folder: Path
    hub: str
    api_key: str
    admin_key: str
    connections: Mapping[str, Mapping[str, str]]

    def webhook_url(self, connection: str) -> str:
        return self.connections[connection]["webhook_url"]

    def sandbox(self, connection: str) -> str:
        return self.connections[connection]["sandbox"]

    async def state(self, http: httpx.AsyncClient, connection: str) -> dict[str, Any]:
        """All that a vendor holds."""
        found: dict[str, Any] = (await http.get(f"{self.sandbox(connection)}/_sandbox/state", timeout=60)).json()
        return found


def _settings(database_url: str, port: int, roles: Sequence[Role], at: Mapping[str, str]) -> str:
    key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    connections = "\n".join(role.toml(at[role.connection]) for role in roles)
    return f"""# Written by the demo, with secrets of its own.
[hub]
name = "Orderhub demo"
public_url = "http://127.0.0.1:{port}"
allow_inline_secrets = true

[api]
port = {port}

[database]
url = "{database_url}"

[security]
sealing_keys = ["{key}"]

{connections}"""


@contextlib.asynccontextmanager
async def place(
    folder: Path, port: int, database_url: str | None = None, *, without: Collection[str] = ()
) -> AsyncIterator[Place]:
    """A fresh folder with settings and keys, and the vendors' servers, which end when it is left.

    `without`: connections that stay at home.
    """
    _empty(folder)
    hub = f"http://127.0.0.1:{port}"
    roles = [role for role in cast(hub, folder) if role.connection not in without]
    async with contextlib.AsyncExitStack() as stack:
        at: dict[str, str] = {}
        for name, troupe in _troupes(roles).items():
            told = [{"connection": each.connection, "vendor": each.vendor, "sandbox": each.sandbox} for each in troupe]
            module = [sys.executable, "-m", "hub.demo.servers", json.dumps(told)]
            process = await stack.enter_async_context(running(module, folder / f"{name}.log", stdout=True))
            assert process.stdout is not None
            line = await asyncio.wait_for(process.stdout.readline(), _READY_SECONDS)
            at |= json.loads(line)
        settings = folder / "hub.toml"
        settings.write_text(_settings(database_url or f"sqlite:///{folder / 'hub.db'}", port, roles, at))
        settings.chmod(0o600)
        api_key, admin_key = await _keys(settings)
        here = Place(
            folder=folder,
            hub=hub,
            api_key=api_key,
            admin_key=admin_key,
            connections={
                role.connection: {
                    "connector": role.vendor,
                    "webhook_url": f"{hub}/webhooks/{role.connection}",
                    "webhook_secret": str(role.sandbox.get("secret", "")),
                    "sandbox": at[role.connection],
                }
                for role in roles
            },
        )
        state = folder / "state.json"
        state.write_text(
            json.dumps(
                {
                    "hub": here.hub,
                    "graphql": f"{here.hub}/graphql",
                    "api_key": api_key,
                    "admin_key": admin_key,
                    "connections": here.connections,
                },
                indent=2,
            )
        )
        state.chmod(0o600)
        yield here


def _troupes(roles: Sequence[Role]) -> dict[str, list[Role]]:
    """Who shares a process: the shops one, the rest two, so that starting them does not take longer than the day."""
    found: dict[str, list[Role]] = {"stores": [], "money": [], "others": []}
    for role in roles:
        troupe = {"shopify": "stores", "woocommerce": "stores", "stripe": "money", "quickbooks": "money"}
        found[troupe.get(role.vendor, "others")].append(role)
    return found


def _empty(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


async def _keys(settings: Path) -> tuple[str, str]:
    connectors = discover()
    async with hub_of(load(settings, connectors, os.environ), connectors) as hub:
        await hub.migrate()
        return (
            await hub.create_key("demo", ["read", "write"]),
            await hub.create_key("demo admin", ["admin"]),
        )


@contextlib.asynccontextmanager
async def running(command: list[str], log: Path, *, stdout: bool = False) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that ends with us: asked first, killed when it does not listen."""
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=asyncio.subprocess.PIPE if stdout else out,
            stderr=out,
            start_new_session=True,  # Ctrl-C reaches us alone, and we end the others in order
        )
    try:
        yield process
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(process.wait(), 15)
            except TimeoutError:
                process.kill()
                await process.wait()


def hub_command(folder: Path, *command: str) -> list[str]:
    """`hub serve`, or another command, on the demo's settings."""
    name, *options = command or ("serve",)
    return [sys.executable, "-m", "hub.cli", name, "--settings", str(folder / "hub.toml"), *options]
