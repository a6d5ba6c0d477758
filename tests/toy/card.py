"""Parcelboy's card: what the conformance kit has to know of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub.card import Ability, Card, Made
from hub.domain.records import Kind
from hub.sandbox import Sandbox
from tests.toy.sandbox import ParcelboySandbox


def card() -> Card:
    return Card(
        sandbox=lambda clock: ParcelboySandbox(secret="parcel-secret", now=clock),
        settings=_settings,
        makes={"parcel": _hand_in},
        edit=_move,
        effects=_effects,
        lacks={
            Ability.DELETE: "a parcel that is on its way cannot be deleted",
            Ability.SUBSCRIPTION: "the webhook address is set by Parcelboy's staff",
            Ability.OAUTH: "tokens do not expire",
            Ability.ECHO: "only scans are told, not the label that was bought",
        },
    )


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    return {"base_url": address, "token": "a-sandbox-token", "webhook": {"secrets": [sandbox.secret]}}


def _parcelboy(sandbox: Sandbox) -> ParcelboySandbox:
    assert isinstance(sandbox, ParcelboySandbox)
    return sandbox


def _hand_in(sandbox: Sandbox) -> Made:
    return Made(kind=Kind.SHIPMENT, external_id=_parcelboy(sandbox).hand_in()["id"])


def _move(sandbox: Sandbox, made: Made) -> None:
    _parcelboy(sandbox).move(made.external_id, "in_transit")


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    return [f"label {parcel['order']}" for parcel in state["parcels"]]
