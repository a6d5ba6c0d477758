"""Settings: keys travel encrypted, and print nowhere."""

import base64

import pytest
from pydantic import ValidationError

from connectors.woocommerce import CONNECTOR
from hub.connector import Headers
from tests.connectors.woocommerce.store import settings


@pytest.mark.parametrize("store", ["http://store.example", "store.example", "ftp://store.example", "https://", ""])
def test_a_store_without_encryption_is_refused(store: str) -> None:
    with pytest.raises(ValidationError):
        settings(store=store)


@pytest.mark.parametrize("base_url", [None, "http://127.0.0.1:9/wp-json/wc/v3/"])
def test_the_way_leads_to_the_api(base_url: str | None) -> None:
    way = CONNECTOR.way(settings(base_url=base_url))

    assert way.base_url == (base_url or "https://store.example/wp-json/wc/v3/").rstrip("/")


def test_the_keys_are_basic_authentication_and_print_nowhere() -> None:
    given = settings(consumer_key="ck_hidden", consumer_secret="cs_hidden")
    way = CONNECTOR.way(given)

    assert isinstance(way.auth, Headers)
    assert way.auth.headers == {"Authorization": f"Basic {base64.b64encode(b'ck_hidden:cs_hidden').decode()}"}
    assert "hidden" not in f"{given!r} {given} {way!r}"
    assert base64.b64encode(b"ck_hidden:cs_hidden").decode() not in f"{way!r}"
