"""The sandbox answers as the vendor describes its API, so that it cannot flatter us."""

import copy
import json
from typing import Any

import httpx
import pytest

from connectors.woocommerce.card import card, description
from connectors.woocommerce.sandbox import WooCommerceSandbox
from hub.card import Exchange, Made
from hub.domain.records import Kind
from tests.conftest import Time
from tests.connectors.woocommerce.store import account, heard, incoming, records, sandbox
from tests.shared import shared

CARD = card()


def exchange(response: httpx.Response) -> Exchange:
    request = response.request
    return Exchange(
        method=request.method,
        path=request.url.path,
        query=request.url.query.decode(),
        request_headers=dict(request.headers),
        request=request.content,
        status=response.status_code,
        headers=dict(response.headers),
        response=response.content,
    )


def busy(**more: Any) -> WooCommerceSandbox:
    """A store in which each kind of thing has happened."""
    store = sandbox(Time(), **more)
    acts = store.acts()
    customer = acts["register_customer"]()["customer_id"]
    order = acts["place_order"](
        lines=[{"sku": "MUG", "quantity": 3, "price": "12.50"}, {"title": "Täg/1", "price": "1.01"}],
        tax="7.00",
        shipping="5.00",
        discount="3.33",
        fee="1.50",
        customer_id=customer,
        fields={"_note": ["any", {"thing": 1}]},
    )
    acts["refund_order"](order["order_id"], amount="12.50", lines=[{"line": "MUG", "quantity": 1}])
    acts["place_order"](status="pending", currency="EUR")
    acts["edit_order"](order["order_id"], quantity=2)
    acts["update_customer"](customer, city="Oakland")
    return store


async def test_every_item_is_valid_by_the_vendors_own_schema() -> None:
    store = busy()
    way = account(store)
    judge = description(shared("vendor", "woocommerce"))
    (order,) = (each.id for each in store.held.orders.values() if each.refunds)
    paths = ["/orders", f"/orders/{order}", f"/orders/{order}/refunds", "/refunds", "/customers", "/webhooks"]

    answers = [exchange(await way.http.get(path)) for path in paths]
    answers.append(exchange(await way.http.put(f"/orders/{order}", json={"status": "completed"})))
    answers.append(exchange(await way.http.post(f"/orders/{order}/refunds", json={"amount": "1.00", "reason": "x"})))

    assert all(json.loads(each.response) for each in answers)
    assert [fault for each in answers for fault in judge(each)] == []


async def test_the_schema_would_see_a_fault() -> None:
    judge = description(shared("vendor", "woocommerce"))
    good = exchange(await account(busy()).http.get("/orders"))
    spoilt = copy.deepcopy(json.loads(good.response))
    spoilt[0]["line_items"][0]["quantity"] = 1.5
    spoilt[0]["total"] = []
    bad = Exchange(
        **{**{name: getattr(good, name) for name in good.__slots__}, "response": json.dumps(spoilt).encode()}
    )

    assert len(judge(bad)) == 2


def test_webhooks_show_the_same_items() -> None:
    judge = description(shared("vendor", "woocommerce"))
    faults: list[str] = []
    for each in busy().deliveries:
        resource = each.headers["X-WC-Webhook-Resource"]
        path = f"/wp-json/wc/v3/{resource}s/1"
        faults += judge(
            Exchange(
                method="POST", path=path, query="", request_headers={}, request=b"", status=200, headers={},
                response=each.body,
            )
        )  # fmt: skip

    assert faults == []


def test_bodies_are_written_as_php_writes_them() -> None:
    (first, *_) = (each for each in busy().deliveries if each.kind == "order.created")

    assert b"http:\\/\\/" in first.body or b"https:\\/\\/" in first.body
    assert b"T\\u00e4g\\/1" in first.body


async def test_lists_come_in_pages_of_ten_newest_first_and_never_of_more_than_a_hundred() -> None:
    store = sandbox(Time())
    for _ in range(12):
        store.acts()["place_order"]()
    way = account(store)

    first, second = await way.http.get("/orders"), await way.http.get("/orders", params={"page": 2})

    assert [len(each.json()) for each in (first, second)] == [10, 2]
    assert (first.headers["x-wp-total"], first.headers["x-wp-totalpages"]) == ("12", "2")
    assert first.json()[0]["id"] > second.json()[0]["id"]
    assert (await httpx_of(store).get("/orders", params={"per_page": 101})).status_code == 400


def httpx_of(store: WooCommerceSandbox, **more: Any) -> httpx.AsyncClient:
    """Without verdicts."""
    way = account(store, **more)
    way.http.event_hooks["response"].clear()
    return way.http


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("GET", "/orders/9", None, 404, "woocommerce_rest_shop_order_invalid_id"),
        ("PUT", "/orders/9", {}, 400, "woocommerce_rest_shop_order_invalid_id"),
        ("GET", "/customers/9", None, 404, "woocommerce_rest_invalid_id"),
        ("PUT", "/webhooks/9", {}, 400, "woocommerce_rest_shop_webhook_invalid_id"),
        (
            "POST",
            "/webhooks",
            {"topic": "x", "delivery_url": "https://x"},
            400,
            "woocommerce_rest_shop_webhook_invalid_topic",
        ),
        ("GET", "/nothing", None, 404, "rest_no_route"),
    ],
)
async def test_errors_have_the_vendors_form(
    method: str, path: str, body: dict[str, Any] | None, status: int, code: str
) -> None:
    answer = await httpx_of(sandbox(Time())).request(method, path, json=body)

    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (status, code, {"status": status})


async def test_an_order_that_is_given_back_whole_is_refunded() -> None:
    store = sandbox(Time())
    order = store.acts()["place_order"]()["order_id"]

    store.acts()["refund_order"](order)

    assert store.held.orders[int(order)].history == ["processing", "refunded"]


def test_the_cards_acts_make_what_they_say_and_webhooks_tell_of_it() -> None:
    for act in CARD.makes.values():
        store = CARD.sandbox(Time())
        assert isinstance(store, WooCommerceSandbox)
        store.secret = "store-secret"
        made = act(store)
        assert isinstance(made, Made)
        assert CARD.edit
        CARD.edit(store, made)

        told = {(each.kind, each.source.external_id) for each in records(heard(store))}

        assert (made.kind, made.external_id) in told
        assert store.deliveries[-1].kind.endswith(".updated")
        assert incoming(store.deliveries[-1]).body


def test_the_cards_order_costs_what_the_tills_does() -> None:
    store = CARD.sandbox(Time())
    assert isinstance(store, WooCommerceSandbox)
    assert CARD.wish.first
    made = CARD.wish.first(store)

    assert isinstance(made, Made)
    assert made.kind is Kind.ORDER
    assert store.held.orders[int(made.external_id)].total == 9_550


def test_each_effect_is_one_word_and_a_doubled_one_shows() -> None:
    store = busy()
    (order,) = (each for each in store.held.orders.values() if each.refunds)
    once = CARD.effects(store.state())
    order.refunds.append(order.refunds[0])

    twice = CARD.effects(store.state())

    assert len(once) == len(set(once)) == 1
    assert len(twice) == 2
    assert len(set(twice)) == 1
