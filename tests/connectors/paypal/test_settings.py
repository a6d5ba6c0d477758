from pathlib import Path

import pytest
from pydantic import ValidationError

from connectors.paypal.sandbox import PayPalSandbox
from connectors.paypal.settings import way
from hub.connector import OAuth2
from tests.conftest import Time
from tests.connectors.paypal.app import settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://api-m.paypal.com"},
        {"base_url": "ftp://127.0.0.1"},
        {"environment": "test"},
        {"capture": "always"},
        {"client_id": ""},
        {"trusted_roots": "/nowhere/at/all.pem"},
        {"trusted_roots": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
        {"order_reference": {"field": "number", "connection": "shop"}},
        {"order_refrence": {}},
    ],
)
def test_what_is_wrong_is_refused_before_anything_runs(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_secrets_print_nowhere() -> None:
    given = settings(client_secret="hidden-1", webhook={"secrets": ["hidden-2"]})

    shown = f"{given!r} {given} {way(given)!r}"

    assert "hidden" not in shown


def test_the_environment_names_the_host_and_the_token_is_asked_for_there() -> None:
    for given, host in (
        (settings(), "https://api-m.paypal.com"),
        (settings(environment="sandbox"), "https://api-m.sandbox.paypal.com"),
        (settings(base_url="http://127.0.0.1:9000/"), "http://127.0.0.1:9000"),
    ):
        reached = way(given)
        assert reached.base_url == host
        assert isinstance(reached.auth, OAuth2)
        assert (reached.auth.token_url, reached.auth.grant) == (f"{host}/v1/oauth2/token", "client_credentials")


def test_roots_are_read_from_a_file_or_stand_in_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "root.pem"
    app = PayPalSandbox(now=Time(), root_file=str(file))

    assert settings(trusted_roots=str(file)).trusted_roots == settings(trusted_roots=app.root).trusted_roots == app.root
