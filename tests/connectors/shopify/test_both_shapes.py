"""A webhook and the API tell of one order in two shapes: the same facts give the same records of the same version."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from connectors.shopify.client import fetch_customer, fetch_order
from connectors.shopify.sandbox import ShopifySandbox
from hub.connector import Event, Hint
from hub.domain.records import Kind, PaymentRecord, RefundRecord
from tests.connectors.shopify.shop import HAT, MUG, Clock, account, heard, newest, read_events, records, sandbox

Day = Callable[[dict[str, Any]], str]


def placed(acts: dict[str, Any], **order: Any) -> str:
    return str(acts["place_order"](**order)["order_id"])


def simple(acts: dict[str, Any]) -> str:
    return placed(
        acts,
        lines=[MUG, HAT],
        email="ada@example.com",
        phone="+49301",
        customer={"first_name": "Ada", "last_name": "Lovelace", "note": "kind"},
        tax="4.01",
        shipping="5.00",
        discount="3.33",
        tip="1.00",
        note="ring twice",
        note_attributes={"orderhub_order": "ord_" + "1" * 26},
        tags=["b", "a"],
        transactions=[{"gateway": "stripe", "payment_id": "pi_1"}],
    )


def guest(acts: dict[str, Any]) -> str:
    return placed(acts, lines=[MUG], email="Guest@Example.com", test=True)


def nobody(acts: dict[str, Any]) -> str:
    return placed(acts, lines=[MUG])


def yen(acts: dict[str, Any]) -> str:
    lines = [MUG | {"price": "1250"}]
    return placed(acts, lines=lines, currency="JPY", email="y@example.com", tax=99, taxes_included=True)


def held_and_captured(acts: dict[str, Any]) -> str:
    order = placed(acts, lines=[HAT], transactions=[{"kind": "authorization", "payment_id": "pi_2"}])
    acts["add_transaction"](order, kind="capture", amount="30.00")
    return order


def edited_refunded_shipped(acts: dict[str, Any]) -> str:
    order = simple(acts)
    acts["edit_order"](order, remove=[{"line": "MUG", "quantity": 1}], add=[HAT | {"sku": "CAP"}])
    acts["refund_order"](order, "10.00", lines=[{"line": "HAT", "quantity": 1}], payment_id="re_1", reason="broken")
    acts["refund_order"](order, "2.00", status="pending")
    acts["fulfil_order"](
        order, lines=[{"line": "MUG", "quantity": 1}], tracking="1Z", carrier="UPS", url="https://x.example"
    )
    acts["deliver_parcel"](order)
    acts["fulfil_order"](order)
    return order


def cancelled(acts: dict[str, Any]) -> str:
    order = placed(acts, lines=[MUG, HAT], tax="1.00", transactions=[{"kind": "authorization"}])
    acts["edit_order"](order, remove=[{"line": "HAT", "quantity": 1}])
    acts["cancel_order"](order, reason="fraud")
    return order


DAYS: list[Day] = [simple, guest, nobody, yen, held_and_captured, edited_refunded_shipped, cancelled]


@pytest.mark.parametrize("day", DAYS, ids=lambda day: day.__name__)
async def test_what_the_webhooks_say_in_the_end_is_what_the_api_says(day: Day) -> None:
    shop = sandbox(Clock())
    order = day(dict(shop.acts()))

    told = newest(heard(shop))
    asked = newest(read_events(await fetch_order(account(shop), order)))

    for source, record in asked.items():
        if isinstance(record, PaymentRecord) and source in told and told[source].version < record.version:
            assert Hint(kind="order", external_id=order) in heard(shop), "webhooks say that there is more to ask for"
        elif not isinstance(record, PaymentRecord) or source in told:
            assert told[source] == record
    assert set(told) <= set(asked)
    assert str(next(iter(asked.values())).source.kind) == "order"


async def test_a_customer_alone_and_in_an_order_is_the_same_record() -> None:
    shop = sandbox(Clock())
    order = simple(dict(shop.acts()))
    customer = shop.state()["customers"][0]["id"]
    shop.acts()["update_customer"](customer, last_name="King")

    (alone,) = records(read_events(await fetch_customer(account(shop), str(customer))))
    in_order = newest(read_events(await fetch_order(account(shop), order)))[str(alone.source)]

    assert alone == in_order == newest(heard(shop))[str(alone.source)]


def test_webhooks_in_any_order_end_in_the_same_records() -> None:
    shop = ShopifySandbox(now=Clock())
    acts = shop.acts()
    order = acts["place_order"](lines=[HAT], transactions=[{"gateway": "shopify_payments"}])["order_id"]
    acts["refund_order"](order, "10.00")
    shop.deliveries = [each for each in shop.deliveries if each.kind != "customers/create"]
    said = [records(read_events_of(shop, index)) for index in range(len(shop.deliveries))]

    ends = {
        repr(sorted(newest([record for batch in batches for record in batch]).items()))
        for batches in permutations(said)
    }

    assert len(ends) == 1


def read_events_of(shop: ShopifySandbox, index: int) -> list[Any]:
    delivery = shop.deliveries[index]
    return read_events([Event(kind=delivery.kind, body=delivery.body)])


async def test_a_refund_of_the_store_and_its_payment_share_a_key_and_the_processors_id() -> None:
    shop = sandbox(Clock())
    order = edited_refunded_shipped(dict(shop.acts()))

    said = records(read_events(await fetch_order(account(shop), order)))

    (payment,) = (each for each in said if isinstance(each, PaymentRecord))
    refunds = [each for each in said if isinstance(each, RefundRecord)]
    assert [refund.payment in payment.claims for refund in refunds] == [True, True]
    assert "stripe/re_1" in refunds[0].claims
    assert "stripe/pi_1" in payment.claims
    assert {each.source.kind for each in said} == {
        Kind.ORDER,
        Kind.CUSTOMER,
        Kind.PAYMENT,
        Kind.REFUND,
        Kind.SHIPMENT,
    }
