"""What the conformance kit has to know of Xero."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from connectors.xero.sandbox import TENANT, WALK_IN, XeroSandbox
from hub.card import Ability, Card, Exchange, Made, Vector, Wish
from hub.connector import Incoming
from hub.domain.clock import Clock
from hub.domain.records import Kind
from hub.sandbox import Sandbox

_API = "/api.xro/2.0"
_KEY = "xero-webhook-key"
# Answers that the description leaves out.
_NOT_DESCRIBED = (401, 403, 404, 429)


def card() -> Card:
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        makes={"contact": _contact, "invoice": _invoice, "payment": _payment, "credit note": _credit_note},
        edit=_edit,
        delete=_delete,
        wish=Wish(orders=("paid", "refunded"), spoil=_spoil),
        effects=_effects,
        expire=_expire,
        stranger=_stranger,
        lacks={
            Ability.SUBSCRIPTION: "webhooks are set up by hand in Xero's developer portal, there is no API for them"
        },
        recordings=_recordings,
        vectors=_vectors,
        description=_description,
    )


def _xero(sandbox: Sandbox) -> XeroSandbox:
    assert isinstance(sandbox, XeroSandbox)
    return sandbox


def _sandbox(clock: Clock) -> XeroSandbox:
    return XeroSandbox(secret=_KEY, now=clock)


def _stranger(clock: Clock) -> XeroSandbox:
    """Another organisation of the same app: one webhook key signs for all of them."""
    return XeroSandbox(secret=_KEY, tenant_id="0ddba11a-0000-4c7d-93cc-f02b81b0594f", now=clock)


def _spoil(sandbox: Sandbox) -> None:
    """Someone reverses a payment that the hub booked."""
    xero = _xero(sandbox)
    ours = (each for each in xero.state()["Payments"] if each["Reference"] and each["Status"] == "AUTHORISED")
    xero.delete_payment(next(ours)["PaymentID"])


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    xero = _xero(sandbox)
    return {
        "tenant_id": xero.tenant_id,
        "client_id": xero.client_id,
        "client_secret": xero.client_secret,
        "refresh_token": xero.refresh_token,
        "base_url": address,
        "token_url": f"{address}/connect/token",
        "sales_account": "200",
        "tax_account": "820",
        "payment_account": "090",
        "walk_in_contact": WALK_IN,
        "currency": xero.currencies[0],
        "currencies": list(xero.currencies[1:]),
        "webhook": {"secrets": [xero.secret]},
    }


def _expire(sandbox: Sandbox) -> None:
    _xero(sandbox).tokens.expire()


def _contact(sandbox: Sandbox) -> Made:
    number = len(_xero(sandbox).books.objects["Contacts"])
    made = _xero(sandbox).create_contact(f"Person {number}", f"person{number}@example.com")
    return Made(kind=Kind.CUSTOMER, external_id=made["ContactID"])


def _invoice(sandbox: Sandbox) -> Made:
    """A draft: what is approved can be voided, but no more deleted."""
    made = _xero(sandbox).create_invoice("19.90", status="DRAFT")
    return Made(kind=Kind.INVOICE, external_id=made["InvoiceID"])


def _payment(sandbox: Sandbox) -> Made:
    invoice = _xero(sandbox).create_invoice("19.90")
    made = _xero(sandbox).pay_invoice(invoice["InvoiceID"], "9.90")
    return Made(kind=Kind.INVOICE_PAYMENT, external_id=made["PaymentID"])


def _credit_note(sandbox: Sandbox) -> Made:
    made = _xero(sandbox).create_credit_note("5.00")
    return Made(kind=Kind.CREDIT_NOTE, external_id=made["CreditNoteID"])


def _edit(sandbox: Sandbox, made: Made) -> None:
    books = _xero(sandbox).books
    match made.kind:
        case Kind.CUSTOMER:
            books.save("Contacts", {"EmailAddress": "edited@example.com"}, made.external_id)
        case Kind.INVOICE:
            _xero(sandbox).edit_invoice(made.external_id, reference="edited")
        case Kind.INVOICE_PAYMENT:
            _xero(sandbox).delete_payment(made.external_id)  # the only change of a payment that there is
        case _:
            books.save("CreditNotes", {"Reference": "edited"}, made.external_id)


def _delete(sandbox: Sandbox, made: Made) -> None:
    """As far as Xero goes: a contact is archived, a draft deleted, a payment reversed, a credit note voided."""
    match made.kind:
        case Kind.CUSTOMER:
            _xero(sandbox).archive_contact(made.external_id)
        case Kind.INVOICE:
            _xero(sandbox).end_invoice(made.external_id)
        case Kind.INVOICE_PAYMENT:
            _xero(sandbox).delete_payment(made.external_id)
        case _:
            _xero(sandbox).books.save("CreditNotes", {"Status": "VOIDED"}, made.external_id)


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    """What carries our ids, and counts."""
    found = [f"contact {each['ContactNumber']}" for each in state["Contacts"] if each.get("ContactNumber")]
    for name, plural in (("invoice", "Invoices"), ("credit note", "CreditNotes"), ("payment", "Payments")):
        for each in state[plural]:
            reference = each.get("Reference") or ""
            if reference.startswith("ord_") and each["Status"] not in ("VOIDED", "DELETED"):
                found.append(f"{name} {reference} {each.get('Total', each.get('Amount'))}")
    return found


def _recordings(folder: Path) -> Sequence[tuple[str, bytes]]:
    rooms = ("exchanges", "records_json", "records_xml", "spec_examples", "webhooks")
    return [(f"{room}/{path.name}", path.read_bytes()) for room in rooms for path in sorted((folder / room).glob("*"))]


def _vectors(folder: Path) -> Sequence[Vector]:
    path = folder / "signatures" / "vectors.json"
    if not path.exists():
        return ()
    return [
        Vector(
            name=each["name"],
            incoming=Incoming(
                method="POST",
                url="https://hub.example/webhooks/books",
                headers={name.lower(): value for name, value in each["headers"].items()},
                body=each["body"].encode(),
            ),
            secrets=(each["secret"],),
            settings={"tenant_id": TENANT},
            at="2026-11-22T12:00:00Z",
            genuine=each["valid"],
        )
        for each in json.loads(path.read_text())["vectors"]
    ]


def _description(folder: Path) -> Callable[[Exchange], Sequence[str]]:
    import yaml

    from hub.descriptions import openapi

    document = yaml.safe_load((folder / "spec" / "xero_accounting.trimmed.yaml").read_text())
    judge = openapi(document, base_path=_API)

    def judged(exchange: Exchange) -> Sequence[str]:
        if not exchange.path.startswith(_API) or exchange.status in _NOT_DESCRIBED:
            return ()
        return judge(exchange)

    return judged
