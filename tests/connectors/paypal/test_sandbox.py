"""The stand-in held to PayPal's published descriptions, and to its rules."""

import json
from typing import Any

import httpx

from connectors.paypal import CONNECTOR
from connectors.paypal.card import card
from connectors.paypal.plan import CapturePayment, CreateRefund, VoidAuthorization
from connectors.paypal.sandbox import PayPalSandbox
from hub.card import Exchange
from hub.connector import Account
from hub.domain.ids import CommandId
from tests.conftest import Time
from tests.connectors.paypal.app import account
from tests.shared import shared


async def recorded(app: PayPalSandbox) -> tuple[Account, list[Exchange]]:
    """A way on which a bad answer is kept like any other."""
    way, exchanges = await account(app), list[Exchange]()

    async def keep(response: httpx.Response) -> None:
        body = await response.aread()
        request = response.request
        exchanges.append(
            Exchange(
                method=request.method,
                path=request.url.path,
                query=request.url.query.decode(),
                request_headers=dict(request.headers),
                request=request.content,
                status=response.status_code,
                headers=dict(response.headers),
                response=body,
            )
        )

    way.http.event_hooks["response"] = [keep]
    return way, exchanges


async def test_calls_and_answers_are_as_paypal_describes_them() -> None:
    description = card().description
    assert description
    judge = description(shared("vendor", "paypal"))
    app = PayPalSandbox(now=Time())
    way, exchanges = await recorded(app)
    paid, held, gone = (
        app.pay("10.00", "EUR", custom_id="x"),
        app.pay("9", "JPY", capture=False),
        app.pay("9.00", "USD", False),
    )
    dispute = app.dispute(paid["capture"])["dispute"]
    key = CommandId("cmd_1")
    refund = CreateRefund(target="rr_1", capture=paid["capture"], amount="2.50", currency="EUR", order="ord_1")
    for wish in (
        refund,
        CapturePayment(target=held["authorization"], amount="5", currency="JPY"),
        VoidAuthorization(target=gone["authorization"]),
        VoidAuthorization(target=gone["authorization"]),
        CapturePayment(target=gone["authorization"], amount="5.00", currency="USD"),
    ):
        await CONNECTOR.push[type(wish)].send(way, wish, key)
    too_much = CreateRefund(target="rr_2", capture=paid["capture"], amount="99.00", currency="EUR", order="ord_1")
    await CONNECTOR.push[CreateRefund].send(way, too_much, CommandId("cmd_2"))
    kinds = {
        "order": paid["order"],
        "capture": paid["capture"],
        "authorization": held["authorization"],
        "refund": next(iter(app.ledger.refunds)),
        "dispute": dispute,
    }
    for kind, external_id in kinds.items():
        await CONNECTOR.fetch[kind](way, external_id)
    await CONNECTOR.fetch["capture"](way, "7NONE")
    searching = await account(app, transaction_search=True)
    searching.http.event_hooks["response"] = way.http.event_hooks["response"]
    for stream in CONNECTOR.pull.values():
        await stream(searching, "since:2026-11-20T00:00:00Z")
    assert CONNECTOR.audit
    app.unsubscribe()
    await CONNECTOR.audit(way, "https://new.example/hook", "")
    unit = {"amount": {"currency_code": "EUR", "value": "1.00"}, "custom_id": "ord_2"}
    await way.http.post("/v2/checkout/orders", json={"intent": "CAPTURE", "purchase_units": [unit]})
    way.http.headers["Authorization"] = "Bearer none"
    await way.http.get(f"/v2/payments/captures/{paid['capture']}")

    faults = [fault for exchange in exchanges for fault in judge(exchange)]

    assert faults == []
    assert len(exchanges) > 20
    assert {exchange.status for exchange in exchanges} >= {200, 201, 204, 401, 404, 422}


async def test_a_spoilt_answer_is_seen_by_the_judge() -> None:
    description = card().description
    assert description
    judge = description(shared("vendor", "paypal"))
    app = PayPalSandbox(now=Time())
    way, exchanges = await recorded(app)
    made = app.pay("10.00", "EUR")
    app.ledger.captures[made["capture"]]["status"] = "SHINY"

    await way.http.get(f"/v2/payments/captures/{made['capture']}")

    assert any("status" in fault for exchange in exchanges for fault in judge(exchange))


async def test_a_key_that_comes_again_does_nothing_until_it_has_died() -> None:
    clock = Time()
    app = PayPalSandbox(now=clock)
    taken = app.pay("10.00", "EUR")["capture"]
    wish = CreateRefund(target="rr_1", capture=taken, amount="1.00", currency="EUR", order="ord_1")

    for days in (0, 44, 2):
        clock.forward(days=days)
        await CONNECTOR.push[CreateRefund].send(await account(app), wish, CommandId("cmd_1"))

    assert len(app.ledger.refunds) == 2


async def test_decimals_where_paypal_takes_none_are_refused() -> None:
    app = PayPalSandbox(now=Time())
    way, exchanges = await recorded(app)
    taken = app.pay("100", "JPY")["capture"]

    await way.http.post(
        f"/v2/payments/captures/{taken}/refund", json={"amount": {"currency_code": "JPY", "value": "10.00"}}
    )

    answer: dict[str, Any] = json.loads(exchanges[-1].response)
    assert answer["details"][0]["issue"] == "DECIMALS_NOT_SUPPORTED"


def test_the_state_counts_each_effect_by_our_reference() -> None:
    app = PayPalSandbox(now=Time())
    taken = app.ledger.find(app.ledger.captures, app.pay("10.00", "EUR")["capture"])
    for _ in range(2):
        app.ledger.refund(taken, {"currency_code": "EUR", "value": "1.00"}, custom_id="ord_1,rr_1,cmd_1")

    assert card().effects(app.state()) == ["refund ord_1 rr_1"] * 2
