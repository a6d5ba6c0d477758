"""What is asked for, and above all what is not: a second label, a label for what may not leave."""

from dataclasses import replace
from typing import Any

import pytest

from connectors.shipengine.commands import BuyLabel, CreateReturnLabel, VoidLabel
from connectors.shipengine.plan import plan
from hub.connector import OrderView
from hub.domain.commands import Mismatch
from hub.domain.money import Money
from hub.domain.records import (
    CancellationRecord,
    HoldReleaseRecord,
    Kind,
    OrderRecord,
    PaymentRecord,
    Record,
    RefundRequestRecord,
    ShipmentRecord,
    ShipmentStatus,
    Source,
    vendor_key,
)
from tests import building
from tests.connectors.shipengine.yard import ADA, BUYING, settings

PAID = building.payment(claims=(Source("shop", Kind.ORDER, "1001").key,))


def sale(**more: Any) -> OrderRecord:
    return building.order(**{"shipping_address": ADA, **more})


def view(*records: Record, **more: Any) -> OrderView:
    return building.view(*records, of="yard", settings=settings(**{**BUYING, **more}))


def label(external_id: str = "se-7", **more: Any) -> ShipmentRecord:
    order = sale()
    fields: dict[str, Any] = {
        "connection": "yard",
        "status": ShipmentStatus.PENDING,
        "tracking": ("94001",),
        "claims": (order.source.key, vendor_key("tracking", "94001")),
        "authority": True,
    }
    return building.shipment(external_id, of=order, **(fields | more))


def tracked(status: ShipmentStatus, **more: Any) -> ShipmentRecord:
    return label("tracking:94001", claims=(vendor_key("tracking", "94001"),), status=status, **more)


def cancelled() -> CancellationRecord:
    return CancellationRecord(
        source=Source("hub", Kind.CANCELLATION, "1"),
        version=1,
        claims=(sale().source.key,),
        created_at=building.at(3),
        updated_at=building.at(3),
        by="ada",
    )


def refund_asked(external_id: str = "1") -> RefundRequestRecord:
    return RefundRequestRecord(
        source=Source("hub", Kind.REFUND_REQUEST, external_id),
        version=1,
        claims=(sale().source.key,),
        created_at=building.at(30),
        updated_at=building.at(30),
        amount=Money(100, "EUR"),
        payment=PAID.source.key,
        by="ada",
    )


def unpaid() -> PaymentRecord:
    return replace(PAID, captured=Money(0, "EUR"), authorized=Money(0, "EUR"))


def test_a_paid_order_gets_one_label_by_weight_and_address() -> None:
    line = replace(sale().lines[0], quantity=3)

    seen = view(sale(lines=(line,)), PAID)
    (wanted,) = plan(seen)

    assert wanted == BuyLabel(subject=seen.order.id, to=ADA, email="ada@example.com", weight="1500")
    assert BuyLabel.releases_goods


@pytest.mark.parametrize(
    "records",
    [
        pytest.param((sale(),), id="no payment"),
        pytest.param((sale(), unpaid()), id="an unpaid one"),
        pytest.param((sale(), building.payment(captured=9_999, claims=PAID.claims[1:])), id="paid in part"),
        pytest.param((sale(), replace(PAID, refunded=PAID.captured)), id="given back"),
        pytest.param((sale(), replace(PAID, authority=False)), id="only the store says paid"),
        pytest.param((sale(shipping_address=None), PAID), id="no address"),
        pytest.param((sale(test=True), PAID), id="a test order on a live account"),
        pytest.param((sale(lines=(replace(sale().lines[0], fulfillable=False),)), PAID), id="nothing to ship"),
        pytest.param((sale(lines=()), PAID), id="no lines"),
        pytest.param((PAID,), id="a payment that no sale claims"),
        pytest.param((sale(), PAID, label()), id="a label of ours"),
        pytest.param((sale(), PAID, building.shipment(of=sale())), id="a parcel that the store tells of"),
        pytest.param(
            (sale(), PAID, building.shipment(of=sale(), status=ShipmentStatus.FAILED)), id="a parcel that was lost"
        ),
        pytest.param((sale(), PAID, cancelled()), id="cancelled"),
        pytest.param(
            (sale(), PAID, building.refund(lines=(("1", 1),), claims=PAID.claims)), id="all its goods given back"
        ),
    ],
)
def test_no_label_is_bought_for(records: tuple[Record, ...]) -> None:
    assert not list(plan(view(*records)))


def test_no_label_is_bought_unless_the_settings_say_so() -> None:
    assert not list(plan(view(sale(), PAID, buy_labels="never")))


def test_a_test_order_gets_a_label_of_a_test_account() -> None:
    assert list(plan(view(sale(test=True), PAID, api_key="TEST_key")))


def test_a_hold_that_a_person_released_lets_the_goods_go() -> None:
    (hold,) = view(sale(), unpaid()).order.holds
    released = HoldReleaseRecord(
        source=Source("hub", Kind.HOLD_RELEASE, "1"),
        version=1,
        claims=(sale().source.key,),
        created_at=building.at(4),
        updated_at=building.at(4),
        hold=hold.id,
        by="ada",
    )

    assert [type(each) for each in plan(view(sale(), unpaid(), released))] == [BuyLabel]


def test_after_a_label_was_given_back_the_order_wants_one_again() -> None:
    assert list(plan(view(sale(), PAID, label(status=ShipmentStatus.CANCELLED))))


def test_a_light_order_weighs_what_its_box_does() -> None:
    (wanted,) = plan(view(sale(), PAID, parcel={"weight_per_unit": "20.5", "weight_at_least": "150"}))

    assert isinstance(wanted, BuyLabel)
    assert wanted.weight == "150"


def test_the_label_of_a_cancelled_order_is_given_back_unless_its_parcel_moves() -> None:
    early = tracked(ShipmentStatus.PENDING)

    assert list(plan(view(sale(), PAID, cancelled(), label()))) == [VoidLabel(target="se-7")]
    assert list(plan(view(sale(), PAID, cancelled(), label(), early))) == [VoidLabel(target="se-7")]
    for status in (ShipmentStatus.IN_TRANSIT, ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED):
        assert not list(plan(view(sale(), PAID, cancelled(), label(), tracked(status))))
    assert not list(plan(view(sale(), PAID, cancelled(), label(status=ShipmentStatus.CANCELLED))))


def test_a_label_made_by_hand_is_left_to_its_maker_and_shown() -> None:
    by_hand = label(claims=(vendor_key("tracking", "94001"),))
    store = building.shipment(of=sale(), tracking=("94001",), claims=(sale().source.key, *by_hand.claims))

    found = list(plan(view(sale(), PAID, cancelled(), by_hand, replace(store, status=ShipmentStatus.PENDING))))

    assert [type(each) for each in found] == [Mismatch]


def test_a_refund_asked_for_after_the_goods_left_brings_one_label_for_the_way_back() -> None:
    left = (sale(), PAID, label(), tracked(ShipmentStatus.DELIVERED))
    back = label("se-9", inbound=True, tracking=("94009",))

    (wanted,) = plan(view(*left, refund_asked(), return_labels=True))
    assert wanted == CreateReturnLabel(subject=sale().source.key, target="se-7", since="2026-11-22T09:20:00.000Z")
    assert list(plan(view(*left, refund_asked(), refund_asked("2"), return_labels=True))) == [wanted]
    assert not list(plan(view(*left, refund_asked(), back, return_labels=True)))
    assert not list(plan(view(*left, refund_asked())))
    assert not list(plan(view(*left, return_labels=True)))
    assert not list(plan(view(sale(), PAID, label(), refund_asked(), return_labels=True)))
