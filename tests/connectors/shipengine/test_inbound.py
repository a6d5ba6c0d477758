"""The door: forged, late and odd deliveries, the vendor's own vectors, and what an event is called."""

import dataclasses
import json
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import pytest

from connectors.shipengine import CONNECTOR
from connectors.shipengine.card import card
from connectors.shipengine.inbound import KEY_ID, SIGNATURE, TIMESTAMP, events, published, sign, verify
from connectors.shipengine.sandbox_keys import jwks, new_key
from hub.connector import Incoming
from hub.domain.clock import parse_time
from hub.domain.errors import Forged, Malformed
from tests.connectors.shipengine import yard
from tests.shared import shared

BODY = b'{"resource_url": "https://api.shipengine.com/v1/batches/se-1", "resource_type": "API_BATCH"}'


def delivery(
    body: bytes = BODY, published: bytes | None = None, headers: Mapping[str, str] = MappingProxyType({})
) -> Incoming:
    own = {name.lower(): value for name, value in sign(settings(), "", body, yard.NOON).items()} | dict(headers)
    keys = jwks(yard.key()) if published is None else published
    return Incoming(method="POST", url="https://hub.example/webhooks/yard", headers=own, body=body, published=keys)


def settings() -> Any:
    return yard.settings(webhook={"secrets": [yard.key()]})


def test_each_of_the_vendors_vectors_ends_as_it_says() -> None:
    vectors = card().vectors(shared("vendor", "shipengine"))

    found = {}
    for vector in vectors:
        try:
            verify(vector.incoming, vector.secrets, yard.settings(), parse_time(vector.at))
            found[vector.name] = True
        except Forged:
            found[vector.name] = False

    assert found == {vector.name: vector.genuine for vector in vectors}
    assert len(found) == 4


@pytest.mark.parametrize("name", [KEY_ID, SIGNATURE, TIMESTAMP])
@pytest.mark.parametrize("junk", ["", "x", "é", "\ud800", "AAAA", "2026-11-22T12:00:00", "0" * 5000])
def test_a_header_of_junk_is_forged_and_nothing_else(name: str, junk: str) -> None:
    with pytest.raises(Forged):
        verify(delivery(headers={name: junk}), (), settings(), yard.NOON)


@pytest.mark.parametrize(
    "document", [b"", b"null", b"{", b"[]", b'{"keys": [{}]}', b'{"keys": {}}', b"\xff", b"[" * 900]
)
def test_without_a_key_set_that_can_be_read_nobody_gets_in(document: bytes) -> None:
    with pytest.raises(Forged):
        verify(delivery(published=document), (), settings(), yard.NOON)


def test_a_key_that_is_not_published_lets_nobody_in_whatever_it_signs() -> None:
    with pytest.raises(Forged, match="does not publish"):
        verify(delivery(published=jwks(new_key())), (), settings(), yard.NOON)


def test_a_published_key_of_another_kind_or_too_small_is_none() -> None:
    document = json.loads(jwks(yard.key()))
    for change in ({"kty": "EC"}, {"use": "enc"}, {"n": "AQAB"}, {"n": "AAAA", "e": "é"}):
        keys = json.dumps({"keys": [document["keys"][0] | change]}).encode()
        with pytest.raises(Forged):
            verify(delivery(published=keys), (), settings(), yard.NOON)


def test_any_changed_byte_of_body_or_time_is_noticed() -> None:
    good = delivery()

    verify(good, (), settings(), yard.NOON)
    with pytest.raises(Forged):
        verify(dataclasses.replace(good, body=BODY + b" "), (), settings(), yard.NOON)
    with pytest.raises(Forged):
        verify(delivery(headers={TIMESTAMP: "2026-11-22T12:00:01.000Z"}), (), settings(), yard.NOON)


@pytest.mark.parametrize("off", [-301, 301])
def test_a_time_too_far_off_is_refused_in_the_past_and_in_the_future(off: int) -> None:
    verify(delivery(), (), settings(), yard.NOON + timedelta(seconds=off // 301 * 300))
    with pytest.raises(Forged, match="too far"):
        verify(delivery(), (), settings(), yard.NOON + timedelta(seconds=off))


def test_the_keys_are_those_of_the_accounts_own_api_whatever_the_request_says() -> None:
    assert (
        published(delivery(headers={"jku": "https://evil.example/jwks"}), settings())
        == "https://api.shipengine.com/jwks"
    )
    assert published(delivery(), yard.settings(base_url="http://127.0.0.1:9/")) == "http://127.0.0.1:9/jwks"


def test_without_a_private_key_nothing_genuine_can_be_made() -> None:
    headers = sign(yard.settings(), "", BODY, yard.NOON)
    request = Incoming(method="POST", url="", headers=headers, body=BODY, published=jwks(yard.key()))

    with pytest.raises(Forged):
        verify(request, (), yard.settings(), yard.NOON)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"\x00", b"[" * 5000])
def test_what_is_not_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        events(delivery(body), settings())


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}", b'"x"', b"1", b'{"resource_url": 1, "resource_type": ""}'])
def test_json_of_another_form_is_kept_under_a_name_for_the_reader_to_refuse(body: bytes) -> None:
    (event,) = events(delivery(body), settings())

    assert event.kind == "notice"
    assert event.key


def test_the_same_bytes_are_the_same_event_whenever_they_come() -> None:
    (first,) = events(delivery(), settings())
    (again,) = events(delivery(headers={TIMESTAMP: "2026-11-22T14:00:00Z"}), settings())

    assert first.key == again.key
    assert first.kind == "batch"


def test_a_type_that_nobody_knows_yet_keeps_its_own_name() -> None:
    (event,) = events(delivery(b'{"resource_url": "", "resource_type": "API_TELEPORT"}'), settings())

    assert event.kind == "api_teleport"
    assert event.kind not in CONNECTOR.read
