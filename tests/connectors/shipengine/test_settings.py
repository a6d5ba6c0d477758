"""Settings that cannot work are refused when they are read; secrets do not print."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.shipengine.settings import way
from hub.domain.money import Money
from tests.connectors.shipengine.yard import BUYING, SHIP_FROM, settings


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"buy_labels": "when_ready"}, "buy_labels needs carriers and ship_from"),
        ({**BUYING, "carriers": []}, "needs carriers"),
        ({"buy_labels": "always"}, "buy_labels"),
        ({"carriers": ["ups"]}, "carriers"),
        ({"service": "UPS Ground"}, "service"),
        ({"most": "25"}, "most"),
        ({"most": "25.001 USD"}, "minor units"),
        ({"most": "0 USD"}, "more than nothing"),
        ({"most": "x USD"}, "not a decimal"),
        ({"ship_from": {**SHIP_FROM, "phone": ""}}, "phone"),
        ({"ship_from": {**SHIP_FROM, "country": "usa"}}, "country"),
        ({"parcel": {"length": 3}}, "go together"),
        ({"parcel": {"weight_per_unit": 0}}, "greater than 0"),
        ({"base_url": "http://api.shipengine.com"}, "https"),
        ({"track_every": "soon"}, "duration"),
        ({"labels": "yes"}, "Extra inputs"),
    ],
)
def test_what_cannot_work_is_refused_with_its_name(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**more)


def test_a_limit_is_exact_money() -> None:
    assert settings(most="25.00 usd").most == Money(2500, "USD")


def test_the_sandbox_environment_is_told_by_its_key_and_has_a_tenth_of_the_calls() -> None:
    live, test = settings(), settings(api_key="TEST_1")

    assert (live.is_test, test.is_test) == (False, True)
    assert way(live).limits.requests == 10 * way(test).limits.requests == 200
    assert way(live).limits.per == timedelta(minutes=1)


def test_the_key_prints_nowhere() -> None:
    given = settings(api_key="credential-1")

    assert "credential-1" not in f"{given!r} {given} {way(given)!r}"
