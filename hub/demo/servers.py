"""The vendors' stand-ins, each vendor a process of its own on loopback: `python -m hub.demo.servers VENDOR JSON`.

Prints one line of JSON, {"name": "http://127.0.0.1:PORT"}, once all of them answer.
"""

import asyncio
import importlib
import json
import socket
import sys
from typing import Any

import uvicorn

from hub.sandbox import Sandbox

SANDBOXES = {
    "quickbooks": "connectors.quickbooks.sandbox:QuickBooksSandbox",
    "shopify": "connectors.shopify.sandbox:ShopifySandbox",
    "stripe": "connectors.stripe.sandbox:StripeSandbox",
}


def make(vendor: str, options: dict[str, Any]) -> Sandbox:
    """The vendor's sandbox with its constructor's arguments."""
    module, _, name = SANDBOXES[vendor].partition(":")
    sandbox: Sandbox = getattr(importlib.import_module(module), name)(**options)
    return sandbox


async def serve(vendor: str, sandboxes: dict[str, dict[str, Any]]) -> None:
    servers: list[tuple[uvicorn.Server, socket.socket]] = []
    addresses: dict[str, str] = {}
    for name, options in sandboxes.items():
        listening = socket.create_server(("127.0.0.1", 0))
        sandbox = make(vendor, options)
        # A vendor's own clock is the sandbox's word, where it gives one: not the server's.
        config = uvicorn.Config(sandbox, log_level="error", access_log=False, lifespan="off", date_header=False)
        servers.append((uvicorn.Server(config), listening))
        addresses[name] = f"http://127.0.0.1:{listening.getsockname()[1]}"
    print(json.dumps(addresses), flush=True)
    await asyncio.gather(*(server.serve(sockets=[listening]) for server, listening in servers))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], json.loads(sys.argv[2])))
