from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from connectors.xero.settings import way
from hub.connector import OAuth2
from tests.connectors.xero.office import settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"tenant_id": "acme"},
        {"base_url": "http://api.xero.com"},
        {"token_url": "http://identity.example"},
        {"order_page": "http://hub.example/orders"},
        {"currency": "EURO"},
        {"timezone": "Mars"},
        {"due_days": -1},
        {"tax": "rate"},
        {"tax_type": "OUTPUT"},
        {"tax": "rate", "tax_type": "OUTPUT", "no_tax_type": "NONE", "tax_account": "820"},
        {"payment_accounts": {"XXX": "090"}},
        {"walk_in_contact": "1"},
        {"surprise": 1},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_every_call_names_the_organisation_and_keeps_to_its_limits() -> None:
    found = way(settings(tenant_id="AAAAAAAA-0000-0000-0000-000000000000"))

    assert isinstance(found.auth, OAuth2)
    assert found.auth.headers == {"xero-tenant-id": "aaaaaaaa-0000-0000-0000-000000000000"}
    assert found.auth.refresh_lives == timedelta(days=60) and "offline_access" in found.auth.scopes
    limits = found.limits
    assert (limits.requests, limits.per, limits.per_day, limits.at_once) == (60, timedelta(minutes=1), 5000, 5)


def test_payments_in_a_currency_may_have_an_account_of_their_own() -> None:
    chosen = settings(payment_accounts={"EUR": "091"})

    assert (chosen.pays_into("EUR"), chosen.pays_into("USD")) == ("091", "090")
