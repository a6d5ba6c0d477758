"""Only what Twilio signed comes in."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from connectors.twilio import CONNECTOR
from connectors.twilio.card import card
from connectors.twilio.inbound import events, signature, verify
from hub.connector import Incoming
from hub.domain.errors import Forged
from tests.connectors.messages.whole import settings
from tests.shared import shared

NOW = datetime(2026, 11, 22, tzinfo=UTC)
URL = "https://hub.example/webhooks/sms"
TOKEN = "token-1"


def incoming(form: dict[str, str], *, url: str = URL, signed: str | None = None) -> Incoming:
    body = urlencode(form).encode()
    return Incoming(
        method="POST", url=url, headers={"x-twilio-signature": signed or signature(TOKEN, url, body)}, body=body
    )


FORM = {"MessageSid": "SM1", "MessageStatus": "sent", "To": "+49301234567"}


def test_every_vector_of_twilios_is_judged_as_it_says() -> None:
    vectors = card().vectors(shared("vendor", "twilio"))

    assert len(vectors) == 8
    for each in vectors:
        try:
            verify(each.incoming, each.secrets, settings("twilio"), NOW)
            genuine = True
        except Forged:
            genuine = False
        assert genuine is each.genuine, each.name


@pytest.mark.parametrize("junk", ["x", "é", "\ud800", "=" * 5000])
def test_an_odd_signature_is_forged_and_nothing_else(junk: str) -> None:
    with pytest.raises(Forged):
        verify(incoming(FORM, signed=junk), [TOKEN], settings("twilio"), NOW)


@pytest.mark.parametrize("url", [URL + "?order=ord_2", "https://hub.example/webhooks/other"])
def test_a_changed_address_is_forged(url: str) -> None:
    genuine = incoming(FORM)
    moved = Incoming(method="POST", url=url, headers=genuine.headers, body=genuine.body)

    verify(genuine, [TOKEN], settings("twilio"), NOW)
    with pytest.raises(Forged):
        verify(moved, [TOKEN], settings("twilio"), NOW)


def test_a_body_beside_the_one_whose_digest_is_signed_is_forged() -> None:
    import hashlib

    url = f"{URL}?bodySHA256={hashlib.sha256(b'{}').hexdigest()}"
    genuine = Incoming(method="POST", url=url, headers={"x-twilio-signature": signature(TOKEN, url, b"")}, body=b"{}")

    verify(genuine, [TOKEN], settings("twilio"), NOW)
    with pytest.raises(Forged):
        verify(Incoming(method="POST", url=url, headers=genuine.headers, body=b"[]"), [TOKEN], settings("twilio"), NOW)


def test_no_secret_lets_nobody_in_and_the_second_one_counts() -> None:
    verify(incoming(FORM), ["other", TOKEN], settings("twilio"), NOW)
    with pytest.raises(Forged):
        verify(incoming(FORM), [], settings("twilio"), NOW)


def test_a_status_that_comes_twice_is_one_event_and_another_status_another() -> None:
    keys = [
        event.key
        for status in ("sent", "sent", "delivered")
        for event in events(incoming(FORM | {"MessageStatus": status}), settings("twilio"))
    ]

    assert keys == ["SM1:sent", "SM1:sent", "SM1:delivered"]


@pytest.mark.parametrize("body", [b"", b"null", b"\xff\xfe", b"\x00", b"a=%ff&MessageSid=%ff&MessageStatus=%ff", b"{}"])
def test_a_signed_oddity_has_a_key_and_a_reason(body: bytes) -> None:
    request = Incoming(method="POST", url=URL, headers={"x-twilio-signature": signature(TOKEN, URL, body)}, body=body)
    verify(request, [TOKEN], settings("twilio"), NOW)

    for event in events(request, settings("twilio")):
        assert event.key
        assert event.kind in {**CONNECTOR.read, **CONNECTOR.ignored}
        if event.kind == "status":
            json.loads(event.body)


def test_the_hub_signs_as_twilio_does() -> None:
    own: Any = settings("twilio", callback_url=URL, webhook={"secrets": [TOKEN]})
    assert CONNECTOR.sign
    body = urlencode(FORM).encode()

    (signed,) = CONNECTOR.sign(own, "status", body, NOW).values()

    verify(incoming(FORM, signed=signed), [TOKEN], own, NOW)
