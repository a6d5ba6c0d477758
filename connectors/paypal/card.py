"""What the conformance kit knows of PayPal."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.paypal.sandbox import PayPalSandbox
from hub.card import WEBHOOK_URL, Ability, Card, Exchange, Made, Vector, Wish
from hub.connector import Incoming
from hub.descriptions import by_path, openapi
from hub.domain.clock import Clock, from_unix, rfc3339
from hub.domain.records import Kind
from hub.sandbox import Sandbox

_DOCUMENTS = {
    "/v2/checkout/": "checkout_orders_v2.json",
    "/v2/payments/": "payments_payment_v2.json",
    "/v1/customer/": "customer_disputes_v1.json",
    "/v1/notifications/": "notifications_webhooks_v1.json",
    "/v1/reporting/": "reporting_transactions_v1.json",
}
# PayPal describes neither its token endpoint nor the addresses of its certificates.
_UNDESCRIBED = ("/v1/oauth2/token", "/v1/notifications/certs/")


def _paypal(sandbox: Sandbox) -> PayPalSandbox:
    assert isinstance(sandbox, PayPalSandbox)
    return sandbox


def _sandbox(now: Clock) -> PayPalSandbox:
    return PayPalSandbox(now=now, webhook_url=WEBHOOK_URL)


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    paypal = _paypal(sandbox)
    paypal.address = address
    return {
        "client_id": paypal.client_id,
        "client_secret": paypal.client_secret,
        "base_url": address,
        "trusted_roots": paypal.root,
        "transaction_search": True,
        "webhook": {"secrets": [paypal.secret]},
    }


def _pay(sandbox: Sandbox) -> Made:
    return Made(kind=Kind.PAYMENT, external_id=f"captures/{_paypal(sandbox).pay('95.50', 'USD')['capture']}")


def _authorize(sandbox: Sandbox) -> Made:
    made = _paypal(sandbox).pay("95.50", "USD", capture=False)
    return Made(kind=Kind.PAYMENT, external_id=f"authorizations/{made['authorization']}")


def _refund(sandbox: Sandbox) -> Made:
    paypal = _paypal(sandbox)
    return Made(kind=Kind.REFUND, external_id=paypal.refund(paypal.pay("20.00", "EUR")["capture"], "5.00")["refund"])


def _dispute(sandbox: Sandbox) -> Made:
    paypal = _paypal(sandbox)
    return Made(kind=Kind.DISPUTE, external_id=paypal.dispute(paypal.pay("30.00", "USD")["capture"])["dispute"])


def _edit(sandbox: Sandbox, made: Made) -> None:
    """The shop keeper's own doing at PayPal: some of it is given back, an authorization is taken, a dispute is won."""
    paypal, (what, _, external_id) = _paypal(sandbox), made.external_id.partition("/")
    match what:
        case "captures":
            paypal.refund(external_id, "1.00")
        case "authorizations":
            paypal.void(external_id)
        case _ if made.kind is Kind.REFUND:
            paypal.fail_refund(made.external_id)
        case _:
            paypal.resolve_dispute(made.external_id, won=True)


def _spoil(sandbox: Sandbox) -> None:
    """The buyer's bank sends back what was refunded."""
    paypal = _paypal(sandbox)
    for refund in paypal.ledger.refunds.values():
        paypal.ledger.fail_refund(refund)


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    """By our reference, which each refund of ours carries."""
    words = []
    for refund in state["refunds"]:
        if custom := refund.get("custom_id"):
            order, request, _ = custom.split(",")
            words.append(f"refund {order} {request}")
    words += [f"capture {each['authorization']}" for each in state["captures"] if each.get("authorization")]
    words += [f"void {each['id']}" for each in state["authorizations"] if each["status"] == "VOIDED"]
    return words


def _recordings(folder: Path) -> Sequence[tuple[str, bytes]]:
    found = sorted(path for part in ("webhooks", "recordings", "api") for path in (folder / part).rglob("*.json"))
    return [(str(path.relative_to(folder)), path.read_bytes()) for path in found]


def _vectors(folder: Path) -> Sequence[Vector]:
    signatures = folder / "signatures"
    if not (signatures / "vectors.json").exists():
        return ()
    certificates = signatures / "certs"
    between = (certificates / "DigiCertSHA2ExtendedValidationServerCA.crt.pem").read_bytes()
    root = (certificates / "DigiCertHighAssuranceEVRootCA.crt.pem").read_text()
    return [
        Vector(
            name=each["name"],
            incoming=Incoming(
                method="POST",
                url=WEBHOOK_URL,
                headers={name.lower(): value for name, value in each["headers"].items()},
                body=each["body"].encode(),
                published=(certificates / each["certificate"]).read_bytes() + b"\n" + between,
            ),
            secrets=[each["webhook_id"]],
            settings={
                "base_url": None,
                "environment": "sandbox" if ".sandbox." in each["headers"]["PAYPAL-CERT-URL"] else "live",
                "trusted_roots": root,  # public lists do not have it any more
            },
            at=rfc3339(from_unix(each["now"])),
            genuine=each["expect"] == "valid",
        )
        for each in json.loads((signatures / "vectors.json").read_text())["vectors"]
    ]


def _description(folder: Path) -> Callable[[Exchange], Sequence[str]]:
    """Relaxed: the links of a page name parameters that no description has."""
    judge = by_path(
        {
            prefix: openapi(json.loads((folder / "spec" / name).read_text()), relaxed=True)
            for prefix, name in _DOCUMENTS.items()
        }
    )
    return lambda exchange: [] if exchange.path.startswith(_UNDESCRIBED) else judge(exchange)


def _expire(sandbox: Sandbox) -> None:
    _paypal(sandbox).api.tokens.clear()


def card() -> Card:
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        makes={"payment": _pay, "authorization": _authorize, "refund": _refund, "dispute": _dispute},
        edit=_edit,
        wish=Wish(orders=("refund_requested",), first=_pay, spoil=_spoil),
        effects=_effects,
        disable=lambda sandbox: _paypal(sandbox).unsubscribe(),
        expire=_expire,
        sign=lambda sandbox, _, body: _paypal(sandbox).signed(body),
        lacks={Ability.DELETE: "PayPal keeps what moved money for ever"},
        recordings=_recordings,
        vectors=_vectors,
        description=_description,
    )
