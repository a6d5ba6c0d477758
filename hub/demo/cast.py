"""Who plays in the demo: each connection, its vendor's stand-in, and what the hub is told of it."""

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SHOPS = {"shop_eu": "EUR", "shop_us": "USD", "shop_jp": "JPY"}
SITE = "site"  # a WooCommerce store in USD, paid by PayPal, booked in Xero
CARRIED = ("shop_us", SITE)  # whose labels the hub buys, and whose buyers it writes to


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """One connection. In both tables `{address}` stands for where the vendor's stand-in listens."""

    connection: str
    vendor: str  # the connector's slug
    sandbox: Mapping[str, Any]  # arguments of the stand-in, as JSON has them
    settings: Mapping[str, Any]

    def toml(self, address: str) -> str:
        lines = [f"[connections.{self.connection}]", f'connector = "{self.vendor}"']
        lines += [f"{name} = {_toml(value, address)}" for name, value in self.settings.items()]
        return "\n".join(lines) + "\n"


def _toml(value: Any, address: str) -> str:
    match value:
        case str():
            return json.dumps(value.replace("{address}", address), ensure_ascii=False)
        case Mapping():
            return "{ " + ", ".join(f"{name} = {_toml(item, address)}" for name, item in value.items()) + " }"
        case Sequence():
            return "[" + ", ".join(_toml(item, address) for item in value) + "]"
        case _:
            return json.dumps(value)


def new_secret() -> str:
    return secrets.token_hex(16)


def cast(hub: str, folder: Path) -> list[Role]:
    """Everybody. `hub`: its address; `folder`: where a stand-in may leave a file."""
    from hub.demo.cast_site import site_roles

    return [*_shops(), _stripe(), _quickbooks(), *site_roles(hub, folder)]


def _shops() -> list[Role]:
    roles = []
    for name, currency in SHOPS.items():
        secret, token, domain = new_secret(), new_secret(), f"{name.replace('_', '-')}.myshopify.com"
        roles.append(
            Role(
                connection=name,
                vendor="shopify",
                sandbox={
                    "secret": secret,
                    "shop": domain,
                    "access_token": token,
                    "currency": currency,
                    "points": 20_000,  # the bucket of a large plan: the day is played in a minute
                    "points_per_second": 2_000,
                },
                settings={
                    "shop": domain,
                    "access_token": token,
                    "base_url": "{address}/admin/api/2026-07",
                    "webhook": {"secrets": [secret]},
                    "rate_limit": {"requests": 200},
                },
            )
        )
    return roles


def _stripe() -> Role:
    secret, key = f"whsec_{new_secret()}", f"sk_test_{new_secret()}"
    return Role(
        connection="payments",
        vendor="stripe",
        sandbox={"secret": secret, "api_key": key},
        settings={"api_key": key, "base_url": "{address}", "webhook": {"secrets": [secret]}},
    )


def _quickbooks() -> Role:
    secret = new_secret()
    access = {
        "realm_id": "4620816365000000001",
        "client_id": "demo",
        "client_secret": new_secret(),
        "refresh_token": new_secret(),
        "currency": "USD",
    }
    return Role(
        connection="books",
        vendor="quickbooks",
        sandbox={"secret": secret, **access, "forgives_a_lost_answer": True},
        settings={
            **access,
            "base_url": "{address}",
            "token_url": "{address}/oauth2/v1/tokens/bearer",
            "webhook": {"secrets": [secret]},
            "item_id": "1",
            "walk_in_customer_id": "1",
            "multicurrency": True,
            "rate_limit": {"requests": 200},
            "channels": list(SHOPS),
        },
    )
