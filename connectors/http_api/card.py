"""The generic connector's card for the conformance kit: an ERP, as docs/examples/erp.toml describes it."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.http_api.sandbox import ErpSandbox
from hub.card import Ability, Card, Made, Wish
from hub.domain.records import Kind
from hub.sandbox import Sandbox

_SINCE = {"changed_since": "{since}", "page_token": "{cursor}"}
_PAGES = {"params": _SINCE, "items": "items", "paging": "cursor", "next": "next"}
_TIMES = {"version": "revision", "created_at": "created", "updated_at": "changed"}

ERP: Mapping[str, Any] = {
    "check": "/me",
    "webhook": {
        "scheme": "hmac-sha256-hex",
        "header": "X-Erp-Signature",
        "prefix": "sha256=",
        "items": "data",
        "kind": "_root.event",
        "kinds": {"sales_order.changed": "deal", "invoice.changed": "invoice"},
    },
    "read": {
        "deal": {
            "fetch": "/sales-orders/{id}",
            "fields": {
                "id": "reference",
                "name": "concat('Sales order ', reference)",
                "stage": "state",
                "amount": "money(amount, currency)",
                "claims": "reference",
                **_TIMES,
            },
        },
        "invoice": {
            "fetch": "/invoices/{id}",
            "fields": {
                "id": "id",
                "status": "state",
                "total": "money(amount, currency)",
                "claims": ["reference", "source('deal', reference)"],
                **_TIMES,
            },
            "maps": {"status": {"sent": "open", "settled": "paid", "cancelled": "void"}},
        },
    },
    "pull": {"deal": {"path": "/sales-orders", **_PAGES}, "invoice": {"path": "/invoices", **_PAGES}},
    "push": [
        {
            "name": "sales_order",
            "when": "order.payment_state == 'paid' && !(order.cancelled_at)",
            "done_when": "said.deal[0].amount == order.total",
            "method": "PUT",
            "path": "/sales-orders/{order.id}",
            "body": {
                "amount": "=order.total.amount",
                "currency": "=order.currency",
                "lines": {"each": "=order.lines", "sku": "=sku", "quantity": "=quantity"},
            },
            "safety": "upsert",
            "answer": "deal",
        }
    ],
}


def card() -> Card:
    return Card(
        sandbox=lambda now: ErpSandbox(secret="erp-secret", now=now),  # noqa: S106 - of a sandbox
        settings=_settings,
        makes={"sales order": _enter, "invoice": _invoice},
        edit=_change,
        wish=Wish(orders=("paid", "paid"), spoil=_spoil),
        effects=_effects,
        lacks={
            Ability.DELETE: "the ERP of the example cancels its documents, and deletes none",
            Ability.SUBSCRIPTION: "where a system sends its webhooks is set by its own people",
            Ability.OAUTH: "the ERP of the example has a token that does not expire",
        },
    )


def _erp(sandbox: Sandbox) -> ErpSandbox:
    assert isinstance(sandbox, ErpSandbox)
    return sandbox


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    erp = _erp(sandbox)
    webhook = {**ERP["webhook"], "secrets": [erp.secret]}
    return {**ERP, "base_url": f"{address}/api", "auth": {"bearer": erp.token}, "webhook": webhook}


def _enter(sandbox: Sandbox) -> Made:
    return Made(kind=Kind.DEAL, external_id=_erp(sandbox).enter()["reference"])


def _invoice(sandbox: Sandbox) -> Made:
    erp = _erp(sandbox)
    return Made(kind=Kind.INVOICE, external_id=erp.invoice(erp.enter("80.00")["reference"])["id"])


def _change(sandbox: Sandbox, made: Made) -> None:
    _erp(sandbox).change(made.external_id, state="confirmed")


def _spoil(sandbox: Sandbox) -> None:
    """Somebody writes another amount into what we ordered."""
    erp = _erp(sandbox)
    for reference in [each for each in erp.orders if each.startswith("ord_")]:
        erp.change(reference, amount="1.00")


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    return [f"sales order {each['reference']} of {each['amount']}" for each in state["orders"]]
