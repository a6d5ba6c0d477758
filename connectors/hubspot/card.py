"""HubSpot's card for the conformance kit."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from connectors.hubspot import properties
from connectors.hubspot.description import judge
from connectors.hubspot.sandbox import HubSpotSandbox
from hub.card import WEBHOOK_URL, Ability, Card, Made, Vector, Wish
from hub.connector import Incoming
from hub.domain.clock import Clock, from_unix, rfc3339
from hub.domain.records import Kind
from hub.sandbox import Sandbox

_SECRET = "sandbox-client-secret"  # noqa: S105 - of a sandbox


def card() -> Card:
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        makes={"contact": _make_contact, "deal": _make_deal},
        edit=_edit,
        delete=_delete,
        wish=Wish(orders=("paid",), spoil=_spoil),
        effects=_effects,
        expire=_expire,
        stranger=_stranger,
        lacks={
            Ability.SUBSCRIPTION: "the subscriptions are the app's: they take its developer's key, not an account's"
        },
        recordings=_recordings,
        vectors=_vectors,
        description=judge,
    )


def _sandbox(now: Clock) -> Sandbox:
    return HubSpotSandbox(secret=_SECRET, webhook_url=WEBHOOK_URL, now=now)


def _stranger(now: Clock) -> Sandbox:
    """Another account that has installed the same app: its events come to the same address, as well signed."""
    return HubSpotSandbox(secret=_SECRET, webhook_url=WEBHOOK_URL, portal_id=62516, now=now)


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    """As a public app, so that tokens expire; with the CRM's own deals read, so that a deal made by hand is seen."""
    there = _hubspot(sandbox)
    return {
        "portal_id": str(there.portal_id),
        "webhook_url": there.webhook_url,
        "client_id": there.client_id,
        "client_secret": there.secret,
        "refresh_token": there.refresh_token,
        "base_url": address,
        "currency": there.currency,
        "multicurrency": there.multicurrency,
        "deals": "all",
        "webhook": {"secrets": [there.secret]},
    }


def _make_contact(sandbox: Sandbox) -> Made:
    there = _hubspot(sandbox)
    number = len(there.portal.objects["contacts"]) + 1
    made = there.create_contact(f"person{number}@crm.example", "Pat", f"Number{number}", f"+1 555 01{number:02}")
    return Made(kind=Kind.CUSTOMER, external_id=made["id"])


def _make_deal(sandbox: Sandbox) -> Made:
    made = _hubspot(sandbox).create_deal("A deal made by hand", "120.50")
    return Made(kind=Kind.DEAL, external_id=made["id"])


def _edit(sandbox: Sandbox, made: Made) -> None:
    portal = _hubspot(sandbox).portal
    if made.kind is Kind.CUSTOMER:
        phone = portal.find("contacts", made.external_id)["properties"].get("phone") or "+1 555 0100"
        portal.update("contacts", made.external_id, {"phone": f"{phone}9"})
    else:
        name = portal.find("deals", made.external_id)["properties"]["dealname"]
        portal.update("deals", made.external_id, {"dealname": f"{name} (edited)"})


def _delete(sandbox: Sandbox, made: Made) -> None:
    _hubspot(sandbox).portal.archive("contacts" if made.kind is Kind.CUSTOMER else "deals", made.external_id)


def _expire(sandbox: Sandbox) -> None:
    _hubspot(sandbox).expire_tokens()


def _spoil(sandbox: Sandbox) -> None:
    """Somebody moves our deals to a stage that the hub knows nothing of."""
    portal = _hubspot(sandbox).portal
    for deal in list(portal.live("deals")):
        if deal["properties"].get(properties.ORDER):
            portal.update("deals", deal["id"], {"dealstage": "presentationscheduled"})


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    deals = [each["properties"] for each in state["deals"]]
    contacts = [each["properties"] for each in state["contacts"]]
    return [
        *(f"deal of {each[properties.ORDER]}" for each in deals if each.get(properties.ORDER)),
        *(f"contact {each['email']}" for each in contacts if each.get("email")),
    ]


def _recordings(folder: Path) -> Sequence[tuple[str, bytes]]:
    files = [file for part in ("exchanges", "webhooks") for file in sorted((folder / part).glob("*.json"))]
    return [(file.name, file.read_bytes()) for file in files]


def _vectors(folder: Path) -> Sequence[Vector]:
    """Of version 3. Genuine deliveries in versions 1 and 2 are refused on purpose: they prove less."""
    material = json.loads((folder / "signatures" / "vectors.json").read_text())
    return [
        Vector(
            name=each["name"],
            incoming=Incoming(
                method=each["method"],
                url=each["url"],
                headers={name.lower(): value for name, value in each["headers"].items()},
                body=each["body"].encode(),
            ),
            secrets=[each["secret"]],
            settings={"webhook_url": each["url"]},
            at=rfc3339(from_unix(0) + timedelta(milliseconds=each["now_ms"])),
            genuine=each["valid"],
        )
        for each in material["vectors"]
        if each["version"] == "v3"
    ]


def _hubspot(sandbox: Sandbox) -> HubSpotSandbox:
    assert isinstance(sandbox, HubSpotSandbox)
    return sandbox
