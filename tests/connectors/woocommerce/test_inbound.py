"""Webhooks: only what the store's secret signed comes in, and the same word twice is one."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import pytest

from connectors.woocommerce import CONNECTOR
from connectors.woocommerce.card import card
from connectors.woocommerce.inbound import headers_of, is_ping
from hub.connector import Incoming
from hub.domain.errors import Forged, Malformed
from tests.conftest import Time
from tests.connectors.woocommerce.store import (
    NOON,
    SECRET,
    URL,
    incoming,
    order_body,
    sandbox,
    settings,
)
from tests.shared import shared

INBOUND = CONNECTOR.inbound
assert INBOUND is not None


def delivery(body: bytes, topic: str = "order.updated", **headers: str) -> Incoming:
    said = headers_of(SECRET, "https://store.example", topic, body, NOON)
    lower = {name.lower(): value for name, value in said.items()} | headers
    return Incoming(method="POST", url=URL, headers=lower, body=body)


def key_of(request: Incoming) -> str:
    assert INBOUND
    (event,) = INBOUND.events(request, settings())
    return event.key


def test_the_vendors_vectors_pass_and_fail_as_they_say() -> None:
    vectors = card().vectors(shared("vendor", "woocommerce"))

    found = {}
    for each in vectors:
        assert INBOUND
        try:
            INBOUND.verify(each.incoming, each.secrets, settings(), NOON)
            found[each.name] = True
        except Forged:
            found[each.name] = False

    assert len(vectors) == 7
    assert found == {each.name: each.genuine for each in vectors}


def test_the_vendors_ping_is_known_and_nothing_signed_is_one() -> None:
    told = json.loads(shared("vendor", "woocommerce", "signatures", "vectors.json").read_text())["vectors"]
    requests = {
        each["name"]: Incoming(
            method="POST",
            url=URL,
            headers={name.lower(): value for name, value in each["headers"].items()},
            body=each["body"].encode(),
        )
        for each in told
    }

    assert [name for name, request in requests.items() if is_ping(request)] == ["ping when a webhook is saved"]


@pytest.mark.parametrize("body", [b"webhook_id=", b"webhook_id=1&x=2", b"webhook_id=x", b"", b'{"id": 1}'])
def test_no_other_form_is_a_ping(body: bytes) -> None:
    headers = {"content-type": "application/x-www-form-urlencoded"}

    assert not is_ping(Incoming(method="POST", url=URL, headers=headers, body=body))


@pytest.mark.parametrize("kept", ["a&b<c>\"d'", "a&amp;b&lt;c&gt;&quot;d&#039;", "a&#38;b&#060;c&#62;&#x22;d&#X0027;"])
def test_a_secret_signs_as_wordpress_reads_it_however_it_is_kept(kept: str) -> None:
    request = Incoming(
        method="POST", url=URL, headers={"x-wc-webhook-signature": _signed("a&b<c>\"d'", b"{}")}, body=b"{}"
    )

    assert INBOUND
    INBOUND.verify(request, [kept], settings(), NOON)


def test_escapes_of_a_secret_are_taken_off_once() -> None:
    request = Incoming(method="POST", url=URL, headers={"x-wc-webhook-signature": _signed("&", b"{}")}, body=b"{}")

    assert INBOUND
    with pytest.raises(Forged):
        INBOUND.verify(request, ["&amp;amp;"], settings(), NOON)


def _signed(key: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(key.encode(), body, hashlib.sha256).digest()).decode()


@pytest.mark.parametrize("body", [b"[]", b"null", b"webhook_id=1", b"\xff", b'{"a":"\xff"}', b"[" * 2000])
def test_signed_bytes_that_are_no_object_are_malformed(body: bytes) -> None:
    assert INBOUND
    with pytest.raises(Malformed):
        INBOUND.verify(delivery(body), [SECRET], settings(), NOON)


def test_two_orders_of_one_second_share_a_delivery_id_and_are_two_events() -> None:
    store = sandbox(Time())
    for _ in range(2):
        store.acts()["place_order"]()

    ids = {each.headers["X-WC-Webhook-Delivery-ID"] for each in store.deliveries}

    assert len(ids) == 1
    assert len({key_of(incoming(each)) for each in store.deliveries}) == 2


def test_a_replay_under_another_delivery_id_is_the_same_event() -> None:
    first = delivery(json.dumps(order_body()).encode())
    again = replace(first, headers={**first.headers, "x-wc-webhook-delivery-id": "another"})

    assert key_of(first) == key_of(again)


def test_a_thing_that_is_deleted_again_is_another_event() -> None:
    first = delivery(b'{"id": 77}', "order.deleted")
    later = replace(first, headers={**first.headers, "x-wc-webhook-delivery-id": "later"})

    assert key_of(first) != key_of(later)


@pytest.mark.parametrize(
    ("topic", "body", "kind"),
    [
        ("order.updated", order_body(), "order.updated"),
        ("order.deleted", {"id": 77}, "order.deleted"),
        ("order.deleted", order_body(), "order"),
        ("customer.updated", order_body(), "order"),
        ("product.updated", order_body(), "order"),
        ("product.updated", {"id": 1, "slug": "mug"}, "product.updated"),
        ("", {"id": 77}, "other"),
        ("ORDER.UPDATED\n", order_body(), "order"),
    ],
)
def test_an_unsigned_topic_never_makes_a_body_something_else(topic: str, body: dict[str, Any], kind: str) -> None:
    request = delivery(json.dumps(body).encode(), **{"x-wc-webhook-topic": topic})

    assert INBOUND
    (event,) = INBOUND.events(request, settings())

    assert event.kind == kind
