"""What holds for every connector, or fails by its name. A newcomer is found by the entry point, its card tells more."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel, SecretStr

from hub.card import WEBHOOK_URL, Ability, Card
from hub.connector import Connector, Event, Find, Incoming, KeyBody, KeyHeader, Upsert, discover
from hub.domain.errors import Forged, HubError, Malformed
from hub.pipeline.reading import read
from hub.pipeline.registry import Connection, configured
from hub.sandbox import Sandbox
from tests.conftest import Time
from tests.toy import parcelboy

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
JUNK = [b"", b"null", b"[]", b'"x"', b"1", b"{", b"\xff\xfe", b"\x00", b'{"id": 1e999}', b"[" * 500, b"{}"]


@dataclass(frozen=True, slots=True)
class Case:
    connector: Connector
    card: Card
    sandbox: Sandbox
    settings: Any

    @property
    def secrets(self) -> list[str]:
        return [secret.get_secret_value() for secret in self.settings.webhook.secrets]

    @property
    def kinds(self) -> list[str]:
        return sorted(self.connector.read)

    def genuine(self, body: bytes) -> Incoming:
        """A delivery of this body as the vendor would sign it."""
        if self.connector.sign is not None:
            headers = self.connector.sign(self.settings, self.kinds[0], body, NOW)
        else:
            assert self.card.sign is not None
            headers = self.card.sign(self.sandbox, self.kinds[0], body)
        request = incoming(body, dict(headers))
        assert self.connector.inbound is not None
        if self.connector.inbound.published is None:
            return request
        return replace(request, published=self.keys(self.connector.inbound.published(request, self.settings)))

    def keys(self, address: str) -> bytes:
        async def ask() -> bytes:
            async with httpx.AsyncClient(transport=httpx.ASGITransport(self.sandbox)) as http:
                return (await http.get(address)).raise_for_status().content

        return asyncio.run(ask())

    def verify(self, request: Incoming, secrets: list[str] | None = None) -> None:
        assert self.connector.inbound is not None
        self.connector.inbound.verify(request, self.secrets if secrets is None else secrets, self.settings, NOW)


def incoming(body: bytes, headers: dict[str, str]) -> Incoming:
    lower = {name.lower(): value for name, value in headers.items()}
    return Incoming(method="POST", url=WEBHOOK_URL, headers=lower, body=body)


_KNOWN: dict[str, Case] = {}


def case_of(connector: Connector) -> Case:
    if connector.slug not in _KNOWN:
        assert connector.card is not None, "each connector has a card for the conformance kit"
        card = connector.card()
        sandbox = card.sandbox(Time(NOW))
        options = {**card.settings(sandbox, "http://127.0.0.1:9"), **card.wish.settings}
        settings = connector.settings.model_validate({"connector": connector.slug, **options})
        _KNOWN[connector.slug] = Case(configured(connector, settings), card, sandbox, settings)
    return _KNOWN[connector.slug]


CONNECTORS = [*discover().values(), parcelboy.CONNECTOR]


@pytest.fixture(params=CONNECTORS, ids=lambda connector: connector.slug)
def case(request: pytest.FixtureRequest) -> Case:
    return case_of(request.param)


@pytest.fixture
def telling(case: Case) -> Case:
    """One that is told by webhooks."""
    if Ability.WEBHOOKS in case.card.lacks:
        assert case.connector.inbound is None
        pytest.skip(f"no webhooks: {case.card.lacks[Ability.WEBHOOKS]}")
    return case


@pytest.fixture
def signing(telling: Case) -> Case:
    if Ability.SIGNATURES in telling.card.lacks:
        pytest.skip(f"no signatures: {telling.card.lacks[Ability.SIGNATURES]}")
    return telling


@pytest.mark.parametrize("junk", ["", "x", "é", "sha256=", "t=1,v1=", "\ud800", "0" * 5000])
def test_an_odd_signature_is_forged_and_nothing_else(signing: Case, junk: str) -> None:
    genuine = signing.genuine(b"{}")
    odd = replace(genuine, headers=dict.fromkeys(genuine.headers, junk), url=f"{WEBHOOK_URL}?key={junk}")

    with pytest.raises(Forged):
        signing.verify(odd)


def test_a_genuine_delivery_passes_and_any_changed_byte_does_not(signing: Case) -> None:
    genuine = signing.genuine(b'{"id": "1"}')

    signing.verify(genuine)
    with pytest.raises(Forged):
        signing.verify(replace(genuine, body=genuine.body + b" "))


def test_the_second_secret_counts_while_one_is_replaced_and_no_proof_lets_nobody_in(signing: Case) -> None:
    genuine = signing.genuine(b"{}")

    if signing.connector.inbound is not None and signing.connector.inbound.published is not None:
        with pytest.raises(Forged):
            signing.verify(replace(genuine, published=b""))
        return
    signing.verify(genuine, ["another-secret", *signing.secrets])
    with pytest.raises(Forged):
        signing.verify(genuine, [])


@pytest.mark.parametrize("body", JUNK)
def test_reading_junk_ends_in_a_reason(case: Case, body: bytes) -> None:
    connection = Connection(id="c", connector=case.connector, settings=case.settings, settings_digest="")

    for kind in case.kinds:
        found = read(connection, Event(kind=kind, body=body))

        assert found.faults or found.ignored or found.hints, kind
        assert not any("failed:" in fault for fault in found.faults), found.faults


@pytest.mark.parametrize("body", JUNK)
def test_a_signed_oddity_is_named_or_refused_but_never_an_error(telling: Case, body: bytes) -> None:
    assert telling.connector.inbound is not None
    request = telling.genuine(body)

    try:
        telling.verify(request)
        events = telling.connector.inbound.events(request, telling.settings)
    except Malformed:
        return

    assert all(event.key for event in events)


@pytest.mark.parametrize("body", JUNK)
def test_recognising_a_file_of_junk_is_no_error(case: Case, body: bytes) -> None:
    for name in ("orders.create.json", "x", "x.xml", ""):
        try:
            case.connector.recognise(name, body)
        except HubError:
            continue


def test_each_push_says_how_it_is_repeated(case: Case) -> None:
    for command, push in case.connector.push.items():
        assert command.action
        assert isinstance(push.safety, KeyHeader | KeyBody | Upsert | Find)
    assert len({command.action for command in case.connector.push}) == len(case.connector.push)


def secrets_in(value: Any) -> Iterator[str]:
    match value:
        case SecretStr():
            yield value.get_secret_value()
        case BaseModel():
            for name in type(value).model_fields:
                yield from secrets_in(getattr(value, name))
        case list() | tuple():
            for each in value:
                yield from secrets_in(each)


def test_secrets_print_nowhere(case: Case) -> None:
    found = [secret for secret in secrets_in(case.settings) if len(secret) > 3]
    way = case.connector.way(case.settings)

    shown = f"{case.settings!r} {case.settings} {way!r}"

    assert not [secret for secret in found if secret in shown]
    if case.connector.slug != "slack":  # whose secret is a part of its address
        assert found


def test_it_has_a_page_in_the_docs(case: Case) -> None:
    if case.connector.slug == "parcelboy":
        pytest.skip("the invented carrier is documented by CONTRIBUTING.md")

    page = Path(__file__).parents[2] / "docs" / "connectors" / f"{case.connector.slug}.md"

    assert page.is_file()
    own = [name for name in case.connector.settings.model_fields if name not in _COMMON]
    assert [name for name in own if name not in page.read_text()] == []


_COMMON = {"connector", "enabled", "webhook", "sync", "rate_limit", "channels"}
