"""What an event is about: all that tells of one thing is applied in the order received, so it has to be named alike."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from hub.connector import Event, Incoming, discover


def event(slug: str, body: Any, headers: Mapping[str, str]) -> Event:
    inbound = discover()[slug].inbound
    assert inbound is not None
    incoming = Incoming(method="POST", url="https://hub.example/x", headers=headers, body=json.dumps(body).encode())
    (found,) = inbound.events(incoming, None)
    return found


def stripe(kind: str, **thing: Any) -> Any:
    return {"id": f"evt_{kind.replace('.', '_')}", "type": kind, "data": {"object": thing}}


def topic(name: str) -> dict[str, str]:
    return {"x-shopify-topic": name, "x-wc-webhook-topic": name}


XERO = {"eventDateUtc": "2026-11-22T12:00:00", "tenantId": "t", "resourceId": "r-1", "eventCategory": "INVOICE"}
HUBSPOT = {"portalId": 1, "occurredAt": 1_700_000_000_000}
TRACKER = "https://api.shipengine.com/v1/tracking?carrier_code=ups&tracking_number=1Z"
CLOUD = {"specversion": "1.0", "source": "s", "time": "2026-11-22T12:00:00Z", "intuitaccountid": "1"}

ALIKE: dict[str, list[tuple[Any, dict[str, str]]]] = {
    "stripe": [
        (stripe("payment_intent.succeeded", id="pi_1"), {}),
        (stripe("charge.refunded", id="ch_1", payment_intent="pi_1"), {}),
        (stripe("refund.created", id="re_1", payment_intent="pi_1", charge="ch_1"), {}),
        (
            {"id": "evt_2", "type": "v1.payment_intent.x", "related_object": {"id": "pi_1", "type": "payment_intent"}},
            {},
        ),
    ],
    "shopify": [
        ({"id": 7}, topic("orders/create")),
        ({"id": 7}, topic("orders/delete")),
        ({"id": 1, "order_id": 7}, topic("refunds/create")),
        ({"id": 2, "order_id": 7}, topic("order_transactions/create")),
    ],
    "woocommerce": [({"id": 7}, topic("order.updated")), ({"id": 7}, topic("order.deleted"))],
    "paypal": [
        ({"id": "WH-1", "event_type": "CHECKOUT.ORDER.APPROVED", "resource": {"id": "O1"}}, {}),
        (
            {
                "id": "WH-2",
                "event_type": "PAYMENT.CAPTURE.COMPLETED",
                "resource": {"id": "C1", "supplementary_data": {"related_ids": {"order_id": "O1"}}},
            },
            {},
        ),
    ],
    "xero": [({"events": [XERO | {"eventType": kind}]}, {}) for kind in ("CREATE", "UPDATE")],
    "hubspot": [
        ([HUBSPOT | {"subscriptionType": kind, "objectId": 5}], {}) for kind in ("deal.creation", "deal.propertyChange")
    ],
    "easypost": [
        ({"id": "evt1", "description": "tracker.updated", "result": {"id": "trk_1", "shipment_id": "shp_1"}}, {}),
        ({"id": "evt_2", "description": "refund.successful", "result": {"id": "rfnd_1", "shipment_id": "shp_1"}}, {}),
    ],
    "shipengine": [({"resource_type": "API_TRACK", "resource_url": TRACKER, "data": {"n": n}}, {}) for n in (1, 2)],
    "quickbooks": [
        ([CLOUD | {"id": kind, "type": f"qbo.invoice.{kind}.v1", "intuitentityid": "9"}], {})
        for kind in ("created", "updated")
    ],
}


@pytest.mark.parametrize("slug", ALIKE)
def test_all_that_tells_of_one_thing_names_it_alike(slug: str) -> None:
    found = [event(slug, *each) for each in ALIKE[slug]]

    assert len({each.about for each in found}) == 1
    assert found[0].about
    assert len({each.key for each in found}) == len(found)


@pytest.mark.parametrize(
    ("slug", "one", "other"),
    [
        ("stripe", (stripe("charge.succeeded", id="ch_1"), {}), (stripe("charge.succeeded", id="ch_2"), {})),
        ("shopify", ({"id": 7}, topic("orders/create")), ({"id": 7}, topic("customers/create"))),
        ("woocommerce", ({"id": 7}, topic("order.updated")), ({"id": 7}, topic("customer.deleted"))),
    ],
)
def test_two_things_are_not_named_alike(slug: str, one: Any, other: Any) -> None:
    assert event(slug, *one).about != event(slug, *other).about


@pytest.mark.parametrize(
    ("slug", "body"),
    [
        ("stripe", {"id": "evt1", "type": "charge.succeeded", "data": 7}),
        ("stripe", {"id": "evt1", "type": "charge.succeeded", "data": {"object": {"id": "ch", "payment_intent": {}}}}),
        ("paypal", {"id": "evt1", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": [1]}),
        ("easypost", {"id": "evt1", "description": "tracker.updated", "result": "shp_1"}),
    ],
)
def test_an_event_about_nothing_that_is_understood_keeps_its_name_and_stands_alone(slug: str, body: Any) -> None:
    found = event(slug, body, {})

    assert (found.key, found.about) == ("evt1", "")
