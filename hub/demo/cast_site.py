"""Those who play around the WooCommerce site and the American shop: wallet, books, carriers, CRMs, messages."""

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.shipengine.sandbox_keys import new_key
from connectors.xero.sandbox import TENANT, WALK_IN
from hub.demo.cast import CARRIED, SITE, Role, new_secret

_BRISK = {"requests": 200}  # the day is played in a minute or two
_START = "2026-01-01T00:00:00Z"
_FROM = {
    "name": "Packing Table",
    "company": "Acme",
    "phone": "4153334445",
    "line1": "417 Montgomery Street",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94104",
    "country": "US",
}


def site_roles(hub: str, folder: Path) -> list[Role]:
    return [
        _woocommerce(hub),
        _paypal(hub, folder),
        _xero(),
        _easypost(),
        _shipengine(),
        _hubspot(hub),
        _salesforce(),
        _smtp(),
        _twilio(hub),
        _slack(),
    ]


def _woocommerce(hub: str) -> Role:
    secret, key, other = new_secret(), f"ck_{new_secret()}", f"cs_{new_secret()}"
    keys = {"consumer_key": key, "consumer_secret": other}
    return Role(
        connection=SITE,
        vendor="woocommerce",
        sandbox={"secret": secret, **keys, "delivery_url": f"{hub}/webhooks/{SITE}"},
        settings={
            "store": "https://site.example",
            **keys,
            "base_url": "{address}/wp-json/wc/v3",
            "webhook": {"secrets": [secret]},
            "refunds_by_plugin": [],
            "rate_limit": _BRISK,
        },
    )


def _paypal(hub: str, folder: Path) -> Role:
    webhook_id, root = new_secret()[:17].upper(), str(folder / "wallet-root.pem")
    app = {"client_id": "demo", "client_secret": new_secret()}
    return Role(
        connection="wallet",
        vendor="paypal",
        sandbox={
            "secret": webhook_id,
            **app,
            "address": "{address}",
            "webhook_url": f"{hub}/webhooks/wallet",
            "root_file": root,
        },
        settings={
            **app,
            "base_url": "{address}",
            "trusted_roots": root,
            "webhook": {"secrets": [webhook_id]},
            "rate_limit": _BRISK,
        },
    )


def _xero() -> Role:
    secret = new_secret()
    app = {"client_id": "demo", "client_secret": new_secret(), "refresh_token": new_secret()}
    return Role(
        connection="ledger",
        vendor="xero",
        sandbox={"secret": secret, **app},
        settings={
            "tenant_id": TENANT,
            **app,
            "base_url": "{address}",
            "token_url": "{address}/connect/token",
            "sales_account": "200",
            "tax_account": "820",
            "payment_account": "090",
            "walk_in_contact": WALK_IN,
            "webhook": {"secrets": [secret]},
            "rate_limit": _BRISK,
            "channels": [SITE],
        },
    )


def _easypost() -> Role:
    secret, key = new_secret(), f"EZAK{new_secret()}"
    return Role(
        connection="carrier_us",
        vendor="easypost",
        sandbox={"secret": secret, "api_key": key, "mode": "production"},
        settings={
            "api_key": key,
            "base_url": "{address}/v2",
            "buy_labels": "when_ready",
            "ship_from": _FROM,
            "parcel": {"weight_per_unit": 1},
            "webhook": {"secrets": [secret]},
            "rate_limit": _BRISK,
            "channels": ["shop_us"],
        },
    )


def _shipengine() -> Role:
    key, private = new_secret(), new_key()
    return Role(
        connection="carrier_site",
        vendor="shipengine",
        sandbox={"api_key": key, "private_key": private, "address": "{address}"},
        settings={
            "api_key": key,
            "base_url": "{address}",
            "buy_labels": "when_ready",
            "carriers": ["se-100001", "se-100002"],
            "ship_from": _FROM,
            "rate_limit": _BRISK,
            "channels": [SITE],
        },
    )


def _hubspot(hub: str) -> Role:
    secret, token, url = new_secret(), new_secret(), f"{hub}/webhooks/crm"
    return Role(
        connection="crm",
        vendor="hubspot",
        sandbox={"secret": secret, "access_token": token, "webhook_url": url},
        settings={
            "portal_id": "62515",
            "webhook_url": url,
            "access_token": token,
            "base_url": "{address}",
            "multicurrency": True,
            "webhook": {"secrets": [secret]},
            "rate_limit": _BRISK,
            "channels": ["shop_us"],
        },
    )


def _salesforce() -> Role:
    secret = new_secret()
    app = {"client_id": "demo", "client_secret": new_secret(), "refresh_token": new_secret()}
    return Role(
        connection="sales",
        vendor="salesforce",
        sandbox={"secret": secret, **app},
        settings={
            "organization_id": "00D5e0000000001EAA",
            **app,
            "base_url": "{address}",
            "webhook": {"secrets": [secret]},
            "rate_limit": _BRISK,
            "channels": [SITE],
        },
    )


def _smtp() -> Role:
    ports, password = (free_port(), free_port()), new_secret()
    return Role(
        connection="mail",
        vendor="smtp",
        sandbox={"password": password, "smtp_port": ports[0], "imap_port": ports[1]},
        settings={
            "host": "127.0.0.1",
            "port": ports[0],
            "security": "none",
            "username": "orders",
            "password": password,
            "sender": "orders@shop.example",
            "archive": f"imap://orders:{password}@127.0.0.1:{ports[1]}/Sent",
            **_messages(*CARRIED),
        },
    )


def _twilio(hub: str) -> Role:
    secret, url = new_secret(), f"{hub}/webhooks/sms"
    account = {"account_sid": f"AC{new_secret()}", "from_number": "+15005550006"}
    return Role(
        connection="sms",
        vendor="twilio",
        sandbox={"secret": secret, **account, "inbound_url": url},
        settings={
            **account,
            "api_secret": secret,
            "base_url": "{address}",
            "callback_url": url,
            "occasions": ["shipped"],
            "webhook": {"secrets": [secret]},
            **_messages(SITE),
        },
    )


def _slack() -> Role:
    path = f"/services/T{new_secret()[:8]}/B{new_secret()[:8]}/{new_secret()[:24]}"
    return Role(
        connection="team",
        vendor="slack",
        sandbox={"path": path},
        settings={"base_url": "{address}", "path": path, **_messages(*CARRIED)},
    )


def _messages(*channels: str) -> Mapping[str, Any]:
    return {"shop_name": "The Example Shop", "start": _START, "rate_limit": _BRISK, "channels": list(channels)}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
