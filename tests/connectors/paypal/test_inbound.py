import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.paypal import CONNECTOR
from connectors.paypal.card import card
from connectors.paypal.inbound import published
from connectors.paypal.sandbox import PayPalSandbox
from hub.connector import Incoming
from hub.domain.clock import parse_time
from hub.domain.errors import Forged
from tests.conftest import Time
from tests.connectors.paypal.app import ADDRESS, HOOK, NOON, ODDITIES, incoming, of, settings
from tests.shared import shared

JUNK = ["", "x", "é", "sha256=", "t=1,v1=", "\ud800", "0" * 5000]


def delivery(clock: Time | None = None, body: bytes = b'{"id": "WH-1"}', **changed: str) -> tuple[Incoming, Any]:
    app = PayPalSandbox(now=clock or Time())
    headers = {name.lower(): value for name, value in app.signed(body).items()} | changed
    request = Incoming(
        method="POST", url="https://hub.example/webhooks/pay", headers=headers, body=body, published=app.api.chain
    )
    return request, of(app)


def verify(request: Incoming, given: Any, ids: list[str] | None = None, now: datetime = NOON) -> None:
    assert CONNECTOR.inbound
    CONNECTOR.inbound.verify(request, [HOOK] if ids is None else ids, given, now)


@pytest.mark.parametrize("junk", JUNK)
def test_an_odd_header_is_forged_and_nothing_else(junk: str) -> None:
    request, given = delivery()

    for name in request.headers:
        if name.startswith("paypal-") and name != "paypal-auth-version":
            odd = Incoming(
                method="POST",
                url=request.url,
                headers={**request.headers, name: junk},
                body=request.body,
                published=request.published,
            )
            with pytest.raises(Forged):
                verify(odd, given)


def test_a_changed_byte_or_another_webhook_id_is_forged_and_the_second_id_counts() -> None:
    request, given = delivery()
    changed = Incoming(method="POST", url=request.url, headers=request.headers, body=b"{}", published=request.published)

    with pytest.raises(Forged):
        verify(changed, given)
    with pytest.raises(Forged):
        verify(request, given, ["0AB12345CD678901E"])
    with pytest.raises(Forged):
        verify(request, given, [])
    verify(request, given, ["0AB12345CD678901E", HOOK])


@pytest.mark.parametrize("chain", [b"", b"junk", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_proves_nothing(chain: bytes) -> None:
    request, given = delivery()
    odd = Incoming(method="POST", url=request.url, headers=request.headers, body=request.body, published=chain)

    with pytest.raises(Forged):
        verify(odd, given)


def test_a_root_that_is_not_trusted_proves_nothing() -> None:
    request, given = delivery()

    with pytest.raises(Forged, match="not trusted"):
        verify(request, given.model_copy(update={"trusted_roots": ""}))


def test_a_sandbox_certificate_proves_nothing_to_a_live_connection() -> None:
    request, given = delivery()

    with pytest.raises(Forged, match=r"not of messageverificationcerts\.sandbox"):
        verify(request, given.model_copy(update={"environment": "sandbox"}))


def test_repetitions_of_three_days_pass_and_older_or_future_ones_do_not() -> None:
    request, given = delivery()

    verify(request, given, now=NOON + timedelta(days=3))
    verify(request, given, now=NOON - timedelta(minutes=4))
    for now in (NOON + timedelta(days=4), NOON - timedelta(minutes=6)):
        with pytest.raises(Forged):
            verify(request, given, now=now)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
        "https://evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/../../x",
        "https://api.paypal.com/v1/notifications/certs/CERT-1?next=x",
        "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-1",
        "https://[api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:port/v1/notifications/certs/CERT-1",
        "https://api.paypal.com\\@evil.example/v1/notifications/certs/CERT-1",
        "https://api.paypal.com/v1/notifications/certs/CERT-1\n",
        "",
    ],
)
def test_certificates_are_looked_for_at_paypals_own_addresses_only(url: str) -> None:
    request = Incoming(method="POST", url="https://hub.example", headers={"paypal-cert-url": url}, body=b"")

    with pytest.raises(Forged):
        published(request, settings())


def test_paypals_own_address_and_that_of_the_settings_are_named() -> None:
    live = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1a5f47cb"
    own = f"{ADDRESS}/v1/notifications/certs/CERT-sandbox"

    for url, given in ((live, settings()), (own, settings(base_url=ADDRESS))):
        request = Incoming(method="POST", url="https://hub.example", headers={"paypal-cert-url": url}, body=b"")
        assert published(request, given) == url


@pytest.mark.parametrize("body", ODDITIES)
def test_a_signed_oddity_is_one_event_with_a_key(body: bytes) -> None:
    request, given = delivery(body=body)

    verify(request, given)
    assert CONNECTOR.inbound
    events = CONNECTOR.inbound.events(request, given)

    assert [event.kind for event in events] == ["unreadable"]
    assert all(event.key for event in events)


def test_what_the_sandbox_sends_is_genuine_and_named_by_its_event() -> None:
    app = PayPalSandbox(now=Time())
    app.pay("10.00", "EUR")

    requests = [incoming(app, each) for each in app.deliveries]

    assert CONNECTOR.inbound
    for request in requests:
        verify(request, of(app))
    keys = [CONNECTOR.inbound.events(request, of(app))[0].key for request in requests]
    assert keys == [json.loads(request.body)["id"] for request in requests]
    assert len(set(keys)) == 3


def test_every_vector_of_paypals_signatures_is_judged_right() -> None:
    vectors = card().vectors(shared("vendor", "paypal"))

    assert len(vectors) == 9
    for vector in vectors:
        given = settings(**vector.settings)
        if vector.genuine:
            verify(vector.incoming, given, list(vector.secrets), parse_time(vector.at).astimezone(UTC))
            continue
        with pytest.raises(Forged):
            verify(vector.incoming, given, list(vector.secrets), parse_time(vector.at).astimezone(UTC))
