"""As the rest of the hub meets it: the command line, the conformance kit, the promises of the family."""

import json
from pathlib import Path

import pytest

from connectors.http_api import CONNECTOR
from connectors.http_api.settings import HttpSettings
from hub.cli import bodies
from hub.conform import run
from hub.conform.result import Outcome
from hub.connector import Event
from hub.domain.errors import Forged, HubError, Malformed, Misconfigured
from hub.pipeline.reading import read
from hub.pipeline.registry import Connection
from hub.store.sealing import new_key
from tests.connectors.http_api.place import ENVIRON, EXAMPLES, NOON, connector, example, incoming, secrets_of
from tests.connectors.test_every_connector import JUNK

NAMES = ("erp", "membership", "calendar")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("body", JUNK)
def test_reading_junk_ends_in_a_reason(name: str, body: bytes) -> None:
    given = example(name)
    made = connector(given)
    connection = Connection(id="c", connector=made, settings=given, settings_digest="")

    for kind in made.read:
        found = read(connection, Event(kind=kind, body=body))

        assert found.faults or found.ignored or found.hints, kind
        assert not any("failed:" in fault for fault in found.faults), found.faults


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("body", JUNK)
def test_a_signed_oddity_is_named_or_refused_but_never_an_error(name: str, body: bytes) -> None:
    given = example(name)
    made = connector(given)
    assert made.inbound
    assert made.sign
    request = incoming(body, made.sign(given, "deal", body, NOON))

    made.inbound.verify(request, secrets_of(given), given, NOON)
    try:
        events = made.inbound.events(request, given)
    except Malformed:
        return

    assert all(event.key and event.kind for event in events)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("body", JUNK)
def test_recognising_a_file_of_junk_is_no_error(name: str, body: bytes) -> None:
    for file in ("order.json", "deal.1.json", "x", ""):
        try:
            connector(example(name)).recognise(file, body)
        except HubError:
            continue


def test_without_webhooks_nobody_is_let_in() -> None:
    from connectors.http_api.inbound import verify

    given = HttpSettings.model_validate({"connector": "http", "base_url": "https://there.example"})

    with pytest.raises(Forged):
        verify(incoming(b"{}", {}), [], given, NOON)


@pytest.fixture
def settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The ERP of the examples in a `hub.toml`."""
    for name, value in (ENVIRON | {"KEY": new_key()}).items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "hub.toml"
    file.write_text('[security]\nsealing_keys = ["${KEY}"]\n\n' + (EXAMPLES / "erp.toml").read_text())
    return file


def test_a_body_is_read_on_the_command_line_by_a_connections_settings(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = tmp_path / "invoice.json"
    times = {"created": "2026-11-22T12:00:00Z", "changed": "2026-11-22T12:00:00Z", "revision": 3}
    body.write_text(json.dumps({"id": "INV-1", "amount": "9.90", "currency": "EUR", "state": "sent"} | times))

    with pytest.raises(Misconfigured, match="no connection 'erb' of http; there are: erp"):
        bodies.read("http", [str(body)], "erb", settings_file)
    bodies.read("http", [str(body)], "erp", settings_file)

    (line,) = [json.loads(each) for each in capsys.readouterr().out.splitlines()]
    assert line["record"]["total"] == {"minor": 990, "currency": "EUR"}
    assert line["record"]["status"] == "open"


def test_without_a_connection_the_command_line_says_what_is_missing(
    settings_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = tmp_path / "invoice.json"
    body.write_text("{}")

    with pytest.raises(SystemExit):
        bodies.read("http", [str(body)])

    assert "--connection" in json.loads(capsys.readouterr().out)["fault"]


async def test_the_conformance_kit_passes_what_it_runs() -> None:
    report = await run(CONNECTOR, scenarios=("abilities", "truth", "healing", "echo"))

    assert not [each for each in report.results if each.outcome is Outcome.FAILED]
    assert len([each for each in report.results if each.outcome is Outcome.PASSED]) >= 6
