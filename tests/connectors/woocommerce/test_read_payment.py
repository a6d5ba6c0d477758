"""What the store says of money: joined to the processor's own word, and no proof by itself."""

from typing import Any

import pytest

from hub.connector import Faulty, Hint
from hub.domain.money import Money
from hub.domain.records import OrderRecord, PaymentRecord, PaymentStatus, RefundRecord, vendor_key
from tests.connectors.woocommerce.store import Said, order_body, read


def order_of(said: list[Said]) -> OrderRecord:
    (order,) = (each for each in said if isinstance(each, OrderRecord))
    return order


def payment_of(said: list[Said]) -> PaymentRecord:
    (payment,) = (each for each in said if isinstance(each, PaymentRecord))
    return payment


def line(**more: Any) -> dict[str, Any]:
    return {"id": 11, "name": "Mug", "sku": "MUG", "quantity": 1, "subtotal": "25.00", "total": "25.00"} | more


def test_the_processors_id_joins_the_order_to_its_payment_and_the_order_alone_claims_none() -> None:
    said = read(
        "order",
        order_body(transaction_id="ch_1", meta_data=[{"key": "_stripe_intent_id", "value": "pi_1"}, {"key": 5}]),
    )

    payment = payment_of(said)
    assert payment.claims == tuple(
        sorted([order_of(said).source.key, vendor_key("stripe", "ch_1"), vendor_key("stripe", "pi_1")])
    )
    assert payment.identity == vendor_key("stripe", "pi_1")
    assert order_of(said).claims == ()


def test_paypals_order_names_a_payment_before_its_capture() -> None:
    said = read(
        "order",
        order_body(
            payment_method="ppcp-gateway",
            transaction_id="8XJ",
            meta_data=[{"key": "_ppcp_paypal_order_id", "value": "5O1"}],
        ),
    )

    assert payment_of(said).identity == vendor_key("paypal", "5O1")
    assert {vendor_key("paypal", "5O1"), vendor_key("paypal", "8XJ")} <= set(payment_of(said).claims)


@pytest.mark.parametrize(
    ("change", "status", "captured"),
    [
        ({}, PaymentStatus.CAPTURED, 3_200),
        ({"date_paid_gmt": None, "status": "on-hold"}, PaymentStatus.PENDING, 0),
        ({"date_paid_gmt": None, "status": "failed"}, PaymentStatus.FAILED, 0),
        ({"date_paid_gmt": None, "status": "cancelled"}, PaymentStatus.CANCELLED, 0),
    ],
)
def test_a_payment_is_what_the_store_says_of_it_and_no_proof(
    change: dict[str, Any], status: PaymentStatus, captured: int
) -> None:
    payment = payment_of(read("order", order_body(**change)))

    assert (payment.status, payment.captured.minor, payment.authority) == (status, captured, False)


def test_only_a_trusted_method_proves_a_payment() -> None:
    body = order_body(payment_method="bacs", transaction_id="")

    assert payment_of(read("order", body, trusted_gateways=["bacs"])).authority


def test_an_order_that_costs_nothing_has_no_payment() -> None:
    body = order_body(total="0.00", total_tax="0", shipping_total="0", line_items=[line(subtotal="0", total="0")])

    assert not [each for each in read("order", body) if isinstance(each, PaymentRecord)]


REFUND = {
    "id": 90,
    "amount": "12.50",
    "reason": "one broke",
    "date_created_gmt": "2026-11-22T11:40:00",
    "line_items": [
        {"id": 1, "quantity": -1, "total": "-12.50", "meta_data": [{"key": "_refunded_item_id", "value": "11"}]}
    ],
}


def test_a_refund_that_an_order_only_counts_up_is_known_and_asked_for() -> None:
    said = read("order.updated", order_body(refunds=[{"id": 90, "reason": None, "total": "-12.50"}]))

    (refund,) = (each for each in said if isinstance(each, RefundRecord))
    assert (refund.amount, refund.version) == (Money(1_250, "USD"), 0)
    assert payment_of(said).refunded == Money(1_250, "USD")
    assert Hint(kind="order", external_id="77") in said


def test_a_whole_refund_counts_more_and_leaves_the_order_as_it_was_told() -> None:
    brief = read("order.updated", order_body(refunds=[{"id": 90, "reason": "", "total": "-12.50"}]))
    whole = read("order", order_body(refunds=[REFUND]))

    (refund,) = (each for each in whole if isinstance(each, RefundRecord))
    assert refund.lines == (("11", 1),)
    assert refund.payment == payment_of(whole).source.key
    assert (order_of(brief), payment_of(brief)) == (order_of(whole), payment_of(whole))
    assert not [each for each in whole if isinstance(each, Hint)]


def test_a_refund_that_cannot_be_read_spoils_nothing_else() -> None:
    said = read("order", order_body(refunds=[REFUND | {"date_created_gmt": None}, REFUND | {"id": 91}]))

    assert [each for each in said if isinstance(each, Faulty)] == [
        Faulty(path="refund 90: a time is expected - at `$.date_created_gmt`")
    ]
    assert [each.source.external_id for each in said if isinstance(each, RefundRecord)] == ["91"]
    assert order_of(said)


def test_a_refund_makes_an_order_newer_though_the_store_does_not_date_it() -> None:
    before, after = order_of(read("order", order_body())), order_of(read("order", order_body(refunds=[REFUND])))

    assert after.updated_at == before.updated_at
    assert after.version > before.version


def test_a_refund_is_newer_once_its_plugin_has_named_the_processors() -> None:
    """The plug-in writes the field after the refund, which keeps its time."""
    plain = {"id": 90, "amount": "5.00", "date_created_gmt": "2026-11-22T11:40:00", "reason": "broken"}
    named = plain | {"meta_data": [{"key": "_stripe_refund_id", "value": "re_1"}]}

    before, after = (
        next(each for each in read("order", order_body(refunds=[told])) if isinstance(each, RefundRecord))
        for told in (plain, named)
    )

    assert before.claims != after.claims
    assert before.version < after.version


def test_a_payment_is_newer_once_its_plugin_has_named_the_processors() -> None:
    """Plug-ins write their fields after the status, in the same second or, where orders are posts, undated."""
    before = payment_of(read("order", order_body(transaction_id="")))
    one = payment_of(read("order", order_body(transaction_id="ch_1")))
    two = payment_of(
        read("order", order_body(transaction_id="ch_1", meta_data=[{"key": "_stripe_intent_id", "value": "pi_1"}]))
    )
    later = payment_of(read("order", order_body(transaction_id="", date_modified_gmt="2026-11-22T11:30:01")))

    assert before.version < one.version < two.version < later.version
