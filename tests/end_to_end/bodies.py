"""Bodies of webhooks, with as little in them as their vendors' readers need."""

import json
from typing import Any


def stripe(
    kind: str = "payment_intent.succeeded", id: str = "evt_1", *, created: int = 1_795_348_800, **of: Any
) -> bytes:
    """A Stripe event; without more said, of a payment of 10 EUR."""
    intent = {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 1000,
        "amount_received": 1000,
        "currency": "eur",
        "status": "succeeded",
        "created": created,
        "metadata": {},
    }
    event = {
        "id": id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": created,
        "livemode": False,
        "type": kind,
        "data": {"object": intent | of},
    }
    return json.dumps(event).encode()


def quickbooks(id: str = "42", name: str = "Invoice", operation: str = "Update") -> bytes:
    entity = {"name": name, "id": id, "operation": operation, "lastUpdated": "2026-11-22T11:00:00.000Z"}
    return json.dumps({"eventNotifications": [{"realmId": "1", "dataChangeEvent": {"entities": [entity]}}]}).encode()


def parcel(id: str = "p1", order: str = "ord_x", revision: int = 1, **more: Any) -> bytes:
    said = {
        "id": id,
        "revision": revision,
        "order": order,
        "status": "pending",
        "tracking": "PB1",
        "created_at": "2026-11-22T11:00:00Z",
        "updated_at": "2026-11-22T11:00:00Z",
    }
    return json.dumps(said | more).encode()
