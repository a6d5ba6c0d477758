"""Salesforce's card for the conformance kit."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.salesforce.fields import ORDER
from connectors.salesforce.sandbox import SalesforceSandbox
from hub.card import Ability, Card, Made, Wish
from hub.domain.clock import Clock
from hub.domain.records import Kind
from hub.sandbox import Sandbox


def card() -> Card:
    """No recordings: what there is of Salesforce's answers holds neither a contact nor an opportunity, and no outbound
    message. No description: Salesforce publishes none of its REST API, as every org has objects of its own."""
    return Card(
        sandbox=_sandbox,
        settings=_settings,
        makes={"contact": _make_contact, "opportunity": _make_opportunity},
        edit=_edit,
        delete=_delete,
        wish=Wish(orders=("paid",), spoil=_spoil),
        effects=_effects,
        expire=_expire,
        lacks={
            Ability.SIGNATURES: "outbound messages are not signed: a key in their address and the org's id prove them",
            Ability.SUBSCRIPTION: "outbound messages are set up by an admin, in a flow or a workflow rule",
        },
    )


def _sandbox(now: Clock) -> Sandbox:
    return SalesforceSandbox(now=now)


def _settings(sandbox: Sandbox, address: str) -> Mapping[str, Any]:
    """With the CRM's own opportunities read, so that one made by hand is seen."""
    there = _salesforce(sandbox)
    return {
        "base_url": address,
        "organization_id": there.organization_id,
        "client_id": there.client_id,
        "client_secret": there.client_secret,
        "refresh_token": there.refresh_token,
        "currency": there.currency,
        "multicurrency": there.multicurrency,
        "deals": "all",
        "webhook": {"secrets": [there.secret]},
    }


def _make_contact(sandbox: Sandbox) -> Made:
    there = _salesforce(sandbox)
    number = len(there.org.objects["Contact"]) + 1
    email, phone = f"person{number}@crm.example", f"+1 555 01{number:02}"
    made = there.create_contact(f"Number{number}", "Pat", email, phone)
    return Made(kind=Kind.CUSTOMER, external_id=made["Id"])


def _make_opportunity(sandbox: Sandbox) -> Made:
    made = _salesforce(sandbox).create_opportunity("An opportunity made by hand", 120.5)
    return Made(kind=Kind.DEAL, external_id=made["Id"])


def _edit(sandbox: Sandbox, made: Made) -> None:
    org = _salesforce(sandbox).org
    if made.kind is Kind.CUSTOMER:
        org.update("Contact", made.external_id, {"Phone": f"{org.find('Contact', made.external_id)['Phone']}9"})
    else:
        org.update("Opportunity", made.external_id, {"Name": "An opportunity (edited)"})


def _delete(sandbox: Sandbox, made: Made) -> None:
    _salesforce(sandbox).org.delete("Contact" if made.kind is Kind.CUSTOMER else "Opportunity", made.external_id)


def _expire(sandbox: Sandbox) -> None:
    _salesforce(sandbox).expire_tokens()


def _spoil(sandbox: Sandbox) -> None:
    """Somebody moves our opportunities to a stage that the hub knows nothing of."""
    org = _salesforce(sandbox).org
    for row in org.live("Opportunity"):
        if row[ORDER]:
            org.update("Opportunity", row["Id"], {"StageName": "Perception Analysis"})


def _effects(state: Mapping[str, Any]) -> Sequence[str]:
    return [
        *(f"opportunity of {each[ORDER]}" for each in state["opportunities"] if each[ORDER]),
        *(f"contact {each['Email']}" for each in state["contacts"] if each["Email"]),
        *(f"role of {each['ContactId']} in {each['OpportunityId']}" for each in state["roles"]),
    ]


def _salesforce(sandbox: Sandbox) -> SalesforceSandbox:
    assert isinstance(sandbox, SalesforceSandbox)
    return sandbox
