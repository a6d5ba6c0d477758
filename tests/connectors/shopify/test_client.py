"""Fetch and pull: whole orders however long, cursors that lose nothing, and answers that mean what they say."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.shopify import CONNECTOR
from connectors.shopify.answers import pause, verdict
from connectors.shopify.client import ask, fetch_customer, fetch_order, pull_customers, pull_orders
from hub.connector import READS
from hub.domain.clock import rfc3339
from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater, Unknown
from hub.domain.records import OrderRecord, PaymentRecord, RefundRecord, ShipmentRecord
from tests.connectors.shopify.shop import HAT, MUG, NOON, Clock, account, read_events, records, sandbox

SINCE = f"since:{rfc3339(NOON - timedelta(days=1))}"


@pytest.mark.parametrize("external_id", ["1", "999", "guest:ada@example.com", "../1"])
async def test_what_is_not_there_is_missing(external_id: str) -> None:
    shop = account(sandbox(Clock()))

    with pytest.raises(Missing):
        await fetch_order(shop, external_id)
    with pytest.raises(Missing):
        await fetch_customer(shop, external_id)


async def test_an_order_of_five_hundred_lines_comes_whole() -> None:
    shop = sandbox(Clock())
    lines = [{"sku": f"S{number}", "price": "1.00"} for number in range(500)]
    order = shop.acts()["place_order"](lines=lines, transactions=[{}])["order_id"]
    shop.acts()["fulfil_order"](order, tracking="1Z")
    shop.acts()["refund_order"](order, "500.00", lines=[{"line": f"S{number}", "quantity": 1} for number in range(500)])

    said = records(read_events(await fetch_order(account(shop), order)))

    (sale,) = (each for each in said if isinstance(each, OrderRecord))
    (parcel,) = (each for each in said if isinstance(each, ShipmentRecord))
    (refund,) = (each for each in said if isinstance(each, RefundRecord))
    assert (len(sale.lines), len(parcel.lines), len(refund.lines)) == (500, 500, 500)
    assert sale.total.major == "500.00"


async def test_an_order_of_many_parcels_refunds_and_transactions_comes_whole() -> None:
    shop = sandbox(Clock(), points=20_000)
    order = shop.acts()["place_order"](lines=[MUG | {"quantity": 30}], transactions=[{}])["order_id"]
    for _ in range(12):
        shop.acts()["fulfil_order"](order, lines=[{"line": "MUG", "quantity": 1}])
        shop.acts()["refund_order"](order, "1.00", lines=[{"line": "MUG", "quantity": 1}])
        shop.acts()["add_transaction"](order, amount="1.00", status="failure")

    said = records(read_events(await fetch_order(account(shop), order)))

    assert sum(isinstance(each, ShipmentRecord) for each in said) == 12
    assert sum(isinstance(each, RefundRecord) for each in said) == 12
    payments = [each for each in said if isinstance(each, PaymentRecord)]
    assert len(payments) == 13
    assert max(payment.refunded.major for payment in payments) == "12.00"


@pytest.mark.parametrize(
    ("days", "scopes", "short"),
    [(90, ("read_orders",), True), (59, ("read_orders",), False), (90, ("read_orders", "read_all_orders"), False)],
)
async def test_a_pull_of_the_past_says_where_the_shop_hides_it(days: int, scopes: tuple[str, ...], short: bool) -> None:
    shop = account(sandbox(Clock(), scopes=scopes))

    page = await pull_orders(shop, f"since:{rfc3339(NOON - timedelta(days=days))}")

    assert (page.window is not None) is short
    if page.window:
        assert page.window.start == shop.now() - timedelta(days=60)
        assert "read_all_orders" in page.window.why


async def test_a_pull_brings_every_order_once_then_only_what_changed() -> None:
    clock = Clock()
    shop = sandbox(clock, points=20_000)
    orders = []
    for _ in range(60):
        clock.forward(minutes=1)
        orders.append(shop.acts()["place_order"](lines=[HAT])["order_id"])
    way = account(shop)

    found, cursor, pages = [], SINCE, 0
    while True:
        page = await pull_orders(way, cursor)
        found += [each.source.external_id for each in records(read_events(page.events))]
        cursor, pages = page.cursor, pages + 1
        if not page.more:
            break
    clock.forward(hours=1)
    shop.acts()["add_transaction"](orders[0])
    again = [each.source.external_id for each in records(read_events((await pull_orders(way, cursor)).events))]

    assert (found, pages) == (orders, 3)
    assert again[-2] == orders[0], "the changed one, and its payment"
    assert again[:-2] == orders[-6:], "the look-back is minutes, not everything"


async def test_an_order_that_changes_between_two_pages_is_not_lost() -> None:
    clock = Clock()
    shop = sandbox(clock, points=20_000)
    orders = [shop.acts()["place_order"](lines=[HAT])["order_id"] for _ in range(40)]
    way = account(shop)

    first = await pull_orders(way, SINCE)
    clock.forward(minutes=1)
    for order in orders[:20]:
        shop.acts()["add_transaction"](order, amount="1.00")
    said = records(read_events(first.events))
    cursor, more = first.cursor, first.more
    while more:
        page = await pull_orders(way, cursor)
        said += records(read_events(page.events))
        cursor, more = page.cursor, page.more

    assert {each.source.external_id for each in said if isinstance(each, OrderRecord)} == set(orders)
    assert sum(isinstance(each, PaymentRecord) for each in said) == 20


async def test_an_order_deleted_after_it_was_listed_is_passed_over() -> None:
    shop = sandbox(Clock())
    shop.acts()["place_order"](lines=[HAT])
    way = account(shop)
    asked: list[str] = []

    async def delete_then(request: httpx.Request) -> None:
        asked.append(json.loads(request.content)["query"].split("(")[0])
        if len(asked) == 2:
            shop.held.orders.clear()

    way.http.event_hooks["request"].append(delete_then)
    page = await pull_orders(way, SINCE)

    assert (page.events, page.more) == ([], False)
    assert asked == ["query Orders", "query Order"]


async def test_customers_are_pulled_by_pages_too() -> None:
    shop = sandbox(Clock())
    for number in range(55):
        shop.acts()["place_order"](lines=[HAT], email=f"{number}@example.com", customer=True)
    way = account(shop)

    first = await pull_customers(way, SINCE)
    second = await pull_customers(way, first.cursor)

    assert (len(first.events), first.more) == (50, True)
    assert (len(second.events), second.more) == (5, False)


# ----------------------------------------------------------------------------------------------------- answers


def answer(body: Any, *, reads: bool = True, status: int = 200) -> httpx.Response:
    request = httpx.Request("POST", "https://acme.myshopify.com/graphql.json", extensions=READS if reads else {})
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, content=content, request=request)


def errors(code: str, **cost: Any) -> dict[str, Any]:
    return {"errors": [{"message": f"because {code}", "extensions": {"code": code}}], "extensions": {"cost": cost}}


THROTTLED = errors("THROTTLED", requestedQueryCost=700, throttleStatus={"currentlyAvailable": 200, "restoreRate": 100})


@pytest.mark.parametrize(
    ("body", "when_reading", "when_writing"),
    [
        (THROTTLED, TryLater, TryLater),
        (errors("ACCESS_DENIED"), NeedsAttention, NeedsAttention),
        (errors("SHOP_INACTIVE"), NeedsAttention, NeedsAttention),
        ({"errors": "Invalid API key"}, NeedsAttention, NeedsAttention),
        (errors("INTERNAL_SERVER_ERROR"), TryLater, Unknown),
        (errors("MAX_COST_EXCEEDED"), Refused, Refused),
        ({"errors": [{"message": "Field 'x' doesn't exist"}]}, Refused, Refused),
        (b"<html>", TryLater, Unknown),
        (b"", TryLater, Unknown),
        ({}, TryLater, Unknown),
    ],
)
def test_errors_come_with_status_200_and_say_what_to_do_next(
    body: Any, when_reading: type[HubError], when_writing: type[HubError]
) -> None:
    assert type(verdict(answer(body))) is when_reading
    assert type(verdict(answer(body, reads=False))) is when_writing


def test_a_throttled_call_waits_until_it_fits() -> None:
    error = verdict(answer(THROTTLED))

    assert isinstance(error, TryLater)
    assert error.after == timedelta(seconds=5)


@pytest.mark.parametrize(("available", "seconds"), [(0, 7.6), (660, 1.0), (760, 0.0), (2000, 0.0)])
def test_the_next_call_waits_until_our_dearest_one_fits(available: int, seconds: float) -> None:
    throttle = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": 100}
    cost = {"requestedQueryCost": 5, "throttleStatus": throttle}

    assert pause(answer({"data": {}, "extensions": {"cost": cost}})) == seconds


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"extensions": {"cost": {}}}', b'{"data": {}}'])
def test_an_answer_that_tells_no_cost_asks_for_no_pause(body: bytes) -> None:
    assert pause(answer(body)) == 0


@pytest.mark.parametrize("status", [401, 404, 429, 500])
def test_other_statuses_mean_what_they_always_mean(status: int) -> None:
    assert verdict(answer(b"", status=status)) is None


async def test_the_sandbox_runs_out_of_points_and_fills_again() -> None:
    clock = Clock()
    shop = sandbox(clock, points=800)
    order = shop.acts()["place_order"](lines=[MUG])["order_id"]
    way = account(shop, waits=False)

    with pytest.raises(TryLater) as stopped:
        for _ in range(20):
            await fetch_order(way, order)
    clock.at += stopped.value.after

    assert await fetch_order(way, order)


# ------------------------------------------------------------------------------------------------------- check


async def check(shop: Any, **more: Any) -> dict[str, bool]:
    assert CONNECTOR.check
    return {finding.subject: finding.ok async for finding in CONNECTOR.check(account(shop, **more))}


async def test_check_says_which_scope_is_missing() -> None:
    found = await check(sandbox(Clock(), scopes=("read_orders", "read_customers")))

    assert found["credentials"]
    assert found["scope read_orders"]
    assert not found["scope write_orders"]
    assert not found["scope write_merchant_managed_fulfillment_orders"]


async def test_check_finds_all_scopes_of_a_good_token() -> None:
    assert all((await check(sandbox(Clock()))).values())


async def test_a_wrong_token_is_401() -> None:
    shop = sandbox(Clock(), access_token="another")

    with pytest.raises(httpx.HTTPStatusError, match="401"):
        await ask(account(shop), "query { shop { name } }")
