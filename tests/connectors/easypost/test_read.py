"""What EasyPost says, as records: late, doubled, corrected, of the other mode, or in words that are new."""

import json
from itertools import permutations
from typing import Any

import pytest

from connectors.easypost import CONNECTOR
from connectors.easypost.commands import RefundLabel
from hub.connector import Faulty, Hint, Ignored
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import ShipmentRecord, ShipmentStatus, vendor_key
from tests.connectors.easypost.post import NOON, Post, read
from tests.connectors.easypost.test_push import ORDER, WISH

JUNK = [b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff\xfe", b"\x00", b'{"id": 1e999}', b"[" * 5000, b"{}"]


def tracked(post: Post, **changes: Any) -> ShipmentRecord:
    """The tracker of a label from elsewhere, as the API has it, with what was changed."""
    (tracker,) = post.vendor.trackers.values()
    (record,) = read("tracker", json.dumps(tracker | changes).encode())
    assert isinstance(record, ShipmentRecord)
    return record


@pytest.mark.parametrize("body", JUNK)
@pytest.mark.parametrize("kind", sorted(CONNECTOR.read))
def test_junk_has_a_reason(kind: str, body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(kind, body)


@pytest.mark.parametrize("field", ["created_at", "updated_at"])
@pytest.mark.parametrize("value", ["", "soon", "2026-11-22T12:00:00"])
def test_a_time_that_is_none_of_this_world_parks_the_body(field: str, value: str) -> None:
    post = Post()
    post.vendor.track("1Z1")

    with pytest.raises(Unreadable):
        tracked(post, **{field: value})


def test_what_is_of_the_other_mode_is_no_parcel_of_ours() -> None:
    post = Post()
    bought, alone = post.vendor.buy_by_hand(), post.vendor.track("1Z1")
    event = post.vendor.deliveries[-1].body

    for kind, body in (("shipment", bought), ("tracker", alone), ("tracker.created", json.loads(event))):
        (said,) = read(kind, json.dumps(body).encode(), mode="production")
        assert isinstance(said, Ignored)
        assert "test mode" in said.reason


async def test_a_shipment_without_a_label_is_no_parcel() -> None:
    post = Post()
    post.line.cut = "/buy"
    with pytest.raises(Exception, match="killed"):
        await post.deliver(WISH)
    (made,) = post.vendor.shipments.values()

    (said,) = read("shipment", json.dumps(made).encode())

    assert said == Ignored(reason="no label was bought for it")


async def test_a_label_that_the_hub_bought_claims_its_order_and_its_tracking_number() -> None:
    post = Post()

    (parcel,) = await post.deliver(WISH)

    (number,) = parcel.tracking_numbers
    assert parcel.claims == (ORDER, vendor_key("tracking", number))
    assert parcel.authority
    assert (parcel.status, parcel.shipped_at, parcel.inbound) == (ShipmentStatus.PENDING, None, False)
    assert parcel.cost == Money(600, "USD")


@pytest.mark.parametrize("reference", [None, "1001", "ord_1", ORDER + "x", "x" + ORDER, ORDER + "-"])
def test_a_reference_that_is_not_ours_claims_no_order(reference: str | None) -> None:
    made = Post().vendor.buy_by_hand(reference=reference)

    (said,) = read("shipment", json.dumps(made).encode())

    assert isinstance(said, ShipmentRecord)
    assert said.claims == (vendor_key("tracking", made["tracking_code"]),)


def test_a_return_label_is_on_its_way_from_the_buyer() -> None:
    (said,) = read("shipment", json.dumps(Post().vendor.buy_by_hand(is_return=True)).encode())

    assert isinstance(said, ShipmentRecord)
    assert said.inbound


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("pre_transit", ShipmentStatus.PENDING),
        ("in_transit", ShipmentStatus.IN_TRANSIT),
        ("out_for_delivery", ShipmentStatus.IN_TRANSIT),
        ("available_for_pickup", ShipmentStatus.IN_TRANSIT),
        ("delivered", ShipmentStatus.DELIVERED),
        ("return_to_sender", ShipmentStatus.RETURNED),
        ("failure", ShipmentStatus.FAILED),
        ("cancelled", ShipmentStatus.CANCELLED),
    ],
)
def test_the_trackers_word_says_where_the_parcel_is_and_is_kept(word: str, status: ShipmentStatus) -> None:
    post = Post()
    name = post.vendor.track("1Z1")["id"]
    post.clock.forward(hours=1)
    post.vendor.scan(name, word)

    record = tracked(post)

    moved = status not in (ShipmentStatus.PENDING, ShipmentStatus.CANCELLED)
    assert (record.status, record.detail) == (status, word)
    assert record.shipped_at == (post.clock() if moved else None)
    assert record.delivered_at == (post.clock() if status is ShipmentStatus.DELIVERED else None)


@pytest.mark.parametrize("word", ["unknown", "error", "lost_in_space", None])
def test_a_word_that_says_no_place_leaves_the_parcel_where_it_was_scanned_last(word: str | None) -> None:
    post = Post()
    name = post.vendor.track("1Z1")["id"]
    before = tracked(post, status=word)
    post.clock.forward(hours=1)
    post.vendor.scan(name, "in_transit")

    after = tracked(post, status=word)

    assert before.status is ShipmentStatus.PENDING
    assert (after.status, after.detail) == (ShipmentStatus.IN_TRANSIT, word or "")


@pytest.mark.parametrize("time", [None, "", "yesterday", "0001-01-01T00:00:00+14:00"])
def test_a_scan_without_a_time_spoils_nothing(time: str | None) -> None:
    post = Post()
    name = post.vendor.track("1Z1")["id"]
    scan = post.vendor.scan(name, "delivered")["tracking_details"][0]

    record = tracked(post, tracking_details=[scan | {"datetime": time}])

    assert (record.status, record.delivered_at) == (ShipmentStatus.DELIVERED, NOON)


async def test_late_webhooks_are_stale_in_any_order_of_arrival() -> None:
    """Each body is one that a delivery had; the version alone decides which one stands."""
    post = Post()
    name = post.vendor.track("1Z1")["id"]
    for word in ("pre_transit", "in_transit", "delivered"):
        post.vendor.scan(name, word)  # within one second
    said = [each for each in await post.heard() if isinstance(each, ShipmentRecord)]
    assert len(said) == 4

    for arrival in permutations(said):
        assert max(arrival, key=lambda record: record.version).status is ShipmentStatus.DELIVERED


async def test_a_correction_of_the_carrier_is_newer_than_what_it_corrects() -> None:
    post = Post()
    (parcel,) = await post.deliver(WISH)
    name = parcel.source.external_id
    post.clock.forward(hours=1)
    post.vendor.scan(name, "delivered")
    delivered = await post.fetched(name)
    post.clock.forward(hours=1)
    post.vendor.correct(name, "in_transit")

    corrected = await post.fetched(name)

    assert delivered.status is ShipmentStatus.DELIVERED
    assert (corrected.status, corrected.delivered_at) == (ShipmentStatus.IN_TRANSIT, None)
    assert corrected.version > delivered.version > parcel.version


async def test_a_tracker_of_a_shipment_makes_the_hub_ask_for_the_whole() -> None:
    post = Post()
    (parcel,) = await post.deliver(WISH)
    post.vendor.scan(parcel.source.external_id, "in_transit")

    said = await post.heard()

    assert said == [Hint(kind="shipment", external_id=parcel.source.external_id)] * 2


async def test_a_refund_has_an_end_and_a_scanned_label_is_a_parcel_all_the_same() -> None:
    post = Post()
    (parcel,) = await post.deliver(WISH)
    name = parcel.source.external_id
    (submitted,) = await post.deliver(RefundLabel(target=name))
    post.vendor.end_refund(name)
    refunded = await post.fetched(name)
    assert (await post.heard(1)) == [Hint(kind="shipment", external_id=name)]
    post.clock.forward(hours=1)
    post.vendor.scan(name, "in_transit")
    used = await post.fetched(name)

    assert (submitted.status, submitted.detail) == (ShipmentStatus.CANCELLED, "refund_submitted")
    assert (refunded.status, refunded.detail) == (ShipmentStatus.CANCELLED, "refund_refunded")
    assert (used.status, used.detail) == (ShipmentStatus.IN_TRANSIT, "in_transit")
    assert used.version > refunded.version > submitted.version > parcel.version


@pytest.mark.parametrize(
    ("word", "status"),
    [("not_applicable", ShipmentStatus.CANCELLED), ("rejected", ShipmentStatus.PENDING), ("x", ShipmentStatus.PENDING)],
)
def test_a_refunds_word_that_gives_nothing_back_leaves_the_label(word: str, status: ShipmentStatus) -> None:
    (said,) = read("shipment", json.dumps(Post().vendor.buy_by_hand() | {"refund_status": word}).encode())

    assert isinstance(said, ShipmentRecord)
    assert (said.status, said.detail) == (status, f"refund_{word}")


@pytest.mark.parametrize("price", ["5.933", "five", "1e3", ""])
def test_a_price_that_is_no_exact_amount_is_not_guessed(price: str) -> None:
    made = Post().vendor.buy_by_hand()
    made["selected_rate"] = made["selected_rate"] | {"rate": price}

    said = list(read("shipment", json.dumps(made).encode()))

    (parcel,) = (each for each in said if isinstance(each, ShipmentRecord))  # it is on its way, whatever it cost
    assert parcel.cost is None
    assert [each.path.rpartition("`$.")[2] for each in said if isinstance(each, Faulty)] == (
        ["selected_rate`"] if price else []
    )


def test_nulls_where_none_were_are_read() -> None:
    made = Post().vendor.buy_by_hand()
    kept = ("id", "object", "created_at", "updated_at", "postage_label", "mode")
    bare = {name: value if name in kept else None for name, value in made.items()}

    (said,) = read("shipment", json.dumps(bare).encode())

    assert isinstance(said, ShipmentRecord)
    assert (said.status, said.claims, said.cost) == (ShipmentStatus.PENDING, (), None)
