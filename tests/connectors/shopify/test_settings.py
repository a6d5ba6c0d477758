"""The keys of a connection: wrong ones are told, and the token goes to one place only."""

from typing import Any

import pytest
from pydantic import ValidationError

from connectors.shopify import CONNECTOR
from hub.connector import Headers
from tests.connectors.shopify.shop import settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"shop": "acme"},
        {"shop": "acme.myshopify.com.evil.example"},
        {"shop": "https://acme.myshopify.com"},
        {"api_version": "latest"},
        {"base_url": "http://acme.example/api"},
        {"base_url": "ftp://127.0.0.1"},
        {"base_url": "https://"},
        {"colour": "blue"},
    ],
)
def test_a_wrong_key_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_the_token_goes_to_the_shop_and_does_not_print() -> None:
    given = settings(shop="ACME.myshopify.com")
    way = CONNECTOR.way(given)

    assert way.base_url == "https://acme.myshopify.com/admin/api/2026-07"
    assert isinstance(way.auth, Headers)
    assert way.auth.headers == {"X-Shopify-Access-Token": "token-1"}
    assert "token-1" not in repr(given) + repr(way)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8100/", "http://localhost:8100", "http://[::1]:8100", "https://x.example"]
)
def test_a_stand_in_may_be_on_this_machine(url: str) -> None:
    assert CONNECTOR.way(settings(base_url=url)).base_url == url.rstrip("/")
