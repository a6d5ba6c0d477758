"""Polling carries what webhooks, which come once or never, did not tell."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from connectors.woocommerce import CONNECTOR, pull
from connectors.woocommerce.client import fetch_customer, fetch_order
from connectors.woocommerce.sandbox import WooCommerceSandbox
from hub.connector import Account, Event, Page
from hub.domain.clock import rfc3339
from hub.domain.errors import Missing, NeedsAttention, Refused, TryLater
from hub.domain.records import OrderRecord
from tests.conftest import Time
from tests.connectors.woocommerce.store import NOON, account, heard, newest, read_events, sandbox

FIRST = f"since:{rfc3339(NOON - timedelta(days=1))}"


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def store(clock: Time) -> WooCommerceSandbox:
    return sandbox(clock)


@pytest.fixture
def way(store: WooCommerceSandbox) -> Account:
    return account(store)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull, "MOST", 3)


def place(store: WooCommerceSandbox, count: int = 1, **said: Any) -> list[str]:
    return [store.acts()["place_order"](**said)["order_id"] for _ in range(count)]


def ids(events: list[Event]) -> list[str]:
    return [str(json.loads(event.body)["id"]) for event in events]


async def run(
    way: Account,
    stream: str,
    cursor: str,
    between: Callable[[int], object] = lambda _page: None,
) -> tuple[list[Event], str]:
    """One run of a stream to its end; `between` acts after each page."""
    events: list[Event] = []
    fetch: Callable[[Account, str], Awaitable[Page]] = CONNECTOR.pull[stream]
    for number in range(50):
        page = await fetch(way, cursor)
        events += page.events
        cursor = page.cursor
        if not page.more:
            return events, cursor
        between(number)
    raise AssertionError("the walk does not end")


async def test_every_order_is_found_whatever_the_size_of_pages(store: WooCommerceSandbox, way: Account) -> None:
    placed = place(store, 8)

    events, _ = await run(way, "orders", FIRST)

    assert ids(events) == placed


@pytest.mark.parametrize("gone", [1, 2, 3])
async def test_orders_that_leave_the_list_make_the_walk_miss_no_other(
    store: WooCommerceSandbox, way: Account, gone: int
) -> None:
    placed = place(store, 8)

    def trash(page: int) -> None:
        if page == 0:
            for order in placed[:gone]:
                store.acts()["trash_order"](order)

    events, _ = await run(way, "orders", FIRST, trash)

    assert set(placed[gone:]) <= set(ids(events))


async def test_a_site_that_gives_less_on_a_page_than_was_asked_for_hides_nothing(
    store: WooCommerceSandbox, way: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = place(store, 5)
    monkeypatch.setattr("connectors.woocommerce.sandbox.MOST_ON_A_PAGE", 2)
    monkeypatch.setattr(pull, "MOST", 100)

    events, _ = await run(way, "orders", FIRST)

    assert ids(events) == placed


async def test_customers_who_leave_the_list_make_the_walk_miss_no_other(
    store: WooCommerceSandbox, way: Account
) -> None:
    register = store.acts()["register_customer"]
    known = [register(email=f"{number}@example.com")["customer_id"] for number in range(8)]

    def leave(page: int) -> None:
        if page == 0:
            for customer in known[:3]:
                store.acts()["delete_customer"](customer)

    events, _ = await run(way, "customers", FIRST, leave)

    assert set(known[3:]) <= set(ids(events))


async def test_an_order_that_changes_behind_the_walk_is_found_by_the_next_one(
    store: WooCommerceSandbox, way: Account, clock: Time
) -> None:
    (old,) = place(store)
    clock.forward(days=2)
    recent = place(store, 6)

    def later(page: int) -> None:
        clock.forward(hours=1)
        store.acts()["edit_order"](old if page == 0 else recent[-1], note="changed")

    events, cursor = await run(way, "orders", f"since:{rfc3339(clock() - timedelta(hours=1))}", later)
    again, _ = await run(way, "orders", cursor)

    assert old in {*ids(events), *ids(again)}


async def test_the_next_run_looks_back_a_little_and_no_more(
    store: WooCommerceSandbox, way: Account, clock: Time
) -> None:
    place(store, 2)
    clock.forward(hours=1)
    (newer,) = place(store)
    _, cursor = await run(way, "orders", FIRST)
    clock.forward(hours=1)

    again, same = await run(way, "orders", cursor)

    assert ids(again) == [newer]
    assert same == cursor


async def test_an_order_that_is_dated_far_ahead_hides_no_later_one(store: WooCommerceSandbox, way: Account) -> None:
    placed = place(store, 4)
    store.held.orders[int(placed[1])].modified_at = store.held.orders[int(placed[1])].modified_at.replace(year=9999)

    events, cursor = await run(way, "orders", FIRST)
    later = place(store, 1)
    again, _ = await run(way, "orders", cursor)

    assert ids(events) == placed
    assert later[0] in ids(again)


async def test_trash_is_a_stream_of_its_own(store: WooCommerceSandbox, way: Account) -> None:
    kept, gone = place(store, 2)
    store.acts()["trash_order"](gone)

    events, _ = await run(way, "trash", FIRST)
    usual, _ = await run(way, "orders", FIRST)

    (record,) = (each for each in read_events(events) if isinstance(each, OrderRecord))
    assert (record.source.external_id, record.deleted) == (gone, True)
    assert ids(usual) == [kept]


async def test_a_refund_does_not_date_its_order_and_is_found_all_the_same(
    store: WooCommerceSandbox, way: Account, clock: Time
) -> None:
    (order,) = place(store)
    _, orders = await run(way, "orders", FIRST)
    _, refunds = await run(way, "refunds", FIRST)
    clock.forward(days=1)
    place(store)
    _, orders = await run(way, "orders", orders)
    store.acts()["refund_order"](order, amount="5.00")

    missed, _ = await run(way, "orders", orders)
    found, _ = await run(way, "refunds", refunds)

    assert order not in ids(missed)
    assert ids(found) == [order]
    assert json.loads(found[0].body)["refunds"][0]["amount"] == "5.00"


async def test_a_store_without_a_list_of_refunds_is_no_fault(clock: Time) -> None:
    old = sandbox(clock, has_refund_list=False)

    page = await CONNECTOR.pull["refunds"](account(old), FIRST)

    assert (page.events, page.cursor, page.more) == ([], FIRST, False)


async def test_all_customers_are_read_once_a_day_and_new_ones_in_between(
    store: WooCommerceSandbox, way: Account, clock: Time
) -> None:
    register = store.acts()["register_customer"]
    known = [register(email=f"{number}@example.com")["customer_id"] for number in range(7)]
    whole, cursor = await run(way, "customers", FIRST)
    clock.forward(hours=1)
    new = [register(email=f"new{number}@example.com")["customer_id"] for number in range(4)]
    between, cursor = await run(way, "customers", cursor)
    clock.forward(hours=1)
    none, cursor = await run(way, "customers", cursor)
    clock.forward(days=1)
    daily, _ = await run(way, "customers", cursor)

    assert ids(whole) == known
    assert sorted(ids(between)) == sorted(new)
    assert none == []
    assert ids(daily) == [*known, *new]


async def test_what_is_pulled_is_what_webhooks_told(store: WooCommerceSandbox, way: Account, clock: Time) -> None:
    """A whole refund says more than the word of one; all else is the same record."""
    (order,) = place(store, tax="2.00", shipping="5.00", discount="3.00", fee="1.50", transaction_id="pi_1")
    clock.forward(minutes=1)
    store.acts()["refund_order"](order, amount="5.00")
    clock.forward(minutes=1)
    store.acts()["set_status"](order, status="completed")

    told = newest(heard(store))
    events, _ = await run(way, "orders", FIRST)
    pulled = newest(read_events(events))

    assert pulled.keys() == told.keys()
    assert {name: each for name, each in pulled.items() if not name.startswith("refund/")} == {
        name: each for name, each in told.items() if not name.startswith("refund/")
    }


# ------------------------------------------------------------------------------------------------------ one thing


async def test_an_order_in_the_trash_is_found_and_one_deleted_for_good_is_missing(
    store: WooCommerceSandbox, way: Account
) -> None:
    trashed, deleted = place(store, 2)
    store.acts()["trash_order"](trashed)
    store.acts()["delete_order"](deleted)

    (event,) = await fetch_order(way, trashed)

    assert json.loads(event.body)["status"] == "trash"
    with pytest.raises(Missing):
        await fetch_order(way, deleted)


@pytest.mark.parametrize("id", ["guest:ada@example.com", "99", "", "../orders/1", "٣"])
async def test_a_customer_that_is_not_the_stores_is_missing(way: Account, id: str) -> None:
    with pytest.raises(Missing):
        await fetch_customer(way, id)


async def test_wrong_keys_need_attention(store: WooCommerceSandbox) -> None:
    with pytest.raises(NeedsAttention):
        await fetch_order(account(store, consumer_secret="wrong"), "1")


@pytest.mark.parametrize(
    ("status", "error"), [(200, TryLater), (404, TryLater), (502, TryLater), (403, NeedsAttention)]
)
async def test_a_page_of_the_site_is_no_answer_of_its_api(
    store: WooCommerceSandbox, way: Account, status: int, error: type[Exception]
) -> None:
    store.faults.pages, store.faults.page_status = 1, status

    with pytest.raises(error):
        await fetch_order(way, "1")


async def test_an_api_that_is_switched_off_says_nothing_about_an_order(store: WooCommerceSandbox) -> None:
    elsewhere = account(store, base_url="https://store.example/wp-json/wc/v9")

    with pytest.raises(NeedsAttention, match="permalinks"):
        await fetch_order(elsewhere, "1")


@pytest.mark.parametrize("code", ["rest_disabled", "jetpack_not_found", ""])
def test_a_404_that_is_not_about_the_order_is_no_proof_that_it_is_gone(code: str) -> None:
    request = httpx.Request("GET", "https://store.example/wp-json/wc/v3/orders/1")
    answer = httpx.Response(404, json={"code": code, "message": "no"}, request=request)

    error = CONNECTOR.verdict and CONNECTOR.verdict(answer)

    assert error is not None
    assert not isinstance(error, Missing)


async def test_an_answer_of_another_form_is_refused(store: WooCommerceSandbox, way: Account) -> None:
    from connectors.woocommerce.client import ask, thing, things

    place(store)
    with pytest.raises(Refused):
        thing(await ask(way, "/orders"))
    with pytest.raises(Refused):
        things(await ask(way, "/data/currencies/current"))
