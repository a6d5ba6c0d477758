"""The sandbox is as strict as Xero says that it is."""

import json
from typing import Any

import httpx
import pytest

from connectors.xero import CONNECTOR
from connectors.xero.inbound import verify
from connectors.xero.sandbox import TENANT, WALK_IN, XeroSandbox
from hub.connector import Incoming
from tests.conftest import Time
from tests.connectors.books.sales import NOON
from tests.connectors.xero.office import settings


def client(sandbox: XeroSandbox) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=sandbox), base_url="http://localhost")


async def refresh(sandbox: XeroSandbox, token: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return await client(sandbox).post("/connect/token", data=form, auth=("sandbox-client", "sandbox-client-secret"))


async def headers(sandbox: XeroSandbox, **more: str) -> dict[str, str]:
    access = (await refresh(sandbox, "refresh-0")).json()["access_token"]
    plain = {"authorization": f"Bearer {access}", "xero-tenant-id": TENANT, "accept": "application/json"}
    return plain | {name.replace("_", "-"): value for name, value in more.items()}


def contact(name: str) -> bytes:
    return json.dumps({"Contacts": [{"Name": name}]}).encode()


async def test_a_spent_refresh_token_is_taken_for_half_an_hour_and_no_longer() -> None:
    clock = Time()
    sandbox = XeroSandbox(now=clock)
    first = (await refresh(sandbox, "refresh-0")).json()

    again = await refresh(sandbox, "refresh-0")
    clock.forward(minutes=30)
    late = await refresh(sandbox, "refresh-0")

    assert (first["refresh_token"], again.status_code, late.status_code) == ("refresh-1", 200, 400)
    assert (await refresh(sandbox, "refresh-1")).status_code == 200


async def test_an_idempotency_key_is_answered_as_the_first_time_until_it_dies() -> None:
    clock = Time()
    sandbox = XeroSandbox(now=clock, key_seconds=60)
    sent: dict[str, Any] = {"content": contact("Ann"), "headers": await headers(sandbox, idempotency_key="k")}

    answers = [await client(sandbox).put("/api.xro/2.0/Contacts", **sent) for _ in range(2)]
    clock.forward(seconds=61)
    dead = await client(sandbox).put("/api.xro/2.0/Contacts", **sent)

    assert answers[0].content == answers[1].content
    assert dead.status_code == 400 and "already assigned" in dead.text
    long = await client(sandbox).put(
        "/api.xro/2.0/Contacts", content=contact("B"), headers=await headers(sandbox, idempotency_key="k" * 129)
    )
    assert long.status_code == 400


async def test_without_json_asked_for_it_speaks_xml_and_without_the_organisation_not_at_all() -> None:
    sandbox = XeroSandbox(now=lambda: NOON)

    xml = await client(sandbox).get("/api.xro/2.0/Invoices", headers=await headers(sandbox, accept="*/*"))
    elsewhere = await client(sandbox).get("/api.xro/2.0/Invoices", headers=await headers(sandbox, xero_tenant_id="x"))
    nobody = await client(sandbox).get("/api.xro/2.0/Invoices")

    assert xml.text.startswith("<")
    assert (elsewhere.status_code, elsewhere.json()["title"]) == (403, "Forbidden")
    assert (nobody.status_code, nobody.json()["Title"]) == (401, "Unauthorized")


async def test_each_answer_says_what_is_left_of_the_limits_and_the_end_is_named() -> None:
    sandbox = XeroSandbox(now=lambda: NOON, per_day=2, per_minute=5)
    asked = await headers(sandbox)

    answers = [await client(sandbox).get("/api.xro/2.0/Invoices", headers=asked) for _ in range(3)]

    assert [each.headers.get("x-daylimit-remaining") for each in answers] == ["1", "0", None]
    assert (answers[2].status_code, answers[2].headers["x-rate-limit-problem"]) == (429, "day")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"Contact": {"ContactID": "x"}}, "A Contact must be specified"),
        ({"CurrencyCode": "GBP"}, "not subscribed to currency"),
        ({"LineItems": []}, "line items must be specified"),
        ({"LineItems": [{"Description": "x", "UnitAmount": 3, "LineAmount": 2, "AccountCode": "200"}]}, "line total"),
        ({"LineItems": [{"Description": "x", "UnitAmount": 3, "AccountCode": "200", "TaxType": "NO"}]}, "TaxType code"),
        ({"InvoiceNumber": "IN-0101"}, "must be unique"),
        ({"DueDate": None}, "DueDate must be specified"),
        ({"Surprise": 1}, "not known"),
    ],
)
async def test_a_bad_invoice_is_refused_with_a_reason_and_leaves_nothing(wrong: dict[str, Any], words: str) -> None:
    sandbox = XeroSandbox(now=lambda: NOON)
    sandbox.create_invoice("1.00")
    line = {"Description": "x", "UnitAmount": 1, "AccountCode": "200"}
    good = {"Type": "ACCREC", "Status": "AUTHORISED", "DueDate": "2026-11-22", "LineItems": [line]}
    body = json.dumps({"Invoices": [good | {"Contact": {"ContactID": WALK_IN}} | wrong]}).encode()
    asked = await headers(sandbox)

    told = await client(sandbox).put("/api.xro/2.0/Invoices?summarizeErrors=false", content=body, headers=asked)
    thrown = await client(sandbox).put("/api.xro/2.0/Invoices?summarizeErrors=true", content=body, headers=asked)

    assert (told.status_code, thrown.status_code) == (200, 400)
    assert words in told.text and words in thrown.text
    assert len(sandbox.state()["Invoices"]) == 1


def test_what_people_do_is_told_by_signed_webhooks() -> None:
    sandbox = XeroSandbox(secret="key", now=lambda: NOON)
    invoice = sandbox.create_invoice("10.00")["InvoiceID"]
    sandbox.pay_invoice(invoice, "10.00")
    sandbox.create_credit_note("1.00")

    assert [each.kind for each in sandbox.deliveries] == ["INVOICE.CREATE", "INVOICE.UPDATE", "CREDITNOTE.CREATE"]
    assert CONNECTOR.inbound is not None
    for each in sandbox.deliveries:
        incoming = Incoming(method="POST", url="", headers=each.headers, body=each.body)
        verify(incoming, ["key"], settings(), NOON)
