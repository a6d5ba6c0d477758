"""Who may speak as EasyPost, and what a delivery is called."""

import json
from datetime import UTC, datetime

import pytest

from connectors.easypost import CONNECTOR
from connectors.easypost.card import card
from connectors.easypost.inbound import events, headers_of, sign, verify
from hub.connector import Incoming
from hub.domain.errors import Forged, Malformed
from tests.connectors.easypost.post import NOON, SECRET, settings
from tests.shared import shared

JUNK = ["", "x", "é", "sha256=", "hmac-sha256-hex=", "\ud800", "0" * 5000, "hmac-sha256-hex=" + "0" * 64]


def delivery(body: bytes, **headers: str) -> Incoming:
    lower = {name.lower().replace("_", "-"): value for name, value in headers.items()}
    return Incoming(method="POST", url="https://hub.example/webhooks/post", headers=lower, body=body)


def genuine(body: bytes, secret: str = SECRET) -> Incoming:
    return delivery(body, **headers_of(secret, body))


@pytest.mark.parametrize("junk", JUNK)
def test_an_odd_signature_is_forged_and_nothing_else(junk: str) -> None:
    with pytest.raises(Forged):
        verify(delivery(b"{}", X_Hmac_Signature=junk), [SECRET], settings(), NOON)


def test_any_changed_byte_is_forged() -> None:
    incoming = genuine(b'{"id": "evt_1"}')
    verify(incoming, [SECRET], settings(), NOON)

    with pytest.raises(Forged):
        verify(delivery(incoming.body + b" ", **dict(incoming.headers)), [SECRET], settings(), NOON)


@pytest.mark.parametrize("secrets", [[], [""], ["another"]])
def test_without_the_secret_nobody_comes_in(secrets: list[str]) -> None:
    with pytest.raises(Forged):
        verify(genuine(b"{}", secrets[0] if secrets == [""] else SECRET), secrets, settings(), NOON)


def test_the_second_secret_counts_while_one_is_replaced() -> None:
    verify(genuine(b"{}"), ["newer", SECRET], settings(), NOON)


def test_a_secret_is_normalised_as_the_vendor_does_it() -> None:
    verify(genuine(b"{}", "s\u00e9cret"), ["se\u0301cret"], settings(), NOON)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{", b"\xff\xfe", b"[" * 5000])
def test_a_signed_body_that_is_no_object_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        verify(genuine(body), [SECRET], settings(), NOON)


def test_an_event_is_named_by_its_own_id_and_an_odd_one_by_its_digest() -> None:
    body = json.dumps({"id": "evt_1", "description": "tracker.updated"}).encode()
    odd = json.dumps({"id": "evt_...", "description": "x" * 500}).encode()

    (named,), (unnamed,) = events(genuine(body), settings()), events(genuine(odd), settings())

    assert (named.kind, named.key) == ("tracker.updated", "evt_1")
    assert (unnamed.kind, unnamed.key[:7]) == ("unreadable", "sha256:")


def test_our_own_deliveries_are_genuine() -> None:
    headers = sign(settings(), "tracker.updated", b"{}", NOON)

    verify(delivery(b"{}", **headers), [SECRET], settings(), NOON)


def test_each_vector_of_the_vendor_is_judged_as_it_says() -> None:
    vectors = card().vectors(shared("vendor", "easypost"))

    for vector in vectors:
        at = datetime.fromisoformat(vector.at).astimezone(UTC)
        try:
            verify(vector.incoming, vector.secrets, settings(), at)
            passed = True
        except Forged:
            passed = False
        assert passed is vector.genuine, vector.name
    assert len(vectors) == 3
    assert CONNECTOR.inbound is not None
