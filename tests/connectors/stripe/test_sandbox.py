"""The stand-in keeps Stripe's rules, and shows what Stripe's own description allows."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import jsonschema
import pytest

from connectors.stripe.inbound import verify
from connectors.stripe.sandbox import StripeSandbox
from hub.connector import Incoming
from tests.connectors.stripe.support import SECRET, Time, settings
from tests.shared import shared


@pytest.fixture
def stripe(time: Any) -> StripeSandbox:
    return StripeSandbox(secret=SECRET, now=time)


@pytest.fixture
async def http(stripe: StripeSandbox) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": "Bearer sk_test_sandbox"}
    transport = httpx.ASGITransport(app=stripe)
    async with httpx.AsyncClient(base_url="https://stripe.test/v1", headers=headers, transport=transport) as client:
        yield client


async def test_a_wrong_key_an_unknown_path_and_an_unknown_parameter_are_errors(http: httpx.AsyncClient) -> None:
    wrong = await http.get("/charges", headers={"Authorization": "Bearer sk_live_x"})
    nowhere = await http.post("/nowhere")
    unknown = await http.post("/refunds", data={"payment_intent": "pi_1", "colour": "red"})
    missing = await http.post("/refunds", data={"payment_intent": "pi_1"})

    assert [answer.status_code for answer in (wrong, nowhere, unknown, missing)] == [401, 404, 400, 404]
    assert unknown.json()["error"]["code"] == "parameter_unknown"
    assert missing.json()["error"]["code"] == "resource_missing"


async def test_more_is_never_refunded_than_was_captured(stripe: StripeSandbox, http: httpx.AsyncClient) -> None:
    intent = stripe.pay(1000, "eur")["payment_intent"]

    codes = [
        (await http.post("/refunds", data={"payment_intent": intent, "amount": str(amount)})).status_code
        for amount in (600, 401, 400, 1)
    ]

    assert codes == [200, 400, 200, 400]
    assert stripe.state()["charge"][0]["amount_refunded"] == 1000


async def test_a_key_replays_its_first_answer_refuses_other_parameters_and_dies_after_a_day(
    stripe: StripeSandbox, http: httpx.AsyncClient, time: Any
) -> None:
    intent = stripe.pay(1000, "eur")["payment_intent"]
    key = {"Idempotency-Key": "k1"}
    body = {"payment_intent": intent, "amount": "100"}

    first = await http.post("/refunds", data=body, headers=key)
    again = await http.post("/refunds", data=body, headers=key)
    other = await http.post("/refunds", data=body | {"amount": "1"}, headers=key)
    time.forward(hours=24)
    dead = await http.post("/refunds", data=body, headers=key)

    assert first.content == again.content
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    assert dead.json()["id"] != first.json()["id"]


async def test_a_declined_card_is_402_with_the_intent_inside(http: httpx.AsyncClient) -> None:
    form = {"amount": "100", "currency": "eur", "confirm": "true", "payment_method": "pm_card_chargeDeclined"}

    answer = await http.post("/payment_intents", data=form)

    assert answer.status_code == 402
    assert answer.json()["error"]["payment_intent"]["status"] == "requires_payment_method"


async def test_an_intent_goes_the_way_from_made_to_captured_and_no_way_back(http: httpx.AsyncClient) -> None:
    form = {"amount": "100", "currency": "eur", "capture_method": "manual"}
    intent = (await http.post("/payment_intents", data=form)).json()["id"]
    path = f"/payment_intents/{intent}"

    steps = [
        (await http.post(f"{path}/{step}", data=data)).status_code
        for step, data in (
            ("capture", {}),
            ("confirm", {"payment_method": "pm_card_visa"}),
            ("capture", {"amount_to_capture": "101"}),
            ("capture", {"amount_to_capture": "100"}),
            ("capture", {}),
            ("cancel", {}),
        )
    ]

    assert steps == [400, 200, 400, 200, 400, 400]


async def test_the_hundred_and_first_call_of_a_second_is_refused(http: httpx.AsyncClient, time: Any) -> None:
    codes = [(await http.get("/balance")).status_code for _ in range(101)]
    time.forward(seconds=1)

    assert codes == [200] * 100 + [429]
    assert (await http.get("/balance")).status_code == 200


def test_what_it_delivers_is_signed_as_stripe_signs(stripe: StripeSandbox, time: Any) -> None:
    stripe.pay(1000, "eur")

    for each in stripe.deliveries:
        headers = {name.lower(): value for name, value in each.headers.items()}
        verify(Incoming(method="POST", url="", headers=headers, body=each.body), [SECRET], settings(), time())
    assert len(stripe.deliveries) == 3


def _nullable(schema: Any) -> Any:
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [_nullable(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _nullable(value) for name, value in schema.items() if name != "nullable"}
    return {"anyOf": [{"type": "null"}, inner]} if schema.get("nullable") is True else inner


def everything(version: str) -> StripeSandbox:
    stripe = StripeSandbox(secret=SECRET, now=Time(), api_version=version)
    customer = stripe.customer(email="ann@example.com", name="Ann")
    stripe.pay(1990, "eur", decline=True)
    held = stripe.pay(1990, "eur", capture=False, customer=customer["id"])["payment_intent"]
    stripe.capture(held, 1500)
    refund = stripe.refund(held, 500)
    stripe.fail_refund(refund["id"])
    stripe.close_dispute(stripe.dispute(held)["id"], won=True)
    stripe.cancel(stripe.pay(1990, "eur", capture=False)["payment_intent"])
    stripe.checkout(1990, "eur", client_reference_id="820", email="ann@example.com")
    stripe.update_customer(customer["id"], name="Anna")
    return stripe


def test_each_event_fits_stripes_own_description_of_its_object() -> None:
    described = json.loads(shared("vendor", "stripe", "spec", "openapi_2023-08-16.trimmed.json").read_text())
    components = {"components": _nullable(described["components"])}
    names: dict[str, Any] = {}

    for delivery in everything("2020-08-27").deliveries:
        thing = json.loads(delivery.body)["data"]["object"]
        name = thing["object"]
        # `charges` and `refunds` were lists of the object until 2022; the description of 2023 knows the latter only.
        thing.pop("charges", None)
        validator = names.setdefault(
            name, jsonschema.Draft202012Validator({"$ref": f"#/components/schemas/{name}", **components})
        )
        faults = [f"{delivery.kind} {fault.json_path}: {fault.message[:200]}" for fault in validator.iter_errors(thing)]
        assert faults == []
        if "amount" in thing:
            assert not validator.is_valid(thing | {"amount": "spoilt"})
    assert set(names) == {"payment_intent", "charge", "refund", "dispute", "customer", "checkout.session"}


def test_each_field_of_the_newest_version_is_one_that_stripe_has() -> None:
    path = shared("vendor", "stripe", "spec", "current_fields_2026-10-28.endive.json")
    resources = json.loads(path.read_text())["resources"]

    for delivery in everything("2026-10-28.endive").deliveries:
        event = json.loads(delivery.body)
        for thing in (event, event["data"]["object"]):
            fields = resources[thing["object"]]["fields"]
            needed = {name for name, kind in fields.items() if "Optional" not in kind and "NoneType" not in kind}
            assert not set(thing) - set(fields), (delivery.kind, set(thing) - set(fields))
            assert not needed - set(thing), (delivery.kind, needed - set(thing))
