"""The vendors' stand-ins, each a server of its own on loopback: `python -m hub.demo.servers JSON`.

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
    "easypost": "connectors.easypost.sandbox:EasyPostSandbox",
    "hubspot": "connectors.hubspot.sandbox:HubSpotSandbox",
    "paypal": "connectors.paypal.sandbox:PayPalSandbox",
    "quickbooks": "connectors.quickbooks.sandbox:QuickBooksSandbox",
    "salesforce": "connectors.salesforce.sandbox:SalesforceSandbox",
    "shipengine": "connectors.shipengine.sandbox:ShipEngineSandbox",
    "shopify": "connectors.shopify.sandbox:ShopifySandbox",
    "slack": "connectors.slack.sandbox:SlackSandbox",
    "smtp": "connectors.smtp.sandbox:SmtpSandbox",
    "stripe": "connectors.stripe.sandbox:StripeSandbox",
    "twilio": "connectors.twilio.sandbox:TwilioSandbox",
    "woocommerce": "connectors.woocommerce.sandbox:WooCommerceSandbox",
    "xero": "connectors.xero.sandbox:XeroSandbox",
}


def make(vendor: str, options: dict[str, Any], address: str) -> Sandbox:
    """The vendor's sandbox with its constructor's arguments; `{address}` in them is where it listens."""
    module, _, name = SANDBOXES[vendor].partition(":")
    given = {
        key: value.replace("{address}", address) if isinstance(value, str) else value for key, value in options.items()
    }
    sandbox: Sandbox = getattr(importlib.import_module(module), name)(**given)
    return sandbox


async def serve(roles: list[dict[str, Any]]) -> None:
    """`roles`: {"connection", "vendor", "sandbox": its arguments}."""
    servers: list[tuple[uvicorn.Server, socket.socket]] = []
    addresses: dict[str, str] = {}
    for role in roles:
        listening = socket.create_server(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        sandbox = make(role["vendor"], role["sandbox"], address)
        # A vendor's own clock is the sandbox's word, where it gives one: not the server's.
        config = uvicorn.Config(sandbox, log_level="error", access_log=False, lifespan="off", date_header=False)
        servers.append((uvicorn.Server(config), listening))
        addresses[role["connection"]] = address
    print(json.dumps(addresses), flush=True)
    await asyncio.gather(*(server.serve(sockets=[listening]) for server, listening in servers))


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
