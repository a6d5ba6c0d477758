"""QuickBooks Online, as the conformance kit meets it: books that are told of sales, payments and refunds."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.quickbooks.sandbox import QuickBooksSandbox
from hub.card import Ability, Card, Made, Vector, Wish
from hub.connector import Incoming
from hub.domain.clock import Clock
from hub.domain.records import Kind
from hub.sandbox import Sandbox


def card() -> Card:
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        makes={"invoice": _invoice, "customer": _customer},
        edit=_edit,
        delete=_delete,
        wish=Wish(orders=("paid", "paid+refunded"), spoil=_spoil),
        effects=_effects,
        stranger=_stranger,
        expire=_expire,
        lacks={Ability.SUBSCRIPTION: "webhooks are set up by people, in Intuit's developer portal"},
        recordings=_recordings,
        vectors=_vectors,
    )


def _books(sandbox: Sandbox) -> QuickBooksSandbox:
    assert isinstance(sandbox, QuickBooksSandbox)
    return sandbox


def _sandbox(clock: Clock) -> QuickBooksSandbox:
    return QuickBooksSandbox(secret="verifier-token", now=clock)  # noqa: S106 - of a stand-in


def _stranger(clock: Clock) -> QuickBooksSandbox:
    """The verifier token is the app's: it signs for all its companies."""
    return QuickBooksSandbox(secret="verifier-token", realm_id="9130000000000000002", now=clock)  # noqa: S106


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    books = _books(sandbox)
    return {
        "realm_id": books.realm_id,
        "client_id": books.client_id,
        "client_secret": books.client_secret,
        "refresh_token": books.refresh_token,
        "base_url": address,
        "token_url": f"{address}/oauth2/v1/tokens/bearer",
        "item_id": "1",
        "walk_in_customer_id": "1",
        "currency": books.currency,
        "multicurrency": books.multicurrency,
        "webhook": {"secrets": [books.secret]},
    }


def _invoice(sandbox: Sandbox) -> Made:
    line = {"Amount": Decimal("49.90"), "DetailType": "SalesItemLineDetail"}
    detail = {"SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    made = _books(sandbox).books.save("Invoice", {"CustomerRef": {"value": "1"}, "Line": [line | detail]})
    return Made(kind=Kind.INVOICE, external_id=made["Id"])


def _customer(sandbox: Sandbox) -> Made:
    made = _books(sandbox).create_customer("Ada Example", "ada@example.com")
    return Made(kind=Kind.CUSTOMER, external_id=made["Id"])


def _edit(sandbox: Sandbox, made: Made) -> None:
    _books(sandbox).edit_invoice(made.external_id, amount="59.90")


def _delete(sandbox: Sandbox, made: Made) -> None:
    _books(sandbox).acts()["delete_invoice"](made.external_id)


def _spoil(sandbox: Sandbox) -> None:
    books = _books(sandbox)
    books.edit_invoice(next(iter(books.books.objects["Invoice"])), amount="1.00")


def _expire(sandbox: Sandbox) -> None:
    _books(sandbox).expire_tokens()


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    """Of what the hub made: customer 1 was there before. An invoice's note names our order."""
    made = [f"customer {each['DisplayName']}" for each in state["customers"] if each["Id"] != "1"]
    for name in ("invoices", "payments", "credit_memos"):
        made += [f"{name[:-1]} {each['PrivateNote']} {each['TotalAmt']}" for each in state[name]]
    return made


# ---------------------------------------------------------------------------------------------------------- material


def _recordings(folder: Path) -> Sequence[tuple[str, bytes]]:
    return [
        (path.name, path.read_bytes())
        for part in ("exchanges", "records_xml", "webhooks")
        for path in sorted((folder / part).iterdir())
    ]


def _vectors(folder: Path) -> Sequence[Vector]:
    return [
        Vector(
            name=each["name"],
            incoming=Incoming(method="POST", url="", headers=each["headers"], body=each["body"].encode()),
            secrets=[each["secret"]],
            settings={},
            at="2026-11-22T12:00:00Z",
            genuine=each["valid"],
        )
        for each in json.loads((folder / "signatures" / "vectors.json").read_text())["vectors"]
    ]
