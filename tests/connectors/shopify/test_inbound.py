"""The door: what Shopify did not sign does not come in, and what comes twice is one event."""

import json
from dataclasses import replace
from typing import Any

import pytest

from connectors.shopify import CONNECTOR
from connectors.shopify.inbound import events, verify
from hub.connector import Incoming
from hub.domain.errors import Forged, Malformed, Unreadable
from tests.connectors.shopify.shop import NOON, SECRET, read, settings
from tests.shared import shared

BODY = b'{"id":1,"admin_graphql_api_id":"gid://shopify/Order/1"}'


def delivery(body: bytes = BODY, changed: dict[str, str] | None = None) -> Incoming:
    assert CONNECTOR.sign
    headers = {name.lower(): value for name, value in CONNECTOR.sign(settings(), "orders/paid", body, NOON).items()}
    return Incoming(
        method="POST", url="https://hub.example/webhooks/shop", headers=headers | (changed or {}), body=body
    )


def check(request: Incoming, *secrets: str) -> None:
    verify(request, secrets or [SECRET], settings(), NOON)


@pytest.mark.parametrize("signature", ["", "AAAA", "ÄÖÜ=", "\udcff", "04547ff44fbbb0a990784212693ae41d", "=" * 10_000])
def test_a_signature_that_is_none_is_forged_and_no_other_error(signature: str) -> None:
    with pytest.raises(Forged):
        check(delivery(changed={"x-shopify-hmac-sha256": signature}))


def test_an_altered_body_is_forged() -> None:
    with pytest.raises(Forged):
        check(replace(delivery(), body=BODY.replace(b'"id":1', b'"id":2')))


def test_without_a_secret_nothing_comes_in() -> None:
    with pytest.raises(Forged):
        verify(delivery(), [], settings(), NOON)


@pytest.mark.parametrize("domain", ["other.myshopify.com", ""])
def test_a_genuine_body_of_another_shop_of_the_same_app_is_refused(domain: str) -> None:
    with pytest.raises(Forged):
        check(delivery(changed={"x-shopify-shop-domain": domain}))


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"id":', b'"x"'])
def test_a_signed_body_that_is_no_json_object_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        check(delivery(body))


def test_a_body_nested_too_deep_is_malformed() -> None:
    with pytest.raises(Malformed):
        check(delivery(b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"))


def test_both_secrets_are_good_while_one_is_replaced() -> None:
    check(delivery(), "new-secret", SECRET)
    check(delivery(), SECRET, "new-secret")


def test_header_names_without_their_prefix_are_the_same() -> None:
    bare = {name.removeprefix("x-"): value for name, value in delivery().headers.items()}
    request = replace(delivery(), headers=bare)

    check(request)

    assert events(request, settings()) == events(delivery(), settings())


def test_a_repeated_delivery_is_the_same_event_and_another_topic_or_body_is_not() -> None:
    (first,) = events(delivery(), settings())

    assert events(delivery(changed={"x-shopify-triggered-at": "2026-11-22T13:00:00Z"}), settings())[0].key == first.key
    assert events(delivery(changed={"x-shopify-topic": "orders/updated"}), settings())[0].key != first.key
    other = delivery(BODY + b" ", {"x-shopify-event-id": delivery().headers["x-shopify-event-id"]})
    assert events(other, settings())[0].key != first.key


@pytest.mark.parametrize("topic", ["", "x" * 500, "orders/paid\n", "../../etc"])
def test_a_body_without_a_sane_topic_is_known_by_its_fields(topic: str) -> None:
    body = b'{"id":1,"line_items":[],"total_price":"1.00","order_number":1001}'

    (event,) = events(delivery(body, {"x-shopify-topic": topic}), settings())

    assert event.kind == "orders/updated"


def test_keys_fit_their_column_whatever_the_headers_hold() -> None:
    (event,) = events(delivery(changed={"x-shopify-event-id": "e" * 5000, "x-shopify-topic": "t" * 5000}), settings())

    assert len(event.key) <= 255
    assert len(event.kind) <= 255


@pytest.mark.parametrize("time", ["", "yesterday", "2026-11-22T12:00:00", "99999-01-01T00:00:00Z"])
def test_a_trigger_time_that_cannot_be_read_is_no_time(time: str) -> None:
    (event,) = events(delivery(changed={"x-shopify-triggered-at": time}), settings())

    assert event.at is None


def test_an_order_sent_under_the_topic_of_customers_is_no_customer() -> None:
    """Topics are not signed: whoever has a genuine body can send it under any."""
    with pytest.raises(Unreadable, match="Customer"):
        read("customers/update", BODY)


def _vectors(kind: str) -> list[dict[str, Any]]:
    vectors = json.loads(shared("vendor", "shopify", "signatures", "vectors.json").read_bytes())["vectors"]
    return [vector for vector in vectors if vector["kind"] == kind]


def test_every_vector_of_the_vendor_passes_or_fails_as_it_says() -> None:
    checked = 0
    for vector in _vectors("webhook"):
        headers = {name.lower(): value for name, value in vector["headers"].items()}
        shop = headers["x-shopify-shop-domain"]
        request = Incoming(method="POST", url="", headers=headers, body=vector["body"].encode())
        try:
            verify(request, [vector["secret"]], settings(shop=shop), NOON)
            found = "valid"
        except Forged:
            found = "invalid"
        assert found == vector["expect"], vector["name"]
        checked += 1
    assert checked == 9


def test_the_only_vectors_left_out_are_of_the_oauth_callback_which_the_hub_does_not_have() -> None:
    vectors = json.loads(shared("vendor", "shopify", "signatures", "vectors.json").read_bytes())["vectors"]

    assert {vector["kind"] for vector in vectors} == {"webhook", "oauth query"}
