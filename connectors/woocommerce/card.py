"""WooCommerce's card: what the conformance kit has to know of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.woocommerce.push import REQUEST_FIELD
from connectors.woocommerce.read_order import TRACKING_FIELD
from connectors.woocommerce.sandbox import WooCommerceSandbox
from hub.card import WEBHOOK_URL, Ability, Card, Exchange, Made, Vector, Wish
from hub.connector import Incoming
from hub.descriptions import schema
from hub.domain.clock import Clock
from hub.domain.records import Kind
from hub.sandbox import Sandbox

_GOODS = [
    {"sku": "MUG", "title": "Mug", "quantity": 3, "price": "12.50"},
    {"sku": "LAMP", "title": "Lamp", "quantity": 1, "price": "49.00"},
]
_SCHEMAS = ("spec", "wc_v3_item_schemas.jsonschema.json")


def card() -> Card:
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        makes={"order": _order, "refund": _refund, "customer": _customer},
        edit=_edit,
        delete=_delete,
        wish=Wish(orders=("paid+shipped",), first=_order, spoil=_spoil),
        effects=_effects,
        disable=_disable,
        lacks={Ability.OAUTH: "a key and a secret, which do not expire"},
        recordings=_recordings,
        vectors=_vectors,
        description=description,
    )


def _sandbox(now: Clock) -> Sandbox:
    return WooCommerceSandbox(secret="wc-secret & more", now=now, delivery_url=WEBHOOK_URL)  # noqa: S106 - a stand-in's


def _mine(sandbox: Sandbox) -> WooCommerceSandbox:
    assert isinstance(sandbox, WooCommerceSandbox)
    return sandbox


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    mine = _mine(sandbox)
    return {
        "store": address,
        "consumer_key": mine.consumer_key,
        "consumer_secret": mine.consumer_secret,
        "webhook": {"secrets": [mine.secret]},
    }


# ------------------------------------------------------------------------------------------- what people do there


def _order(sandbox: Sandbox) -> Made:
    """Costs what the till's order costs."""
    act = sandbox.acts()["place_order"]
    made = act(lines=_GOODS, tax="7.00", shipping="5.00", discount="3.00", payment_method="till")
    return Made(kind=Kind.ORDER, external_id=made["order_id"])


def _refund(sandbox: Sandbox) -> Made:
    made = sandbox.acts()["refund_order"](_order(sandbox).external_id, amount="12.50", reason="one mug broke")
    return Made(kind=Kind.REFUND, external_id=made["refund"])


def _customer(sandbox: Sandbox) -> Made:
    number = len(_mine(sandbox).held.customers) + 1
    made = sandbox.acts()["register_customer"](email=f"buyer{number}@example.com")
    return Made(kind=Kind.CUSTOMER, external_id=made["customer_id"])


def _edit(sandbox: Sandbox, made: Made) -> None:
    if made.kind is Kind.CUSTOMER:
        sandbox.acts()["update_customer"](made.external_id, last_name="Renamed")
    else:
        sandbox.acts()["edit_order"](_order_id(sandbox, made), note="please ring twice")


def _delete(sandbox: Sandbox, made: Made) -> None:
    if made.kind is Kind.CUSTOMER:
        sandbox.acts()["delete_customer"](made.external_id)
    else:
        sandbox.acts()["delete_order"](_order_id(sandbox, made))


def _spoil(sandbox: Sandbox) -> None:
    """Staff take a completed order up again."""
    for order in list(_mine(sandbox).held.orders.values()):
        if order.status == "completed":
            sandbox.acts()["set_status"](order.id, status="processing")


def _order_id(sandbox: Sandbox, made: Made) -> str:
    """Of a refund: the order that it takes from."""
    orders = _mine(sandbox).held.orders.values()
    return next(
        (str(order.id) for order in orders if made.external_id in {str(refund.id) for refund in order.refunds}),
        made.external_id,
    )


def _disable(sandbox: Sandbox) -> None:
    sandbox.acts()["fail_deliveries"](7)


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    words: list[str] = []
    for order in state["orders"]:
        words += [f"{status} {order['id']}" for status in order["history"] if status in ("completed", "cancelled")]
        fields = [each["key"] for each in order["meta_data"]]
        words += [f"parcel {order['id']} {name}" for name in fields if name.startswith(TRACKING_FIELD)]
        for refund in order["refunds"]:
            told = {each["key"]: each["value"] for each in refund["meta_data"]}
            words.append(f"refund {told.get(REQUEST_FIELD, refund['id'])} {refund['amount']}")
    return words


# --------------------------------------------------------------------------------------------------------- truth


def _recordings(folder: Path) -> Sequence[tuple[str, bytes]]:
    paths = sorted(folder.glob("api/*/*.json"))
    return [(f"{path.parent.name}/{path.name}", path.read_bytes()) for path in paths]


def _vectors(folder: Path) -> Sequence[Vector]:
    """A ping is unsigned and no event: its own test looks after it."""
    path = folder / "signatures" / "vectors.json"
    told = json.loads(path.read_text(encoding="utf-8"))["vectors"] if path.is_file() else []
    return [
        Vector(
            name=each["name"],
            incoming=Incoming(
                method="POST",
                url=WEBHOOK_URL,
                headers={name.lower(): value for name, value in each["headers"].items()},
                body=each["body"].encode(),
            ),
            secrets=[each["secret"]],
            settings={},
            at="2026-11-22T12:00:00Z",
            genuine=each["expect"] == "valid",
        )
        for each in told
        if each["expect"] in ("valid", "invalid")
    ]


def description(folder: Path) -> Callable[[Exchange], Sequence[str]]:
    """The vendor publishes a schema per item. It judges the items of good answers; of errors it says nothing."""
    document = json.loads(folder.joinpath(*_SCHEMAS).read_text(encoding="utf-8"))
    judges = {name: schema(document, f"/{name}") for name in ("order", "order_refund", "customer", "webhook")}

    def judge(exchange: Exchange) -> Sequence[str]:
        name = _item_of(exchange.path)
        if exchange.status >= 300 or not name:
            return []
        said = json.loads(exchange.response)
        return [
            f"{exchange.method} {exchange.path}: {fault}"
            for item in (said if isinstance(said, list) else [said])
            for fault in judges[name](item)
        ]

    return judge


def _item_of(path: str) -> str:
    parts = path.partition("/wp-json/wc/v3/")[2].split("/")
    if "refunds" in parts:
        return "order_refund"
    return {"orders": "order", "customers": "customer", "webhooks": "webhook"}.get(parts[0], "")
