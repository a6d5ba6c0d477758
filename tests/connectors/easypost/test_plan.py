"""What EasyPost is asked to do, and above all what it is not."""

from dataclasses import replace
from typing import Any

import pytest

from connectors.easypost.commands import BuyLabel, RefundLabel
from connectors.easypost.plan import plan
from hub.domain.commands import Mismatch
from hub.domain.money import Money
from hub.domain.records import Address, Line, Record, ShipmentRecord, ShipmentStatus
from tests.building import at, order, payment, refund, shipment, view
from tests.connectors.easypost.post import HOME, buying, settings

ZERO = Money.zero("EUR")


def line(id: str, quantity: int, total: int, *, fulfillable: bool = True) -> Line:
    return Line(
        id=id,
        title=id,
        quantity=quantity,
        unit_price=Money(total // quantity, "EUR"),
        discount=ZERO,
        tax=ZERO,
        total=Money(total, "EUR"),
        fulfillable=fulfillable,
    )


LINES = (line("mug", 3, 6_000), line("tip", 1, 4_000, fulfillable=False))
SALE = order(shipping_address=HOME, lines=LINES)
PAID = payment(claims=(SALE.source.key,))


def planned(*records: Record, **chosen: Any) -> list[Any]:
    return list(plan(view(*records, of="post", settings=buying(**chosen))))


def parcel(status: ShipmentStatus, *, detail: str = "", ours: bool = True, **more: Any) -> ShipmentRecord:
    found = shipment("shp_1", of=SALE, connection="post", status=status, detail=detail, authority=True, **more)
    return replace(found, claims=("ord_" + "a" * 26, SALE.source.key)) if ours else replace(found, claims=("x/1",))


@pytest.mark.parametrize(
    "records",
    [
        (SALE,),
        (order(shipping_address=None, lines=LINES), PAID),
        (order(shipping_address=HOME, lines=LINES, cancelled_at=at(5)), PAID),
        (order(shipping_address=HOME, lines=LINES, test=True), PAID),
        (order(shipping_address=HOME, lines=(line("tip", 1, 10_000, fulfillable=False),)), PAID),
        (SALE, payment(claims=(SALE.source.key,), refunded=10_000), refund(amount=10_000)),
        (SALE, PAID, refund(lines=(("mug", 3),))),
        (SALE, PAID, shipment(of=SALE, connection="shop", status=ShipmentStatus.PENDING)),
        (SALE, PAID, shipment(of=SALE, connection="other", status=ShipmentStatus.DELIVERED)),
        (SALE, PAID, parcel(ShipmentStatus.PENDING)),
        (SALE, PAID, parcel(ShipmentStatus.FAILED)),
        (PAID,),
    ],
    ids=[
        "unpaid",
        "no address",
        "cancelled",
        "a test",
        "nothing to ship",
        "refunded",
        "all units given back",
        "a parcel of the store",
        "a parcel of another carrier",
        "a label of ours",
        "a parcel that went astray",
        "no sale",
    ],
)
def test_no_label_is_bought_for_an_order_that_needs_none(records: tuple[Record, ...]) -> None:
    view_ = view(*records, of="post", settings=buying(mode="production"))

    commands = [item for item in plan(view_) if isinstance(item, BuyLabel)]

    # The gate of law 10 drops what may not leave; the plan alone must already know.
    assert commands == []


def test_no_label_is_bought_where_nobody_asked_for_labels() -> None:
    assert list(plan(view(SALE, PAID, of="post", settings=settings()))) == []


def test_a_paid_order_gets_one_label_that_is_weighed_by_its_units() -> None:
    (wish,) = planned(SALE, PAID, parcel={"weight_per_unit": "5.5", "weight_at_least": "4"})

    assert wish.releases_goods
    assert wish == BuyLabel(order=wish.order, to=HOME, email="ada@example.com", weight="16.5")
    assert wish.order.startswith("ord_")


def test_units_that_were_given_back_weigh_nothing_and_a_light_parcel_weighs_the_least() -> None:
    (wish,) = planned(SALE, PAID, refund(lines=(("mug", 2),)), parcel={"weight_per_unit": "1", "weight_at_least": "4"})

    assert wish.weight == "4"


def test_a_label_after_one_that_was_given_back_is_another_wish() -> None:
    (first,) = planned(SALE, PAID)
    (second,) = planned(SALE, PAID, parcel(ShipmentStatus.CANCELLED))

    assert second.replaces == ("shp_1",)
    assert first != second


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (replace(HOME, country="DE"), "customs"),
        (replace(HOME, city=""), "an address without city"),
        (replace(HOME, line1="", country=""), "an address without line1, country"),
    ],
)
def test_an_address_that_no_label_can_be_bought_for_is_a_persons_matter(address: Address, words: str) -> None:
    (told,) = planned(order(shipping_address=address, lines=LINES), PAID)

    assert isinstance(told, Mismatch)
    assert words in told.found


CANCELLED = order(shipping_address=HOME, lines=LINES, cancelled_at=at(5))


def test_a_label_of_a_cancelled_order_is_given_back_even_where_no_more_are_bought() -> None:
    seen = view(CANCELLED, PAID, parcel(ShipmentStatus.PENDING), of="post", settings=settings())

    assert list(plan(seen)) == [RefundLabel(target="shp_1")]


@pytest.mark.parametrize(
    "found",
    [
        parcel(ShipmentStatus.CANCELLED),
        parcel(ShipmentStatus.IN_TRANSIT),
        parcel(ShipmentStatus.DELIVERED),
        parcel(ShipmentStatus.PENDING, inbound=True),
    ],
    ids=["given back", "under way", "delivered", "a return"],
)
def test_nothing_is_asked_for_a_label_that_was_given_back_or_used(found: ShipmentRecord) -> None:
    assert planned(CANCELLED, PAID, found) == []


@pytest.mark.parametrize("word", ["rejected", "a_new_word"])
def test_a_refund_that_the_carrier_rejects_is_a_persons_matter(word: str) -> None:
    (told,) = planned(CANCELLED, PAID, parcel(ShipmentStatus.PENDING, detail=f"refund_{word}"))

    assert isinstance(told, Mismatch)
    assert told.found == f"shp_1: refund {word}"


def test_a_label_that_people_bought_is_theirs_to_give_back() -> None:
    bought = replace(parcel(ShipmentStatus.PENDING), claims=("tracking/1",), tracking_numbers=("TN1",))
    told_by_the_store = shipment(
        of=CANCELLED, claims=(CANCELLED.source.key, "tracking/1"), status=ShipmentStatus.PENDING
    )

    (told,) = planned(CANCELLED, PAID, bought, told_by_the_store)

    assert isinstance(told, Mismatch)
    assert "bought by hand" in told.found
