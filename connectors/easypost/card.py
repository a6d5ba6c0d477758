"""What the conformance kit has to know of EasyPost."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connectors.easypost.recorded import Recordings
from connectors.easypost.sandbox import EasyPostSandbox
from connectors.shipping.references import order_in
from hub.card import Ability, Card, Made, Vector, Wish
from hub.connector import Incoming
from hub.domain.clock import Clock
from hub.domain.records import Kind
from hub.sandbox import Sandbox

_SECRET = "sandbox-sécret"  # noqa: S105 - of the stand-in; the accent is normalised before it signs
SHIP_FROM = {
    "name": "The Store",
    "line1": "417 Montgomery Street",
    "city": "San Francisco",
    "region": "CA",
    "postal_code": "94104",
    "country": "US",
    "phone": "4153334445",
}


def card() -> Card:
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        makes={"label": _label, "return label": _return_label, "tracker": _tracker},
        edit=_edit,
        wish=Wish(orders=("paid",), settings={"buy_labels": "when_ready", "ship_from": SHIP_FROM}, spoil=_spoil),
        effects=_effects,
        disable=_disable,
        lacks={
            Ability.DELETE: "a label is given back, never deleted",
            Ability.OAUTH: "an API key, without end",
        },
        recordings=_recordings,
        vectors=_vectors,
        description=lambda folder: Recordings(folder).judge,
    )


def _sandbox(now: Clock) -> Sandbox:
    return EasyPostSandbox(secret=_SECRET, now=now)


def _mine(sandbox: Sandbox) -> EasyPostSandbox:
    assert isinstance(sandbox, EasyPostSandbox)
    return sandbox


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    return {
        "api_key": _mine(sandbox).api_key,
        "mode": _mine(sandbox).mode,
        "base_url": f"{address}/v2",
        "webhook": {"secrets": [sandbox.secret]},
    }


def _label(sandbox: Sandbox) -> Made:
    return Made(kind=Kind.SHIPMENT, external_id=_mine(sandbox).buy_by_hand()["id"])


def _return_label(sandbox: Sandbox) -> Made:
    return Made(kind=Kind.SHIPMENT, external_id=_mine(sandbox).buy_by_hand(is_return=True)["id"])


def _tracker(sandbox: Sandbox) -> Made:
    mine = _mine(sandbox)
    return Made(kind=Kind.SHIPMENT, external_id=mine.track(f"1Z{len(mine.trackers):016d}")["id"])


def _edit(sandbox: Sandbox, made: Made) -> None:
    _mine(sandbox).scan(made.external_id, "in_transit")


def _disable(sandbox: Sandbox) -> None:
    _mine(sandbox).disable_webhooks()


def _spoil(sandbox: Sandbox) -> None:
    """Somebody gives the labels back in the dashboard."""
    for shipment in list(_mine(sandbox).shipments.values()):
        if shipment["postage_label"]:
            _mine(sandbox).end_refund(shipment["id"])


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    labels = [
        f"label {order_in(each['reference']) or each['id']}"
        for each in state["shipments"]
        if each["postage_label"] and each["refund_status"] in (None, "rejected")
    ]
    return [*labels, *(f"refund {each}" for each in state["refunds"])]


def _recordings(folder: Any) -> Sequence[tuple[str, bytes]]:
    paths = sorted(
        path for name in ("exchanges", "doc_responses", "webhooks") for path in folder.glob(f"{name}/*.json")
    )
    return [(f"{path.parent.name}/{path.name}", path.read_bytes()) for path in paths]


def _vectors(folder: Any) -> Sequence[Vector]:
    path = folder / "signatures" / "vectors.json"
    told = json.loads(path.read_text(encoding="utf-8"))["vectors"] if path.is_file() else []
    return [
        Vector(
            name=each["name"],
            incoming=Incoming(
                method="POST",
                url="https://hub.example/webhooks/parcels",
                headers={name.lower(): value for name, value in each["headers"].items()},
                body=each["body"].encode(),
            ),
            secrets=[each["secret"]],
            settings={},
            at="2026-01-01T00:00:00Z",
            genuine=each["valid"],
        )
        for each in told
    ]
