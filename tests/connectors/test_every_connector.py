"""What holds for every connector, or fails by its name. A newcomer is found by the entry point."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hub.connector import Connector, Find, Incoming, KeyBody, KeyHeader, Upsert, discover
from hub.domain.errors import Forged, HubError, Malformed
from hub.pipeline.reading import read
from hub.pipeline.registry import Connection
from tests.toy import parcelboy

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRETS = ["whsec_first", "whsec_second"]
OPTIONS: dict[str, dict[str, Any]] = {
    "shopify": {"shop": "acme.myshopify.com", "access_token": "credential-1"},
    "stripe": {"api_key": "sk_test_credential"},
    "quickbooks": {
        "realm_id": "1",
        "client_id": "c",
        "client_secret": "credential-2",
        "refresh_token": "credential-3",
        "item_id": "1",
    },
    "parcelboy": {"token": "credential-4"},
}
JUNK = [b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff\xfe", b"\x00", b'{"id": 1e999}', b"[" * 500, b"{}"]


def settings_of(connector: Connector) -> Any:
    return connector.settings.model_validate(
        {"connector": connector.slug, "webhook": {"secrets": SECRETS}, **OPTIONS[connector.slug]}
    )


@pytest.fixture(params=[*discover().values(), parcelboy.CONNECTOR], ids=lambda connector: connector.slug)
def connector(request: pytest.FixtureRequest) -> Connector:
    found: Connector = request.param
    return found


def incoming(connector: Connector, body: bytes, headers: dict[str, str]) -> Incoming:
    lower = {name.lower(): value for name, value in headers.items()}
    return Incoming(method="POST", url=f"https://hub.example/webhooks/{connector.slug}", headers=lower, body=body)


def kinds(connector: Connector) -> list[str]:
    return sorted(connector.read)


@pytest.mark.parametrize("junk", ["", "x", "é", "sha256=", "t=1,v1=", "\ud800", "0" * 5000])
def test_an_odd_signature_is_forged_and_nothing_else(connector: Connector, junk: str) -> None:
    assert connector.inbound is not None and connector.sign is not None
    genuine = connector.sign(settings_of(connector), kinds(connector)[0], b"{}", NOW)

    with pytest.raises(Forged):
        connector.inbound.verify(
            incoming(connector, b"{}", dict.fromkeys(genuine, junk)), SECRETS, settings_of(connector), NOW
        )


def test_a_genuine_delivery_passes_and_any_changed_byte_does_not(connector: Connector) -> None:
    assert connector.inbound is not None and connector.sign is not None
    body = b'{"id": "1"}'
    headers = dict(connector.sign(settings_of(connector), kinds(connector)[0], body, NOW))

    connector.inbound.verify(incoming(connector, body, headers), SECRETS, settings_of(connector), NOW)
    with pytest.raises(Forged):
        connector.inbound.verify(incoming(connector, body + b" ", headers), SECRETS, settings_of(connector), NOW)


def test_the_second_secret_counts_while_one_is_replaced_and_no_secret_lets_nobody_in(connector: Connector) -> None:
    assert connector.inbound is not None and connector.sign is not None
    headers = dict(connector.sign(settings_of(connector), kinds(connector)[0], b"{}", NOW))

    connector.inbound.verify(incoming(connector, b"{}", headers), SECRETS[::-1], settings_of(connector), NOW)
    with pytest.raises(Forged):
        connector.inbound.verify(incoming(connector, b"{}", headers), [], settings_of(connector), NOW)


@pytest.mark.parametrize("body", JUNK)
def test_reading_junk_ends_in_a_reason(connector: Connector, body: bytes) -> None:
    from hub.connector import Event

    connection = Connection(id="c", connector=connector, settings=settings_of(connector), settings_digest="")

    for kind in kinds(connector):
        found = read(connection, Event(kind=kind, body=body))

        assert found.faults or found.ignored or found.hints, kind
        assert not any("failed:" in fault for fault in found.faults), found.faults


@pytest.mark.parametrize("body", JUNK)
def test_a_signed_oddity_is_named_or_refused_but_never_an_error(connector: Connector, body: bytes) -> None:
    assert connector.inbound is not None and connector.sign is not None
    settings = settings_of(connector)
    request = incoming(connector, body, dict(connector.sign(settings, kinds(connector)[0], body, NOW)))

    try:
        connector.inbound.verify(request, SECRETS, settings, NOW)
        events = connector.inbound.events(request, settings)
    except Malformed:
        return

    assert all(event.key for event in events)


@pytest.mark.parametrize("body", JUNK)
def test_recognising_a_file_of_junk_is_no_error(connector: Connector, body: bytes) -> None:
    for name in ("orders.create.json", "x", "x.xml", ""):
        try:
            connector.recognise(name, body)
        except HubError:
            continue


def test_each_push_says_how_it_is_repeated(connector: Connector) -> None:
    for command, push in connector.push.items():
        assert command.action
        assert isinstance(push.safety, KeyHeader | KeyBody | Upsert | Find)
    assert len({command.action for command in connector.push}) == len(connector.push)


def test_secrets_print_nowhere(connector: Connector) -> None:
    settings = settings_of(connector)
    way = connector.way(settings)

    shown = f"{settings!r} {settings} {way!r}"

    assert not any(secret in shown for secret in [*SECRETS, "credential"])


def test_it_has_a_page_in_the_docs(connector: Connector) -> None:
    if connector.slug == "parcelboy":
        pytest.skip("the invented carrier is documented by CONTRIBUTING.md")

    page = Path(__file__).parents[2] / "docs" / "connectors" / f"{connector.slug}.md"

    assert page.is_file()
    assert all(name in page.read_text() for name in connector.settings.model_fields if name not in _COMMON)


_COMMON = {"connector", "enabled", "webhook", "sync", "rate_limit"}
