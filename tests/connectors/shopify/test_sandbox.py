"""The stand-in behaves as the vendor does, also where that is inconvenient."""

import json
from typing import Any

import httpx
import pytest

from connectors.shopify.inbound import events, verify
from connectors.shopify.sandbox import ShopifySandbox
from hub.domain.errors import Forged
from tests.connectors.shopify.shop import HAT, MUG, SECRET, Clock, account, incoming, sandbox, settings


@pytest.fixture
def shop() -> ShopifySandbox:
    return sandbox(Clock())


async def post(shop: ShopifySandbox, query: str, **headers: str) -> dict[str, Any]:
    answer = await account(shop).http.post("/graphql.json", json={"query": query}, headers=headers)
    said: dict[str, Any] = answer.json()
    return said


def topics(shop: ShopifySandbox, after: int = 0) -> list[str]:
    return [delivery.kind for delivery in shop.deliveries[after:]]


def test_deliveries_are_signed_over_the_body_alone(shop: ShopifySandbox) -> None:
    shop.acts()["place_order"](lines=[MUG])
    request = incoming(shop.deliveries[0])

    verify(request, [SECRET], settings(), shop.now())
    with pytest.raises(Forged):
        verify(request, ["another"], settings(), shop.now())


def test_one_act_sends_several_topics_of_one_event_and_each_is_an_event_of_its_own(shop: ShopifySandbox) -> None:
    shop.acts()["place_order"](lines=[MUG], email="a@example.com", customer=True, transactions=[{}])

    ids = {delivery.headers["X-Shopify-Event-Id"] for delivery in shop.deliveries}
    keys = {event.key for each in shop.deliveries for event in events(incoming(each), settings())}

    assert topics(shop) == ["customers/create", "orders/create", "order_transactions/create", "orders/paid"]
    assert (len(ids), len(keys)) == (1, 4)


def test_webhooks_of_orders_leave_transactions_out(shop: ShopifySandbox) -> None:
    shop.acts()["place_order"](lines=[MUG], transactions=[{}])

    assert "transactions" not in json.loads(shop.deliveries[0].body)


def test_an_order_moves_on_by_a_second_at_least_with_each_change(shop: ShopifySandbox) -> None:
    order = shop.acts()["place_order"](lines=[MUG])["order_id"]
    shop.acts()["add_transaction"](order, amount="1.00")
    shop.acts()["add_transaction"](order, amount="1.00")

    times = [json.loads(each.body)["updated_at"] for each in shop.deliveries if each.kind.startswith("orders/")]

    assert times == sorted(set(times))
    assert len(times) == 3


@pytest.mark.parametrize(
    ("transactions", "status"),
    [
        ([], "pending"),
        ([{"amount": "1.00"}], "partially_paid"),
        ([{}], "paid"),
        ([{"status": "failure"}], "pending"),
        ([{"kind": "authorization"}], "authorized"),
        ([{"kind": "authorization"}, {"kind": "capture"}], "paid"),
        ([{"kind": "authorization"}, {"kind": "void"}], "voided"),
        ([{"gateway": "gift_card", "amount": "5.00"}, {"gateway": "stripe", "payment_id": "pi_1"}], "paid"),
    ],
)
def test_the_financial_status_follows_the_transactions(
    shop: ShopifySandbox, transactions: list[dict[str, Any]], status: str
) -> None:
    shop.acts()["place_order"](lines=[HAT], transactions=transactions)

    assert shop.state()["orders"][0]["financial_status"] == status


def test_no_more_can_be_given_back_than_was_taken(shop: ShopifySandbox) -> None:
    order = shop.acts()["place_order"](lines=[HAT], transactions=[{}])["order_id"]
    shop.acts()["refund_order"](order, "20.00")

    with pytest.raises(ValueError, match="not so much"):
        shop.acts()["refund_order"](order, "10.01")
    shop.acts()["refund_order"](order)

    assert shop.state()["orders"][0]["financial_status"] == "refunded"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("query { nonsense }", ""),
        ("query {", ""),
        (
            "query { orders(first: 250, sortKey: UPDATED_AT) { nodes { lineItems(first: 250) { nodes { id } } } } }",
            "MAX",
        ),
        ("query { orders(first: 5) { nodes { id } } }", ""),
    ],
)
async def test_a_bad_question_is_answered_with_status_200_and_errors(
    shop: ShopifySandbox, query: str, code: str
) -> None:
    said = await post(shop, query)

    assert said["errors"]
    assert str(said["errors"][0].get("extensions", {}).get("code", "")).startswith(code)


async def test_only_the_token_opens_it(shop: ShopifySandbox) -> None:
    said = await post(shop, "query { shop { name } }", **{"X-Shopify-Access-Token": "guess"})

    assert "Invalid API key" in said["errors"]


async def test_a_reply_is_dropped_after_a_mutation_and_never_after_a_question(shop: ShopifySandbox) -> None:
    order = shop.acts()["place_order"](lines=[MUG])["order_id"]
    shop.faults.drop_replies = 1

    assert (await post(shop, "query { shop { name } }"))["data"]
    assert shop.faults.drop_replies == 1
    with pytest.raises((httpx.HTTPError, AssertionError)):
        await post(
            shop, f'mutation {{ tagsAdd(id: "gid://shopify/Order/{order}", tags: ["x"]) {{ userErrors {{ field }} }} }}'
        )

    assert shop.state()["orders"][0]["tags"] == ["x"]


async def test_the_control_side_plays_the_shops_users(shop: ShopifySandbox) -> None:
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=shop), base_url="http://127.0.0.1")

    placed = (await http.post("/_sandbox/act", json={"act": "place_order", "lines": [MUG]})).json()
    state = (await http.get("/_sandbox/state")).json()
    deliveries = (await http.get("/_sandbox/deliveries")).json()

    assert state["orders"][0]["id"] == placed["order_id"]
    assert [each["kind"] for each in deliveries] == ["orders/create"]


def test_ids_of_two_shops_do_not_meet() -> None:
    first = sandbox(Clock(), shop="one.myshopify.com").acts()["place_order"](lines=[MUG])
    second = sandbox(Clock(), shop="two.myshopify.com").acts()["place_order"](lines=[MUG])

    assert first["order_id"] != second["order_id"]
