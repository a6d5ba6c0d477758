"""Shopify, as the conformance kit meets it: an order of the shop whose parcel another system sends."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.shopify.sandbox import ShopifySandbox
from hub.card import Ability, Card, Exchange, Made, Vector, Wish
from hub.connector import Incoming
from hub.domain.clock import Clock
from hub.domain.records import Kind
from hub.sandbox import Sandbox

_LINES = [
    {"sku": "MUG", "title": "Mug", "quantity": 2, "price": "12.50"},
    {"sku": "LAMP", "title": "Lamp", "quantity": 1, "price": "49.00"},
]
_BUYER = {"first_name": "Ada", "last_name": "Example"}


def card() -> Card:
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        makes={"order": _paid, "unpaid order": _unpaid, "refund": _refunded, "parcel": _sent, "customer": _customer},
        edit=_edit,
        wish=Wish(orders=("unpaid+shipped",), first=_paid),
        effects=_effects,
        stranger=_stranger,
        lacks={
            Ability.DELETE: "an order that was paid cannot be deleted in Shopify",
            Ability.SUBSCRIPTION: "the app's webhooks are part of its own configuration at Shopify",
            Ability.OAUTH: "tokens of custom apps do not expire",
        },
        recordings=_recordings,
        vectors=_vectors,
        description=_description,
    )


def _shop(sandbox: Sandbox) -> ShopifySandbox:
    assert isinstance(sandbox, ShopifySandbox)
    return sandbox


def _sandbox(clock: Clock) -> ShopifySandbox:
    return ShopifySandbox(secret="app-secret", points=1_000_000, currency="USD", now=clock)  # noqa: S106 - a stand-in's


def _stranger(clock: Clock) -> ShopifySandbox:
    """One app's secret signs for every shop that has the app."""
    return ShopifySandbox(secret="app-secret", shop="another.myshopify.com", currency="USD", now=clock)  # noqa: S106 - as above


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    shop = _shop(sandbox)
    return {
        "shop": shop.shop,
        "access_token": shop.access_token,
        "api_version": shop.api_version,
        "base_url": f"{address}/admin/api/{shop.api_version}",
        "webhook": {"secrets": [shop.secret]},
    }


def _placed(sandbox: Sandbox, **more: Any) -> str:
    given = {"lines": _LINES, "email": "ada@example.com", "customer": _BUYER, "tax": "7.00", "shipping": "5.00"}
    order: str = _shop(sandbox).acts()["place_order"](**(given | more))["order_id"]
    return order


def _paid(sandbox: Sandbox) -> Made:
    return Made(kind=Kind.ORDER, external_id=_placed(sandbox, discount="3.00", transactions=[{"kind": "sale"}]))


def _unpaid(sandbox: Sandbox) -> Made:
    return Made(kind=Kind.ORDER, external_id=_placed(sandbox, taxes_included=True))


def _refunded(sandbox: Sandbox) -> Made:
    order = _placed(sandbox, transactions=[{"kind": "sale"}])
    _shop(sandbox).acts()["refund_order"](order, amount="10.00")
    return Made(kind=Kind.ORDER, external_id=order)


def _sent(sandbox: Sandbox) -> Made:
    order = _placed(sandbox, transactions=[{"kind": "sale"}])
    parcel = _shop(sandbox).acts()["fulfil_order"](order, tracking="SENT1", carrier="Other")
    return Made(kind=Kind.SHIPMENT, external_id=str(parcel["fulfilment"]))


def _customer(sandbox: Sandbox) -> Made:
    shop = _shop(sandbox)
    _placed(sandbox, email="grace@example.com", customer={"first_name": "Grace", "last_name": "Example"})
    return Made(kind=Kind.CUSTOMER, external_id=str(max(shop.held.customers)))


def _edit(sandbox: Sandbox, made: Made) -> None:
    _shop(sandbox).acts()["edit_order"](made.external_id, add=[{"sku": "BAG", "price": "1.00"}])


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    return [
        f"parcel {parcel['tracking']} of {order['name']}"
        for order in state["orders"]
        for parcel in order["fulfilments"]
    ]


# ---------------------------------------------------------------------------------------------------------- material


def _recordings(folder: Path) -> Sequence[tuple[str, bytes]]:
    return [
        (path.name, path.read_bytes())
        for part in ("webhooks", "api")
        for path in sorted((folder / part).rglob("*.json"))
    ]


def _vectors(folder: Path) -> Sequence[Vector]:
    """Those of webhooks; the others are of the OAuth callback of public apps."""
    found = []
    for each in json.loads((folder / "signatures" / "vectors.json").read_text())["vectors"]:
        if each["kind"] != "webhook":
            continue
        headers = {name.lower(): value for name, value in each["headers"].items()}
        found.append(
            Vector(
                name=each["name"],
                incoming=Incoming(method="POST", url="", headers=headers, body=each["body"].encode()),
                secrets=[each["secret"]],
                settings={"shop": headers["x-shopify-shop-domain"]},
                at="2026-11-22T12:00:00Z",
                genuine=each["expect"] == "valid",
            )
        )
    return found


def _description(folder: Path) -> Callable[[Exchange], Sequence[str]]:
    """Each query that is sent, held to the Admin API's own schema. It says nothing of answers but their types."""
    from graphql import build_schema, parse, validate

    (path,) = (folder / "spec").glob("admin_*.graphql")
    # graphql-core objects to some deprecations in it.
    schema = build_schema(path.read_text(), assume_valid=True)

    def judge(exchange: Exchange) -> Sequence[str]:
        query = json.loads(exchange.request)["query"]
        return [fault.message for fault in validate(schema, parse(query))]

    return judge
