"""Reading: junk, nulls, new values, hostile numbers; labels and tracking; late and corrected words."""

import json
from itertools import permutations
from typing import Any

import pytest

from connectors.shipengine import CONNECTOR
from connectors.shipping.references import order_in
from hub.connector import Event, Faulty, Hint, Ignored, Reading
from hub.decide.shipments import fold_shipments
from hub.domain.clock import parse_time
from hub.domain.errors import Unreadable
from hub.domain.money import Money
from hub.domain.records import ShipmentStatus, vendor_key
from hub.pipeline.reading import read as read_event
from hub.pipeline.registry import Connection
from tests.connectors.shipengine import yard
from tests.connectors.shipengine.yard import ORDER, newest, read, shipments

LABEL: dict[str, Any] = {
    "label_id": "se-7",
    "status": "completed",
    "created_at": "2026-11-22T09:00:00.1234567Z",
    "shipment_id": "se-6",
    "external_shipment_id": ORDER,
    "tracking_number": "94001",
    "is_return_label": False,
    "rma_number": None,
    "carrier_code": "stamps_com",
    "service_code": "usps_priority_mail",
    "voided": False,
    "voided_at": None,
    "trackable": True,
    "tracking_status": "in_transit",
    "shipment_cost": {"currency": "usd", "amount": 9.05},
    "insurance_cost": {"currency": "usd", "amount": 0.5},
    "label_download": {"href": "https://files.example/7.pdf"},
    "packages": [{"tracking_number": "94001"}],
}
SCAN = {"occurred_at": "2026-11-22T10:00:00Z", "status_code": "IT"}
TRACKING: dict[str, Any] = {
    "tracking_number": "94001",
    "status_code": "IT",
    "status_detail_code": None,
    "carrier_code": "usps",
    "tracking_url": "https://tracking.example/94001",
    "ship_date": None,
    "actual_delivery_date": None,
    "events": [SCAN],
}


def body(base: dict[str, Any], **change: Any) -> bytes:
    return json.dumps(base | change).encode()


@pytest.mark.parametrize(
    "junk", [b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff\xfe", b"\x00", b'{"id": 1e999}', b"[" * 900, b"{}"]
)
@pytest.mark.parametrize("kind", sorted(CONNECTOR.read))
def test_junk_ends_in_a_reason(kind: str, junk: bytes) -> None:
    connection = Connection(id="yard", connector=CONNECTOR, settings=yard.settings(), settings_digest="")

    found = read_event(connection, Event(kind=kind, body=junk))

    assert found.faults or found.ignored
    assert not found.records
    assert not any("failed:" in fault for fault in found.faults), found.faults


@pytest.mark.parametrize(
    ("base", "kind", "change", "path"),
    [
        (LABEL, "label", {"label_id": 5}, "label_id"),
        (LABEL, "label", {"created_at": "2026-11-22T09:00:00"}, "created_at"),
        (LABEL, "label", {"shipment_cost": {"currency": "usd"}}, "shipment_cost"),
        (TRACKING, "tracking", {"tracking_number": None}, "tracking_number"),
        (TRACKING, "tracking", {"events": [{"occurred_at": "yesterday"}]}, "events[0].occurred_at"),
        (TRACKING, "tracking", {"events": []}, "events"),
    ],
)
def test_a_fault_is_told_with_its_path(base: dict[str, Any], kind: str, change: dict[str, Any], path: str) -> None:
    with pytest.raises(Unreadable) as fault:
        read(kind, body(base, **change))

    assert path in str(fault.value)


@pytest.mark.parametrize("name", sorted(LABEL.keys() - {"label_id", "status", "created_at"}))
def test_a_label_is_read_whatever_else_is_null_or_missing(name: str) -> None:
    less = {field: value for field, value in LABEL.items() if field != name}

    assert shipments(read("label", body(LABEL, **{name: None})))
    assert shipments(read("label", body(less)))


def test_a_label_says_what_it_cost_and_that_its_parcel_has_not_moved_yet() -> None:
    (record,) = shipments(read("label", body(LABEL)))

    assert record.status is ShipmentStatus.PENDING
    assert record.cost == Money(955, "USD")
    assert record.claims == (ORDER, vendor_key("tracking", "94001"))
    assert (record.service, record.carrier) == ("usps_priority_mail", "stamps_com")
    assert record.label_url == "https://files.example/7.pdf"
    assert record.authority
    assert not record.inbound


def test_a_label_whose_price_cannot_be_told_exactly_is_a_label_all_the_same() -> None:
    record, fault = read("label", body(LABEL, shipment_cost={"currency": "usd", "amount": 9.051}))

    assert shipments([record])[0].cost is None
    assert isinstance(fault, Faulty)
    assert "shipment_cost" in fault.path


def test_yen_have_no_decimals_and_dinars_three() -> None:
    for currency, amount, minor in (("jpy", 905, 905), ("kwd", 9.055, 9055)):
        said = body(LABEL, shipment_cost={"currency": currency, "amount": amount}, insurance_cost=None)

        assert shipments(read("label", said))[0].cost == Money(minor, currency.upper())


def test_a_label_of_a_carrier_that_does_not_track_has_no_authority_over_what_a_store_knows() -> None:
    (record,) = shipments(read("label", body(LABEL, trackable=False)))

    assert not record.authority


@pytest.mark.parametrize("reference", ["", "1001", "ord_", "ord_../x", "ord_é", "cus_1", "ord_1-b", "se-6"])
def test_a_reference_that_is_not_ours_claims_no_order(reference: str) -> None:
    assert order_in(reference) == ""
    (record,) = shipments(read("label", body(LABEL, external_shipment_id=reference)))
    assert not [claim for claim in record.claims if claim.startswith("ord_")]


def test_the_second_shipment_of_an_order_and_its_return_claim_that_order() -> None:
    (second,) = shipments(read("label", body(LABEL, external_shipment_id=f"{ORDER}-2")))
    back_body = body(LABEL, external_shipment_id=None, is_return_label=True, rma_number=ORDER)
    (back,) = shipments(read("label", back_body))

    assert second.claims[0] == back.claims[0] == ORDER
    assert back.inbound


@pytest.mark.parametrize(
    ("code", "detail", "words", "status"),
    [
        ("AC", "SHIPMENT_CREATED", "", ShipmentStatus.PENDING),
        ("AC", None, "A shipping label has been prepared", ShipmentStatus.PENDING),
        ("AC", "PICKED_UP", "", ShipmentStatus.IN_TRANSIT),
        ("IT", None, "", ShipmentStatus.IN_TRANSIT),
        ("IT", "TELEPORTED", "", ShipmentStatus.IN_TRANSIT),
        ("AT", None, "", ShipmentStatus.IN_TRANSIT),
        ("SP", None, "", ShipmentStatus.IN_TRANSIT),
        ("DE", None, "", ShipmentStatus.DELIVERED),
        ("EX", None, "Return to Sender processed", ShipmentStatus.RETURNED),
        ("EX", "RETURN_TO_SENDER", "", ShipmentStatus.RETURNED),
        ("EX", "HELD_BY_CUSTOMS", "", ShipmentStatus.IN_TRANSIT),
        ("EX", "PARCEL_LOST", "", ShipmentStatus.FAILED),
        ("EX", None, "", ShipmentStatus.FAILED),
        ("NY", None, "", ShipmentStatus.PENDING),
    ],
)
def test_each_status_code_has_its_meaning(code: str, detail: str | None, words: str, status: ShipmentStatus) -> None:
    said = body(TRACKING, status_code=code, status_detail_code=detail, carrier_status_description=words)

    (record,) = shipments(read("tracking", said))

    assert record.status is status
    assert record.detail == (detail or code)
    assert (record.shipped_at is None) is (status is ShipmentStatus.PENDING)


@pytest.mark.parametrize("code", ["UN", "ZZ", ""])
def test_a_status_that_tells_nothing_leaves_what_is_known(code: str) -> None:
    (said,) = read("tracking", body(TRACKING, status_code=code))

    assert isinstance(said, Ignored)


def test_a_parcel_that_the_carrier_has_not_seen_is_no_news() -> None:
    (said,) = read("tracking", body(TRACKING, status_code="NY", events=[]))

    assert isinstance(said, Ignored)


def test_a_delivery_is_timed_by_its_scan() -> None:
    arrived = {"occurred_at": "2026-11-23T15:00:00Z", "status_code": "DE"}
    said = body(TRACKING, status_code="DE", events=[arrived, SCAN], actual_delivery_date="2026-11-23T00:00:00Z")

    (record,) = shipments(read("tracking", said))

    assert record.delivered_at == parse_time("2026-11-23T15:00:00Z")
    assert record.shipped_at == parse_time("2026-11-22T10:00:00Z")


def test_a_label_and_its_tracking_are_one_parcel_that_keeps_the_labels_name() -> None:
    label, tracking = shipments(read("label", body(LABEL))), shipments(read("tracking", body(TRACKING)))

    (before,), (after,) = fold_shipments(label), fold_shipments([*label, *tracking])

    assert before.id == after.id == label[0].source.key
    assert (before.status, after.status) == (ShipmentStatus.PENDING, ShipmentStatus.IN_TRANSIT)
    assert after.verified


def test_a_voided_label_ends_what_was_tracked_until_a_scan_says_that_the_parcel_left_all_the_same() -> None:
    seen = {"occurred_at": "2026-11-22T09:30:00Z", "status_code": "AC"}
    early = read("tracking", body(TRACKING, status_code="AC", events=[seen]))
    voided = read("label", body(LABEL, voided=True, voided_at="2026-11-22T10:30:00Z", status="voided"))
    scan = {"occurred_at": "2026-11-22T11:00:00Z", "status_code": "IT"}
    late = read("tracking", body(TRACKING, events=[scan, seen]))

    for arrival in permutations([*read("label", body(LABEL)), *early, *voided]):
        (parcel,) = fold_shipments(newest(arrival).values())
        assert parcel.status is ShipmentStatus.CANCELLED
    (parcel,) = fold_shipments(newest([*late, *voided, *early]).values())
    assert parcel.status is ShipmentStatus.IN_TRANSIT


def test_a_late_word_changes_nothing_and_a_carriers_correction_stands() -> None:
    arrived = {"occurred_at": "2026-11-22T12:00:00Z", "status_code": "DE"}
    corrected = {"occurred_at": "2026-11-22T12:05:00Z", "status_code": "IT"}
    moving = read("tracking", body(TRACKING))
    there = read("tracking", body(TRACKING, status_code="DE", events=[arrived, SCAN]))
    back = read("tracking", body(TRACKING, status_code="IT", events=[corrected, arrived, SCAN]))

    assert newest([*there, *moving])["tracking:94001"].status is ShipmentStatus.DELIVERED
    for arrival in permutations([*moving, *there, *back]):
        assert newest(arrival)["tracking:94001"].status is ShipmentStatus.IN_TRANSIT


def test_a_thin_notice_is_a_hint_where_it_names_the_vendors_own_api_and_a_fault_elsewhere() -> None:
    home, evil = "https://api.shipengine.com", "https://api.shipengine.com.evil.example"
    track = "/v1/tracking?carrier_code=ups&tracking_number=1Z1"

    def said(url: str, kind: str) -> list[Any]:
        return read(kind, json.dumps({"resource_url": url, "resource_type": f"API_{kind.upper()}"}).encode())

    assert said(home + track, "track") == [Hint(kind="shipment", external_id="tracking:1Z1")]
    assert said(f"{home}/v1/batches/se-9", "batch") == [Hint(kind="batch", external_id="se-9")]
    for url in (evil + track, home, "http://api.shipengine.com" + track, "https://[", ""):
        assert isinstance(said(url, "track")[0], Faulty)
    for url in (f"{evil}/v1/batches/se-9", f"{home}/v1/batches/../x", f"{home}/v1/labels/se-9"):
        assert isinstance(said(url, "batch")[0], Faulty)


def asked(at: str, **change: Any) -> list[Any]:
    """Tracking that was asked for at a time."""
    reading = Reading(connection="yard", settings=yard.settings(), at=parse_time(at))
    return list(CONNECTOR.read["tracking"](reading, body(TRACKING, **change)))


def test_a_word_without_any_scan_stands_behind_every_scan_whenever_it_was_asked_for() -> None:
    """Scans are told late, and ship dates are planned ones: neither may make the first scan look old."""
    vague = asked("2026-11-22T15:00:00Z", status_code="AC", events=None, ship_date="2026-11-23T00:00:00Z")
    moving = asked("2026-11-22T16:00:00Z")  # scanned at 10:00

    for arrival in permutations([*vague, *moving]):
        assert newest(arrival)["tracking:94001"].status is ShipmentStatus.IN_TRANSIT


def test_words_without_scans_stand_in_the_order_in_which_they_were_asked_for() -> None:
    words = [
        *asked("2026-11-22T15:00:00Z", status_code="IT", events=[]),
        *asked("2026-11-22T16:00:00Z", status_code="EX", events=[]),
        *asked("2026-11-22T17:00:00Z", status_code="IT", events=[]),
    ]
    arrived = asked("2026-11-22T18:00:00Z", status_code="DE", events=[], actual_delivery_date="2026-11-22T17:30:00Z")

    for arrival in permutations(words):
        assert newest(arrival)["tracking:94001"].status is ShipmentStatus.IN_TRANSIT
    for arrival in permutations([*words, *asked("2026-11-22T14:00:00Z"), *arrived]):
        assert newest(arrival)["tracking:94001"].status is ShipmentStatus.DELIVERED
