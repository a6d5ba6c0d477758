"""ShipEngine's card for the conformance kit."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.shipengine.sandbox import ShipEngineSandbox
from connectors.shipengine.sandbox_keys import new_key
from hub.card import Ability, Card, Exchange, Made, Vector, Wish
from hub.connector import Incoming
from hub.domain.clock import Clock
from hub.domain.records import Kind
from hub.sandbox import Sandbox

_CARRIERS = ["se-100001", "se-100002"]
_FROM = {
    "name": "Packing Table",
    "company": "Acme",
    "phone": "555-0199",
    "line1": "4009 Marathon Blvd",
    "city": "Austin",
    "region": "TX",
    "postal_code": "78756",
    "country": "US",
}
_TRACKING = "tracking:"


def _sandbox(now: Clock) -> ShipEngineSandbox:
    return ShipEngineSandbox(private_key=new_key(), now=now)


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    """The private key among the secrets is for `sign` alone; what is believed stands at the sandbox's `/jwks`."""
    assert isinstance(sandbox, ShipEngineSandbox)
    return {
        "api_key": sandbox.api_key,
        "base_url": address,
        "webhook": {"secrets": [sandbox.private_key]},
        "track_every": "0s",
        "rate_limit": {"requests": 1000, "per": "1s"},
    }


def _make_label(sandbox: Sandbox) -> Made:
    assert isinstance(sandbox, ShipEngineSandbox)
    return Made(kind=Kind.SHIPMENT, external_id=sandbox.make_label()["label_id"])


def _make_parcel(sandbox: Sandbox) -> Made:
    assert isinstance(sandbox, ShipEngineSandbox)
    label = sandbox.shelf.make_by_hand("", "")
    sandbox.move(label["label_id"], "accepted")
    return Made(kind=Kind.SHIPMENT, external_id=_TRACKING + label["tracking_number"])


def _edit(sandbox: Sandbox, made: Made) -> None:
    """A parcel is scanned again; a label is voided, of which no webhook tells."""
    assert isinstance(sandbox, ShipEngineSandbox)
    if not made.external_id.startswith(_TRACKING):
        sandbox.void(made.external_id)
        return
    number = made.external_id.removeprefix(_TRACKING)
    found = next(each for each in sandbox.shelf.labels.values() if each["tracking_number"] == number)
    sandbox.move(found["label_id"], "in_transit")


def _disable(sandbox: Sandbox) -> None:
    assert isinstance(sandbox, ShipEngineSandbox)
    sandbox.disable()


def _spoil(sandbox: Sandbox) -> None:
    """Somebody voids what we bought. The order wants its label still, and a person has to say so."""
    assert isinstance(sandbox, ShipEngineSandbox)
    for label in sandbox.state()["labels"]:
        if label["external_order_id"] and not label["voided"]:
            sandbox.void(label["label_id"])


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    bought = [
        f"return label {label['rma_number']}" if label["is_return_label"] else f"label {label['external_order_id']}"
        for label in state["labels"]
        if not label["voided"] and (label["is_return_label"] or label["external_order_id"])
    ]
    return [*bought, *(f"void {label}" for label in state["voids"])]


def _recordings(folder: Path) -> Sequence[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in sorted((folder / "exchanges").glob("*.json"))]


def _vectors(folder: Path) -> Sequence[Vector]:
    document = json.loads((folder / "signatures" / "vectors.json").read_bytes())
    keys = json.dumps(document["jwks"]).encode()
    return [
        Vector(
            name=each["name"],
            incoming=Incoming(
                method="POST",
                url="https://hub.example/webhooks/shipengine",
                headers=each["headers"],
                body=each["body"].encode(),
                published=keys,
            ),
            secrets=(),
            settings={},
            at=each["now"],
            genuine=each["valid"],
        )
        for each in document["vectors"]
    ]


def _description(folder: Path) -> Callable[[Exchange], Sequence[str]]:
    from connectors.shipengine.description import judge

    return judge((folder / "spec" / "openapi.yaml").read_bytes())


def card() -> Card:
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        makes={"label": _make_label, "parcel": _make_parcel},
        edit=_edit,
        wish=Wish(
            orders=("paid",),
            settings={"buy_labels": "when_ready", "carriers": _CARRIERS, "ship_from": _FROM},
            spoil=_spoil,
        ),
        effects=_effects,
        disable=_disable,
        lacks={
            Ability.DELETE: "labels are voided, never deleted",
            Ability.OAUTH: "an API key, which does not expire",
            Ability.ECHO: "no webhook tells of a label that was bought or voided by API",
        },
        recordings=_recordings,
        vectors=_vectors,
        description=_description,
    )
