"""What the store is asked to do: only what it does not say yet, and never twice."""

from dataclasses import replace
from typing import Any

import pytest

from connectors.woocommerce.plan import (
    CancelOrder,
    CompleteOrder,
    MarkHold,
    RecordRefund,
    TellTracking,
    mark_of,
    plan,
)
from hub.domain.commands import Command, Mismatch
from hub.domain.money import Money
from hub.domain.records import (
    CancellationRecord,
    Kind,
    OrderRecord,
    PaymentRecord,
    Record,
    RefundRecord,
    ShipmentStatus,
    Source,
)
from tests import building
from tests.connectors.woocommerce.store import order_body, read, records, settings

REFUNDED = {"id": 90, "amount": "12.50", "date_created_gmt": "2026-11-22T11:40:00"}


def told(**more: Any) -> list[Record]:
    return records(read("order", order_body(**more)))


def sale(said: list[Record]) -> OrderRecord:
    return next(each for each in said if isinstance(each, OrderRecord))


def paid(said: list[Record], **more: Any) -> PaymentRecord:
    """By the processor itself: it shares the store's transaction id."""
    return replace(building.payment("pi_1", captured=3_200, currency="USD", claims=(sale(said).source.key,)), **more)


def refunded(said: list[Record], request: str = "rr_1", **more: Any) -> RefundRecord:
    given: dict[str, Any] = {"amount": 1_250, "currency": "USD", "request": request, "reason": "one broke"}
    return building.refund(**(given | more))


def cancellation(said: list[Record]) -> CancellationRecord:
    return CancellationRecord(
        source=Source("hub", Kind.CANCELLATION, "can_1"),
        version=1,
        claims=(sale(said).source.key,),
        created_at=building.at(1),
        updated_at=building.at(1),
        reason="customer",
        by="ada",
    )


def parcel(said: list[Record], **more: Any) -> Record:
    return building.shipment(of=sale(said), connection="carrier", carrier="UPS", **more)


def planned(*said: Record, **more: Any) -> list[Command | Mismatch]:
    return list(plan(building.view(*said, of="store", settings=settings(**more))))


def test_an_order_that_agrees_asks_for_nothing() -> None:
    said = told()

    assert planned(*said, paid(said)) == []


# -------------------------------------------------------------------------------------------------------- holds


def test_a_held_order_is_marked_once_and_the_mark_goes_with_the_hold() -> None:
    unpaid, marked = told(), told(meta_data=[{"key": "orderhub_hold", "value": "held 1"}])

    assert planned(*unpaid) == [MarkHold(order="77", held=True)]
    assert planned(*marked) == []
    assert planned(*marked, paid(marked)) == [MarkHold(order="77", held=False)]
    assert planned(*unpaid, hold_marks=False) == []


def test_a_test_order_is_left_alone_unless_the_connection_is_in_test_mode() -> None:
    said = told(meta_data=[{"key": "_wcpay_mode", "value": "test"}])

    assert planned(*said) == []
    assert planned(*said, test_mode=True) == [MarkHold(order="77", held=True)]


# ------------------------------------------------------------------------------------------------- cancellations


def test_a_cancellation_that_was_asked_of_the_hub_is_passed_on_until_the_store_says_it() -> None:
    said, done = told(), told(status="cancelled")

    assert planned(*said, paid(said), cancellation(said)) == [CancelOrder(order="77")]
    assert planned(*done, paid(done), cancellation(done)) == []


def test_an_order_whose_goods_left_is_not_cancelled_by_itself() -> None:
    said = told(status="completed")

    (found,) = planned(*said, paid(said), cancellation(said))

    assert isinstance(found, Mismatch)


def test_a_refunded_order_has_ended_already() -> None:
    said = told(status="refunded")

    assert planned(*said, paid(said), cancellation(said)) == []


# ------------------------------------------------------------------------------------------------------ parcels


def test_a_parcel_that_left_is_told_and_completes_the_order() -> None:
    said = told()
    sent = parcel(said, tracking_urls=("http://plain.example", "https://track.example/TN1"))

    tell = TellTracking(target="TN1", order="77", carrier="UPS", url="https://track.example/TN1")

    assert planned(*said, paid(said), sent) == [tell, CompleteOrder(order="77")]
    assert planned(*said, paid(said), sent, complete_orders=False) == [tell]


def test_a_tracking_number_with_blanks_around_it_is_told_once() -> None:
    parcel_, said = {"tracking_numbers": (" 1Z9 ",)}, told()
    (wish,) = (each for each in planned(*said, paid(said), parcel(said, **parcel_)) if isinstance(each, TellTracking))

    after = told(status="completed", meta_data=[{"key": f"_orderhub_tracking_{wish.target}", "value": "x"}])

    assert planned(*after, paid(after), parcel(after, **parcel_)) == []


def test_what_the_store_says_of_a_parcel_is_not_told_again() -> None:
    ours = told(status="completed", meta_data=[{"key": "_orderhub_tracking_TN1", "value": "UPS TN1"}])
    plugin = told(
        status="completed", meta_data=[{"key": "_wc_shipment_tracking_items", "value": [{"tracking_number": "TN1"}]}]
    )

    assert planned(*ours, paid(ours), parcel(ours)) == []
    assert planned(*plugin, paid(plugin), parcel(plugin)) == []


@pytest.mark.parametrize("more", [{"status": ShipmentStatus.PENDING}, {"inbound": True}, {"tracking": ()}])
def test_a_label_a_return_and_a_parcel_without_a_number_are_not_told(more: dict[str, Any]) -> None:
    said = told(meta_data=[], status="completed")

    assert planned(*said, paid(said), parcel(said, **more)) == []


def test_a_part_of_the_goods_completes_nothing() -> None:
    said = told()

    found = planned(*said, paid(said), parcel(said, lines=(("11", 1),)))

    assert [type(each) for each in found] == [TellTracking]


def test_completing_lets_goods_leave_so_law_ten_guards_it() -> None:
    assert CompleteOrder.releases_goods
    assert not TellTracking.releases_goods


def test_an_order_that_the_store_takes_for_unpaid_is_a_drift_not_completed() -> None:
    said = told(status="on-hold", date_paid_gmt=None)

    found = planned(*said, paid(said), parcel(said))

    assert Mismatch(about="order status", expected="completed, as all goods left", found="on-hold") in found
    assert not any(isinstance(each, CompleteOrder) for each in found)


# ------------------------------------------------------------------------------------------------------ refunds


def by_card(**more: Any) -> list[Record]:
    return told(payment_method="other_gateway", **more)


def test_a_refund_that_the_processor_made_for_the_hub_is_told_to_the_store() -> None:
    said = by_card()

    assert planned(*said, paid(said, refunded=Money(1_250, "USD")), refunded(said)) == [
        RecordRefund(target="rr_1", order="77", amount=Money(1_250, "USD"), reason="one broke")
    ]


def test_a_refund_that_carries_our_mark_is_not_told_again() -> None:
    said = by_card(refunds=[REFUNDED | {"reason": f"one broke {mark_of('rr_1')}"}])

    assert planned(*said, paid(said), refunded(said)) == []


def test_a_refund_that_the_store_tells_of_itself_is_taken_for_the_same() -> None:
    said = by_card(refunds=[REFUNDED])

    assert planned(*said, paid(said), refunded(said)) == []


def test_two_refunds_of_one_amount_are_two() -> None:
    said = by_card(refunds=[REFUNDED])

    found = planned(*said, paid(said), refunded(said), refunded(said, "rr_2", external_id="re_2"))

    (wish,) = found
    assert isinstance(wish, RecordRefund)
    assert wish.target in ("rr_1", "rr_2")


def test_the_stores_word_of_somebody_elses_refund_is_not_taken_for_ours() -> None:
    said = by_card(refunds=[REFUNDED])

    found = planned(*said, paid(said), refunded(said, "", external_id="re_0"), refunded(said))

    assert [each.target for each in found if isinstance(each, RecordRefund)] == ["rr_1"]


def test_where_a_plugin_tells_the_store_the_hub_only_watches() -> None:
    said = told()

    found = planned(*said, paid(said), refunded(said))

    assert found == [Mismatch(about="refund rr_1", expected="12.50 USD", found="not in the store yet")]


@pytest.mark.parametrize("method", ["stripe_sepa_debit", "woocommerce_payments_ideal", "ppcp-credit-card-gateway"])
def test_a_plugins_further_payment_methods_tell_the_store_as_well(method: str) -> None:
    said = told(payment_method=method)

    found = planned(*said, paid(said), refunded(said))

    assert found == [Mismatch(about="refund rr_1", expected="12.50 USD", found="not in the store yet")]


def test_a_method_that_only_begins_like_a_plugins_is_told_of_refunds() -> None:
    said = told(payment_method="stripeish")

    assert [type(each) for each in planned(*said, paid(said), refunded(said))] == [RecordRefund]


def test_a_refund_that_nobody_asked_the_hub_for_is_not_ours_to_tell() -> None:
    said = by_card()

    assert planned(*said, paid(said), refunded(said, "")) == []


def test_after_a_merge_nobody_guesses_which_order_a_parcel_is_for() -> None:
    first = told()
    second = told(id=78)
    view = building.view(*first, parcel(first), of="store", settings=settings())
    merged = replace(view, said=(*view.said, *second))

    found = list(plan(merged))

    assert found == [MarkHold(target="77", order="77", held=True), MarkHold(target="78", order="78", held=True)]
