"""One label, one refund: whatever is lost, killed or refused on the way."""

from dataclasses import replace
from typing import Any

import pytest

from connectors.easypost.commands import BuyLabel, RefundLabel
from hub.domain.errors import NeedsAttention, Refused, TryLater, Unknown
from hub.domain.money import Money
from hub.domain.records import ShipmentRecord, ShipmentStatus
from tests.connectors.easypost.post import HOME, Post

ORDER = "ord_" + "1" * 26
WISH = BuyLabel(order=ORDER, to=HOME, email="ada@example.com", weight="15.4")


async def test_the_answer_to_the_purchase_is_lost_and_the_label_is_found() -> None:
    post = Post()
    post.line.cut = "/buy"
    with pytest.raises(Unknown):
        await post.deliver(WISH)
    post.line.cut = ""
    post.vendor.faults.drop_replies = 2  # the new prices, then the purchase

    with pytest.raises(Unknown):
        await post.deliver(WISH)
    with pytest.raises(Unknown):
        await post.deliver(WISH)
    (parcel,) = await post.deliver(WISH)

    assert post.labels() == [parcel.source.external_id]
    assert len(post.vendor.shipments) == 1


async def test_a_kill_between_the_two_steps_goes_on_with_the_shipment_that_was_made() -> None:
    post = Post()
    post.line.cut = "/buy"
    with pytest.raises(Unknown):
        await post.deliver(WISH)
    assert post.labels() == []

    post.line.cut = ""
    (parcel,) = await post.deliver(WISH)

    assert list(post.vendor.shipments) == post.labels() == [parcel.source.external_id]


async def test_the_answer_to_the_first_step_is_lost_and_no_second_shipment_is_made() -> None:
    post = Post()
    post.vendor.faults.drop_replies = 1

    with pytest.raises(Unknown):
        await post.deliver(WISH)
    await post.deliver(WISH)

    assert len(post.vendor.shipments) == 1
    assert len(post.labels()) == 1


async def test_a_carriers_time_out_is_no_refusal_since_the_label_may_be_made() -> None:
    post = Post()
    post.vendor.carrier_timeouts = 1

    (parcel,) = await _later(post, WISH)

    assert post.labels() == [parcel.source.external_id]


async def _later(post: Post, wish: BuyLabel) -> list[ShipmentRecord]:
    with pytest.raises(Unknown):
        await post.deliver(wish)
    return await post.deliver(wish)


async def test_a_purchase_that_the_vendor_finds_made_already_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The carrier was still at it when the hub looked."""
    post = Post()
    post.line.cut = "/buy"
    with pytest.raises(Unknown):
        await post.deliver(WISH)
    post.line.cut = ""
    (shipment,) = post.vendor.shipments.values()
    rerate = post.vendor._rate

    def meanwhile(shipment: dict[str, Any]) -> None:
        rerate(shipment)
        post.vendor._bought(shipment, shipment["rates"][0])

    monkeypatch.setattr(post.vendor, "_rate", meanwhile)
    (parcel,) = await post.deliver(WISH)

    assert post.labels() == [parcel.source.external_id] == [shipment["id"]]


async def test_a_twin_that_a_lost_call_left_behind_is_not_bought_beside_the_label() -> None:
    """References need not be unique: the name may lead to the one that was not bought."""
    post = Post()
    (parcel,) = await post.deliver(WISH)
    bought = post.vendor.shipments[parcel.source.external_id]
    given = {"reference": ORDER, "from_address": bought["from_address"], "parcel": bought["parcel"]}
    post.vendor._made(given | {"to_address": _sent()})

    (again,) = await post.deliver(WISH)

    assert again == parcel
    assert post.labels() == [parcel.source.external_id]


def _sent() -> dict[str, str]:
    place = {"name": HOME.name, "street1": HOME.line1, "city": HOME.city, "state": HOME.region}
    return place | {"zip": HOME.postal_code, "country": HOME.country}


async def test_a_shipment_to_an_address_that_was_corrected_is_left_alone() -> None:
    post = Post(service="Overnight")
    with pytest.raises(Refused, match="no rate for Overnight"):
        await post.deliver(WISH)
    object.__setattr__(post.settings, "service", "cheapest")
    moved = BuyLabel(order=ORDER, to=replace(HOME, line1="1 New St"), weight="15.4")

    (parcel,) = await post.deliver(moved)

    made = post.vendor.shipments[parcel.source.external_id]
    assert made["to_address"]["street1"] == "1 NEW ST"
    assert made["reference"] == f"{ORDER}-2"
    assert parcel.claims[0] == ORDER
    assert len(post.labels()) == 1


async def test_a_label_is_bought_again_only_after_the_first_was_given_back() -> None:
    post = Post()
    (first,) = await post.deliver(WISH)
    (same,) = await post.deliver(WISH)
    assert same == first

    await post.deliver(RefundLabel(target=first.source.external_id))
    (second,) = await post.deliver(WISH)

    assert second.source != first.source
    assert post.vendor.shipments[second.source.external_id]["reference"] == f"{ORDER}-2"


async def test_the_cheapest_rate_is_bought_and_its_price_is_told_exactly() -> None:
    post = Post()

    (parcel,) = await post.deliver(WISH)

    prices = {rate["service"]: rate["rate"] for each in post.vendor.shipments.values() for rate in each["rates"]}
    assert (parcel.service, parcel.carrier) == ("GroundAdvantage", "USPS")
    assert parcel.cost == Money.parse(prices["GroundAdvantage"], "USD") == Money(600, "USD")
    assert parcel.status is ShipmentStatus.PENDING
    assert parcel.label_url.endswith(".pdf")


async def test_the_wanted_service_is_bought_though_it_is_dearer() -> None:
    (parcel,) = await Post(service="Express", carrier="USPS").deliver(WISH)

    assert parcel.service == "Express"


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"most": "5.99 USD"}, r"the cheapest rate is 6.00 USD \(USPS GroundAdvantage\), the limit 5.99 USD"),
        ({"most": "50.00 EUR"}, "in EUR, in which the limit is"),
        ({"carrier": "UPS"}, "no rate for UPS cheapest: none was offered"),
    ],
)
async def test_no_label_is_bought_that_was_not_allowed(chosen: dict[str, str], words: str) -> None:
    post = Post(**chosen)

    with pytest.raises(Refused, match=words):
        await post.deliver(WISH)

    assert post.labels() == []


async def test_a_limit_that_is_just_reached_is_kept() -> None:
    (parcel,) = await Post(most="6.00 USD").deliver(WISH)

    assert parcel.cost == Money(600, "USD")


async def test_a_vendor_that_is_busy_is_asked_again_later() -> None:
    post = Post()
    post.vendor.faults.refuse, post.vendor.faults.status = 1, 429

    with pytest.raises(TryLater):
        await post.deliver(WISH)

    assert post.vendor.shipments == {}


async def test_a_wrong_key_pauses_the_connection() -> None:
    post = Post()
    post.vendor.api_key = "another"

    with pytest.raises(NeedsAttention):
        await post.deliver(WISH)


async def test_the_answer_to_a_refund_is_lost_and_it_is_found() -> None:
    post = Post()
    (parcel,) = await post.deliver(WISH)
    wish = RefundLabel(target=parcel.source.external_id)
    post.vendor.faults.drop_replies = 1

    with pytest.raises(Unknown):
        await post.deliver(wish)
    (given_back,) = await post.deliver(wish)

    assert given_back.status is ShipmentStatus.CANCELLED
    assert given_back.version > parcel.version
    assert post.vendor.refunds == [parcel.source.external_id]


async def test_a_refund_that_the_carrier_rejects_leaves_the_label_to_be_used() -> None:
    post = Post()
    (parcel,) = await post.deliver(WISH)
    post.vendor.refund_answer = "rejected"

    (kept,) = await post.deliver(RefundLabel(target=parcel.source.external_id))

    assert (kept.status, kept.detail) == (ShipmentStatus.PENDING, "refund_rejected")


async def test_a_label_that_was_scanned_is_not_given_back() -> None:
    post = Post()
    (parcel,) = await post.deliver(WISH)
    post.vendor.scan(parcel.source.external_id, "in_transit")

    with pytest.raises(Refused, match="scanned"):
        await post.deliver(RefundLabel(target=parcel.source.external_id))
