"""Bodies to records: sums that hold after edits and refunds, chains of transactions, claims, and what is missing."""

import json
from typing import Any

import pytest

from connectors.shopify.sandbox import ShopifySandbox
from hub.connector import Faulty, Hint
from hub.domain.errors import Unreadable
from hub.domain.records import (
    CustomerRecord,
    Kind,
    OrderRecord,
    PaymentRecord,
    PaymentStatus,
    RefundRecord,
    RefundStatus,
    ShipmentRecord,
    ShipmentStatus,
    Source,
    vendor_key,
)
from tests.connectors.shopify.shop import HAT, MUG, Clock, heard, newest, read, records, sandbox

TIME = "2026-11-22T12:00:00Z"


def body(**changed: Any) -> bytes:
    order = {
        "id": 1,
        "admin_graphql_api_id": "gid://shopify/Order/1",
        "name": "#1001",
        "currency": "EUR",
        "created_at": TIME,
        "updated_at": TIME,
        "total_price": "10.00",
        "line_items": [{"id": 11, "quantity": 1, "price": "10.00", "name": "Mug"}],
    }
    return json.dumps(order | changed).encode()


def order_of(raw: bytes) -> OrderRecord:
    (order,) = (each for each in read("orders/updated", raw) if isinstance(each, OrderRecord))
    return order


def adds_up(order: OrderRecord) -> bool:
    parts = order.subtotal.minor + order.shipping.minor - order.discount.minor
    parts += sum(part.minor for part in (order.tip, order.fees) if part)
    lines = sum(line.total.minor for line in order.lines)
    each = all(line.total.minor == line.quantity * line.unit_price.minor - line.discount.minor for line in order.lines)
    return (
        each
        and lines == order.subtotal.minor
        and (parts + (0 if order.tax_included else order.tax.minor) == order.total.minor)
    )


@pytest.mark.parametrize(
    ("changed", "path"),
    [
        ({"currency": "QQQ"}, "ISO 4217"),
        ({"currency": None}, "currency"),
        ({"total_price": "ten"}, "total_price"),
        ({"total_price": "NaN"}, "whole number"),
        ({"total_price": "10.001"}, "minor units"),
        ({"updated_at": "2026-11-22T12:00:00"}, "updated_at"),
        ({"updated_at": None, "created_at": None}, "updated_at"),
        ({"id": None, "admin_graphql_api_id": None}, "id"),
        ({"line_items": [{"quantity": 1}]}, "id"),
        ({"admin_graphql_api_id": "gid://shopify/Customer/1"}, "Order"),
    ],
)
def test_an_order_that_cannot_be_read_says_where_and_why(changed: dict[str, Any], path: str) -> None:
    with pytest.raises(Unreadable, match=path):
        read("orders/updated", body(**changed))


def test_a_parcel_that_cannot_be_read_does_not_spoil_its_siblings() -> None:
    parcels = [{"id": 5}, {"id": 6, "updated_at": TIME, "created_at": TIME, "status": "success"}]

    said = read("orders/updated", body(fulfillments=parcels))

    assert [each.path[:14] for each in said if isinstance(each, Faulty)] == ["fulfillment 5:"]
    assert [record.source.external_id for record in records(said)] == ["1", "6"]


def test_everything_that_may_be_null_may_be_null() -> None:
    names = ["customer", "email", "phone", "note", "tags", "refunds", "fulfillments", "shipping_lines", "tax_lines"]
    names += ["billing_address", "shipping_address", "note_attributes", "total_tax", "processed_at", "cancelled_at"]

    (order,) = records(read("orders/updated", body(**dict.fromkeys(names))))

    assert isinstance(order, OrderRecord)
    assert order.customer is None
    assert adds_up(order)


def test_amounts_may_be_numbers() -> None:
    assert order_of(body(total_price=10)).total == order_of(body(total_price=10.0)).total == order_of(body()).total


@pytest.mark.parametrize(
    ("changed", "guest"),
    [
        ({"email": " Ada@Example.com "}, "guest:ada@example.com"),
        ({"contact_email": "ada@example.com"}, "guest:ada@example.com"),
        ({"phone": "+4930123"}, "guest:+4930123"),
    ],
)
def test_a_guest_is_known_by_email_or_else_by_phone(changed: dict[str, Any], guest: str) -> None:
    order, customer = records(read("orders/updated", body(**changed)))

    assert isinstance(order, OrderRecord)
    assert isinstance(customer, CustomerRecord)
    assert order.customer == customer.source == Source("shop", Kind.CUSTOMER, guest)


def test_a_customer_of_unknown_age_never_replaces_one_that_tells_its_age() -> None:
    raw = body(customer={"id": 7, "updated_at": None, "created_at": None, "first_name": "Ada"})

    (customer,) = (each for each in read("orders/updated", raw) if isinstance(each, CustomerRecord))

    assert customer.version == 0


def test_only_an_id_of_ours_is_claimed_and_not_what_a_buyer_writes() -> None:
    ours = "ord_" + "0" * 26
    attributes = [{"name": "orderhub_order", "value": value} for value in (ours, "ord_1", "x" * 999, None, 7)]

    assert order_of(body(note_attributes=[*attributes, {"name": "other", "value": ours}])).claims == (ours,)


def test_states_within_one_second_are_ordered_by_what_only_grows() -> None:
    unpaid, paid = body(financial_status="pending"), body(financial_status="paid")
    shipped = body(financial_status="paid", fulfillments=[{"id": 6, "updated_at": TIME}])
    cancelled = body(financial_status="paid", cancelled_at=TIME)

    versions = [order_of(each).version for each in (unpaid, paid, shipped, cancelled)]

    assert versions == sorted(set(versions))
    assert versions[-1] < order_of(body(updated_at="2026-11-22T12:00:01Z")).version


def test_a_deleted_or_edited_order_is_looked_at_again_since_its_body_tells_nothing() -> None:
    assert read("orders/delete", b'{"id": 5}') == [Hint(kind="order", external_id="5", gone=True)]
    assert read("orders/edited", b'{"order_edit": {"order_id": 5}}') == [Hint(kind="order", external_id="5")]
    assert read("customers/delete", b'{"id": 5}') == [Hint(kind="customer", external_id="5", gone=True)]


# ----------------------------------------------------------------------------------------------------- amounts


@pytest.fixture
def shop() -> ShopifySandbox:
    return sandbox(Clock())


def last_order(shop: ShopifySandbox) -> OrderRecord:
    (order,) = (each for each in newest(heard(shop)).values() if isinstance(each, OrderRecord))
    return order


@pytest.mark.parametrize("included", [False, True])
@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_sums_hold_through_edits_refunds_and_cancellation(shop: ShopifySandbox, included: bool, currency: str) -> None:
    acts = shop.acts()
    unit = {"JPY": "700", "KWD": "7.125"}.get(currency, "7.77")
    placed = acts["place_order"](
        lines=[MUG | {"quantity": 3, "price": unit}, HAT | {"price": unit}],
        currency=currency,
        email="ada@example.com",
        tax=unit,
        taxes_included=included,
        shipping=unit,
        discount="5",
        tip="1",
        transactions=[{"gateway": "stripe", "payment_id": "pi_1"}],
    )["order_id"]
    first = last_order(shop)
    assert adds_up(first)

    acts["edit_order"](placed, remove=[{"line": "MUG", "quantity": 1}], add=[HAT | {"sku": "CAP", "price": unit}])
    edited = last_order(shop)
    assert adds_up(edited)
    assert sum(line.quantity for line in edited.lines) == 5 - 1
    assert shop.state()["orders"][0]["current_total"] == edited.total.major

    acts["refund_order"](placed, "2", lines=[{"line": "MUG", "quantity": 1}])
    assert adds_up(last_order(shop))
    assert last_order(shop).total == edited.total, "money given back is a record of its own, the sale stays"

    acts["cancel_order"](placed)
    cancelled = last_order(shop)
    assert adds_up(cancelled)
    assert cancelled.cancelled_at is not None
    assert cancelled.total == edited.total, "a cancelled order is cancelled, not empty"


def test_a_line_that_was_taken_out_whole_is_no_line_any_more(shop: ShopifySandbox) -> None:
    placed = shop.acts()["place_order"](lines=[MUG, HAT], tax="4.00", discount="3.33")["order_id"]

    shop.acts()["edit_order"](placed, remove=[{"line": "MUG", "quantity": 2}])

    order = last_order(shop)
    assert [line.sku for line in order.lines] == ["HAT"]
    assert adds_up(order)


def test_free_shipping_lowers_shipping_and_a_discount_on_the_order_is_in_its_lines(shop: ShopifySandbox) -> None:
    shop.acts()["place_order"](lines=[MUG, HAT], shipping="5.00", shipping_discount="5.00", discount="10.00")

    order = last_order(shop)

    assert (order.shipping.major, order.discount.major) == ("0.00", "0.00")
    assert sum(line.discount.minor for line in order.lines) == 1000
    assert adds_up(order)


def test_a_tip_that_is_a_line_is_not_counted_twice() -> None:
    lines = [{"id": 11, "quantity": 1, "price": "10.00", "name": "Mug"}]
    lines.append({"id": 12, "quantity": 1, "price": "2.00", "name": "Tip", "requires_shipping": False})

    order = order_of(body(line_items=lines, total_price="12.00", total_tip_received="2.00"))

    assert order.tip is None
    assert adds_up(order)
    assert order_of(body(total_price="12.00", total_tip_received="2.00")).tip is not None


def test_duties_and_fees_are_additions_of_their_own() -> None:
    duties = {"shop_money": {"amount": "3.00", "currency_code": "EUR"}}

    order = order_of(body(total_price="13.00", original_total_duties_set=duties))

    assert order.fees is not None
    assert adds_up(order)


def test_amounts_are_in_the_currency_of_the_shop_and_not_of_the_buyer() -> None:
    def both(amount: str, theirs: str) -> dict[str, Any]:
        return {
            "shop_money": {"amount": amount, "currency_code": "EUR"},
            "presentment_money": {"amount": theirs, "currency_code": "USD"},
        }

    line = {"id": 11, "quantity": 1, "price": "11.00", "price_set": both("10.00", "11.00")}

    order = order_of(body(line_items=[line], total_price="11.00", total_price_set=both("10.00", "11.00")))

    assert str(order.total) == "10.00 EUR"
    assert adds_up(order)


def test_a_refund_told_in_the_currency_of_the_buyer_is_asked_for_again() -> None:
    step = {"id": 9, "kind": "refund", "status": "success", "amount": "5.00", "currency": "USD", "created_at": TIME}

    said = read("orders/updated", body(refunds=[{"id": 8, "created_at": TIME, "transactions": [step]}]))

    assert Hint(kind="order", external_id="1") in said
    assert not any(isinstance(each, RefundRecord) for each in said)


# -------------------------------------------------------------------------------------------------- payments


def step(number: int, kind: str, amount: str = "10.00", **changed: Any) -> dict[str, Any]:
    given = {"id": number, "kind": kind, "status": "success", "amount": amount, "currency": "EUR"}
    return given | {"gateway": "stripe", "created_at": f"2026-11-22T12:00:{number:02}Z"} | changed


def payments(*steps: dict[str, Any], **more: Any) -> list[PaymentRecord]:
    said = read("orders/updated", body(transactions=list(steps)), **more)
    return [each for each in said if isinstance(each, PaymentRecord)]


def test_an_authorization_with_its_captures_and_refunds_is_one_payment_however_they_are_sorted() -> None:
    chain = [
        step(1, "authorization", payment_id="pi_1"),
        step(2, "capture", "4.00", parent_id=1),
        step(3, "capture", "6.00", parent_id=1),
        step(4, "refund", "5.00", parent_id=3),
        step(5, "refund", "1.00", parent_id=3, status="failure"),
    ]

    (payment,) = payments(*chain)

    assert payment.status is PaymentStatus.CAPTURED
    assert [each.major for each in (payment.authorized, payment.captured, payment.refunded)] == [
        "10.00",
        "10.00",
        "5.00",
    ]
    assert payment.source.external_id == "1"
    assert payments(*reversed(chain)) == [payment]


def test_a_hold_that_was_voided_holds_nothing() -> None:
    (payment,) = payments(step(1, "authorization"), step(2, "void", parent_id=1))

    assert payment.status is PaymentStatus.CANCELLED
    assert payment.authorized.minor == 0
    assert not payment.can_capture


def test_a_failed_attempt_is_a_failed_payment_and_a_pending_one_is_pending() -> None:
    failed, pending = payments(
        step(1, "sale", status="failure", error_code="card_declined"), step(2, "sale", status="pending")
    )

    assert (failed.status, failed.failure) == (PaymentStatus.FAILED, "card_declined")
    assert pending.status is PaymentStatus.PENDING
    assert failed.captured.minor == pending.captured.minor == 0


@pytest.mark.parametrize("status", ["pending", "PENDING"])
def test_a_settled_transaction_replaces_its_pending_self_within_one_second(status: str) -> None:
    assert payments(step(1, "sale", status=status))[0].version < payments(step(1, "sale"))[0].version


def test_only_gateways_of_which_shopify_moves_the_money_prove_a_payment() -> None:
    assert not payments(step(1, "sale", gateway="stripe"))[0].authority
    assert not payments(step(1, "sale", gateway="manual"))[0].authority
    assert payments(step(1, "sale", gateway="shopify_payments"))[0].authority
    assert payments(step(1, "sale", gateway="manual"), trusted_gateways=("manual",))[0].authority


@pytest.mark.parametrize(
    "told",
    [
        {"payment_id": "pi_1"},
        {"authorization": "pi_1"},
        {"receipt": {"payment_intent": "pi_1"}},
        {"receipt": {"payment_intent": {"id": "pi_1"}}},
        {"receipt": {"charges": {"data": [{"payment_intent": "pi_1"}]}}},
        {"receipt": '{"id": "pi_1"}'},
    ],
)
def test_a_payment_claims_the_processors_id_wherever_a_gateway_put_it(told: dict[str, Any]) -> None:
    (payment,) = payments(step(1, "sale", **told))

    assert vendor_key("stripe", "pi_1") in payment.claims
    assert Source("shop", Kind.ORDER, "1").key in payment.claims


@pytest.mark.parametrize("receipt", [None, [], "not json", "{", {"metadata": {"id": "pi_2"}}, {"id": {"id": 5}}, 7])
def test_free_text_in_a_receipt_claims_nothing(receipt: object) -> None:
    (payment,) = payments(step(1, "sale", receipt=receipt))

    assert not any(claim.startswith("stripe/") for claim in payment.claims)


def test_a_paypal_transaction_claims_paypals_id_and_no_other_gateway_does() -> None:
    told = {"authorization": "8NR94588EV696392P"}

    (paypal,) = payments(step(1, "sale", gateway="paypal", **told))
    (other,) = payments(step(1, "sale", gateway="manual", **told))
    (odd,) = payments(step(1, "sale", gateway="paypal", authorization="c1234.1"))

    assert paypal.identity == vendor_key("paypal", "8NR94588EV696392P")
    assert paypal.identity in paypal.claims
    assert not any(claim.startswith("paypal/") for claim in (*other.claims, *odd.claims))


def test_a_paypal_refund_is_known_by_its_own_id_which_the_payment_does_not_claim() -> None:
    moved = step(4, "refund", "5.00", parent_id=1, gateway="paypal", authorization="1JU08902781691411")
    refund = {"id": 8, "created_at": TIME, "transactions": [moved]}
    sale = step(1, "sale", gateway="paypal", authorization="8NR94588EV696392P")

    said = read("orders/updated", body(transactions=[sale, moved], refunds=[refund]))

    (payment,) = (each for each in said if isinstance(each, PaymentRecord))
    (record,) = (each for each in said if isinstance(each, RefundRecord))
    assert vendor_key("paypal", "1JU08902781691411") in record.claims
    assert vendor_key("paypal", "1JU08902781691411") not in payment.claims


def test_a_refund_names_its_payment_also_when_it_was_taken_from_a_capture() -> None:
    refund = {"id": 8, "created_at": TIME, "note": "broken", "transactions": [step(4, "refund", "5.00", parent_id=2)]}
    refund["refund_line_items"] = [{"line_item_id": 11, "quantity": 1, "subtotal": 5.0, "total_tax": 0.0}]
    chain = [step(1, "authorization"), step(2, "capture", parent_id=1), step(4, "refund", "5.00", parent_id=2)]

    said = read("orders/updated", body(transactions=chain, refunds=[refund]))

    (payment,) = (each for each in said if isinstance(each, PaymentRecord))
    (record,) = (each for each in said if isinstance(each, RefundRecord))
    assert record.payment in payment.claims
    assert (record.status, record.reason, record.lines) == (RefundStatus.SUCCEEDED, "broken", (("11", 1),))


def test_a_refund_split_over_two_payments_is_two_records_whose_lines_count_once() -> None:
    steps = [step(4, "refund", "5.00", parent_id=2), step(5, "refund", "1.00", parent_id=3)]
    refund = {"id": 8, "order_id": 1, "created_at": TIME, "transactions": steps}
    refund["refund_line_items"] = [{"line_item_id": 11, "quantity": 1}]

    said = read("refunds/create", json.dumps(refund).encode())

    refunds = [each for each in said if isinstance(each, RefundRecord)]
    assert [each.amount.major for each in refunds] == ["5.00", "1.00"]
    assert [each.lines for each in refunds] == [(("11", 1),), ()]
    assert said[-1] == Hint(kind="order", external_id="1"), "the payment's totals changed with it"


def test_a_transaction_alone_is_a_payment_when_it_opens_a_chain_and_else_a_hint() -> None:
    opens, follows = step(1, "sale", order_id=1), step(2, "capture", order_id=1, parent_id=1)
    foreign = step(1, "sale", order_id=1, total_unsettled_set={"shop_money": {"amount": "9", "currency": "USD"}})

    assert isinstance(read("order_transactions/create", json.dumps(opens).encode())[0], PaymentRecord)
    hint = [Hint(kind="order", external_id="1")]
    assert read("order_transactions/create", json.dumps(follows).encode()) == hint
    assert read("order_transactions/create", json.dumps(foreign).encode()) == hint


# ------------------------------------------------------------------------------------------------------ goods


@pytest.mark.parametrize(
    ("status", "carrier", "expected"),
    [
        ("pending", None, ShipmentStatus.PENDING),
        ("success", None, ShipmentStatus.IN_TRANSIT),
        ("success", "label_printed", ShipmentStatus.PENDING),
        ("success", "out_for_delivery", ShipmentStatus.IN_TRANSIT),
        ("success", "something new", ShipmentStatus.IN_TRANSIT),
        ("success", "delivered", ShipmentStatus.DELIVERED),
        ("success", "failure", ShipmentStatus.FAILED),
        ("cancelled", "delivered", ShipmentStatus.CANCELLED),
        ("error", None, ShipmentStatus.FAILED),
    ],
)
def test_a_parcel_is_where_store_and_carrier_say(status: str, carrier: str | None, expected: ShipmentStatus) -> None:
    parcel = {"id": 6, "order_id": 1, "status": status, "shipment_status": carrier, "updated_at": TIME}

    (shipment,) = read("fulfillments/update", json.dumps(parcel | {"tracking_number": "1Z"}).encode())

    assert isinstance(shipment, ShipmentRecord)
    assert (shipment.status, shipment.tracking_numbers) == (expected, ("1Z",))
    assert (shipment.delivered_at is not None) is (expected is ShipmentStatus.DELIVERED)
    assert vendor_key("tracking", "1Z") in shipment.claims


def test_test_orders_say_so() -> None:
    assert order_of(body(test=True)).test
    assert not order_of(body()).test
