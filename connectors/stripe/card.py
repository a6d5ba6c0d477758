"""Stripe, as the conformance kit meets it: a refund that is asked for through the hub."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.stripe.sandbox import StripeSandbox
from hub.card import Ability, Card, Exchange, Made, Vector, Wish
from hub.connector import Incoming
from hub.descriptions import openapi
from hub.domain.clock import Clock, from_unix, rfc3339
from hub.domain.records import Kind
from hub.sandbox import Sandbox

_AMOUNT = 9_550  # cents
_TOLERANCE = 300  # seconds


def card() -> Card:
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        makes={
            "customer": _customer,
            "payment": _payment,
            "held payment": _held,
            "declined payment": _declined,
            "refund": _refund,
            "dispute": _dispute,
            "checkout": _checkout,
        },
        edit=_edit,
        wish=Wish(orders=("refund_requested", "refund_requested"), first=_payment),
        effects=_effects,
        lacks={
            Ability.DELETE: "Stripe deletes no payment; a customer that is deleted there keeps its payments",
            Ability.SUBSCRIPTION: "the webhook endpoint is kept by people, in Stripe's dashboard",
            Ability.OAUTH: "API keys do not expire",
        },
        recordings=_recordings,
        vectors=_vectors,
        description=_description,
    )


def _stripe(sandbox: Sandbox) -> StripeSandbox:
    assert isinstance(sandbox, StripeSandbox)
    return sandbox


def _sandbox(clock: Clock) -> StripeSandbox:
    return StripeSandbox(secret="whsec_of_the_kit", now=clock, calls_per_second=0)  # noqa: S106 - of a stand-in


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    return {
        "api_key": _stripe(sandbox).api_key,
        "base_url": address,
        "webhook": {"secrets": [sandbox.secret]},
    }


def _customer(sandbox: Sandbox) -> Made:
    made = _stripe(sandbox).customer(email="ada@example.com", name="Ada Example")
    return Made(kind=Kind.CUSTOMER, external_id=made["id"])


def _payment(sandbox: Sandbox) -> Made:
    made = _stripe(sandbox).pay(_AMOUNT, "usd", email="ada@example.com", name="Ada Example")
    return Made(kind=Kind.PAYMENT, external_id=made["payment_intent"])


def _held(sandbox: Sandbox) -> Made:
    stripe = _stripe(sandbox)
    intent = stripe.pay(_AMOUNT, "eur", capture=False, name="Ada Example")["payment_intent"]
    stripe.capture(intent, _AMOUNT - 1_000)
    return Made(kind=Kind.PAYMENT, external_id=intent)


def _declined(sandbox: Sandbox) -> Made:
    return Made(kind=Kind.PAYMENT, external_id=_stripe(sandbox).pay(500, "jpy", decline=True)["payment_intent"])


def _refund(sandbox: Sandbox) -> Made:
    stripe = _stripe(sandbox)
    made = stripe.refund(stripe.pay(_AMOUNT, "kwd", name="Ada Example")["payment_intent"], 1_000)
    return Made(kind=Kind.REFUND, external_id=made["id"])


def _dispute(sandbox: Sandbox) -> Made:
    stripe = _stripe(sandbox)
    made = stripe.dispute(stripe.pay(_AMOUNT, "usd")["payment_intent"])
    return Made(kind=Kind.DISPUTE, external_id=made["id"])


def _checkout(sandbox: Sandbox) -> Made:
    made = _stripe(sandbox).checkout(_AMOUNT, "usd", email="ada@example.com")
    return Made(kind=Kind.PAYMENT, external_id=made["payment_intent"])


def _edit(sandbox: Sandbox, made: Made) -> None:
    _stripe(sandbox).update_customer(made.external_id, name="Ada Edited")


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    return [f"refund {each['payment_intent']} {each['amount']} {each['currency']}" for each in state["refund"]]


# ---------------------------------------------------------------------------------------------------------- material


def _recordings(folder: Path) -> Sequence[tuple[str, bytes]]:
    return [
        (path.name, path.read_bytes())
        for part in ("webhooks", "event_data", "api", "recordings")
        for path in sorted((folder / part).rglob("*.json"))
    ]


def _description(folder: Path) -> Callable[[Exchange], Sequence[str]]:
    """The public description is of 2023 and trimmed: fields that came since are not in it."""
    (path,) = (folder / "spec").glob("openapi_*.json")
    return openapi(json.loads(path.read_text()), relaxed=True)


def _vectors(folder: Path) -> Sequence[Vector]:
    """Stripe's own helper takes any time of the future; we bound it as we bound the past."""
    found = []
    for each in json.loads((folder / "signatures" / "vectors.json").read_text())["vectors"]:
        headers = {name.lower(): value for name, value in each["headers"].items()}
        signed = headers["stripe-signature"].removeprefix("t=").partition(",")[0]
        early = signed.isdecimal() and int(signed) - int(each["now"]) > _TOLERANCE
        found.append(
            Vector(
                name=each["name"],
                incoming=Incoming(method="POST", url="", headers=headers, body=each["body"].encode()),
                secrets=[each["secret"]],
                settings={},
                at=rfc3339(from_unix(int(each["now"]))),
                genuine=each["expect"] == "valid" and not early,
            )
        )
    return found
