from typing import Any

import pytest
from pydantic import ValidationError

from connectors.quickbooks import CONNECTOR
from hub.connector import OAuth2
from tests.connectors.quickbooks.company import settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"realm_id": "../1"},
        {"item_id": "Sales"},
        {"base_url": "http://example.com"},
        {"token_url": "http://localhost.example.com"},
        {"minor_version": 70},
        {"currency": "usd"},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc"},
        {"invoice": "never"},
        {"multicurrency": False, "walk_in_customer_ids": {"EUR": "2"}},
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_no_secret_prints() -> None:
    printed = repr(settings()) + repr(CONNECTOR.way(settings()))

    assert "sandbox-client-secret" not in printed and "refresh-0" not in printed


def test_the_way_leads_to_the_company() -> None:
    way = CONNECTOR.way(settings(base_url="http://127.0.0.1:9/"))

    assert way.base_url == "http://127.0.0.1:9/v3/company/4620816365000000001"
    assert isinstance(way.auth, OAuth2) and way.auth.client_secret == "sandbox-client-secret"
