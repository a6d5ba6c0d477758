"""What a connection may say, and what it must."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.easypost import CONNECTOR
from connectors.easypost.card import SHIP_FROM
from connectors.easypost.settings import EasyPostSettings
from hub.connector import Headers
from hub.domain.money import Money
from tests.connectors.easypost.post import KEY, SECRET, settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"base_url": "http://api.easypost.com/v2"},
        {"base_url": "api.easypost.com"},
        {"mode": "live"},
        {"buy_labels": "when_ready"},
        {"buy_labels": "always", "ship_from": SHIP_FROM},
        {"ship_from": SHIP_FROM | {"country": "USA"}},
        {"ship_from": SHIP_FROM | {"city": ""}},
        {"most": "25.00"},
        {"most": "25.001 USD"},
        {"most": "0.00 USD"},
        {"most": "-1.00 USD"},
        {"parcel": {"weight_per_unit": 0}},
        {"parcel": {"weight_per_unit": "NaN"}},
        {"parcel": {"length": 10}},
        {"service": ""},
        {"unknown": 1},
    ],
    ids=str,
)
def test_a_wrong_key_is_told_before_anything_starts(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_nothing_is_bought_and_nothing_of_test_mode_is_read_unless_it_is_said() -> None:
    plain = EasyPostSettings.model_validate({"connector": "easypost", "api_key": KEY})

    assert (plain.buy_labels, plain.mode) == ("never", "production")


def test_a_limit_is_an_exact_amount() -> None:
    assert settings(most="25.00 usd").most == Money(2500, "USD")


def test_the_key_is_the_user_name_of_basic_authentication_and_prints_nowhere() -> None:
    way = CONNECTOR.way(settings())

    assert isinstance(way.auth, Headers)
    assert base64.b64decode(way.auth.headers["Authorization"].removeprefix("Basic ")) == f"{KEY}:".encode()
    assert KEY not in f"{settings()!r} {way!r}"
    assert SECRET not in repr(settings())
