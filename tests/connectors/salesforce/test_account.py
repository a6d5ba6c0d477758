"""Settings, the way in, what answers mean, and what `hub check` finds."""

import json
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from connectors.salesforce import CONNECTOR
from connectors.salesforce.sandbox import SalesforceSandbox
from connectors.salesforce.sandbox_soql import Malformed, parse
from hub.connector import OAuth2
from hub.domain.errors import HubError, Missing, NeedsAttention, Refused, TryLater, Unknown
from hub.transport.verdict import verdict
from tests.connectors.salesforce.org import NOON, ORG, Crm, settings


@pytest.mark.parametrize(
    "more",
    [
        {"base_url": "http://acme.my.salesforce.com"},
        {"token_url": "http://acme.my.salesforce.com/token"},
        {"organization_id": "00D' OR"},
        {"api_version": "v62.0"},
        {"api_version": "62.0/../.."},
        {"currency": "EURO"},
        {"timezone": "Middle/Earth"},
        {"grant": "password"},
        {"grant": "client_credentials"},
        {"account_id": "1"},
        {"calls_per_day": 0},
        {"stages": {"paid": ""}},
        {"stages": {"lost": "Closed Lost"}},
    ],
)
def test_settings_that_cannot_work_are_named_before_anything_starts(more: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**more)


def test_both_grants_go_to_the_orgs_own_token_endpoint() -> None:
    person = CONNECTOR.way(settings(base_url="https://acme.my.salesforce.com/"))
    program = CONNECTOR.way(settings(grant="client_credentials", refresh_token=None, api_version="64.0"))

    assert isinstance(person.auth, OAuth2) and isinstance(program.auth, OAuth2)
    assert person.auth.token_url == "https://acme.my.salesforce.com/services/oauth2/token"
    assert person.auth.authorize_url == "https://acme.my.salesforce.com/services/oauth2/authorize"
    assert (person.auth.grant, program.auth.grant) == ("refresh_token", "client_credentials")
    assert program.base_url == "http://localhost/services/data/v64.0"
    assert CONNECTOR.way(settings(calls_per_day=900)).limits.per_day == 900


def test_secrets_print_nowhere() -> None:
    held = settings(client_secret="very-secret", refresh_token="very-secret")

    assert "very-secret" not in f"{held!r} {held} {CONNECTOR.way(held)!r}"


# ------------------------------------------------------------------------------------------------------ answers


def answer(status: int, *errors: tuple[str, str], method: str = "PATCH", **headers: str) -> httpx.Response:
    body = json.dumps([{"errorCode": code, "message": words} for code, words in errors]) if errors else ""
    request = httpx.Request(method, "http://localhost/services/data/v62.0/sobjects/Contact/003")
    return httpx.Response(status, content=body, headers=headers, request=request)


def meant(response: httpx.Response) -> HubError | None:
    assert CONNECTOR.verdict is not None
    return CONNECTOR.verdict(response) or verdict(response, NOON)


@pytest.mark.parametrize(
    ("status", "code", "words", "error"),
    [
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", TryLater),
        (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests Limit exceeded.", TryLater),
        (403, "API_DISABLED_FOR_ORG", "The REST API is not enabled", NeedsAttention),
        (403, "INSUFFICIENT_ACCESS", "insufficient access rights", NeedsAttention),
        (401, "INVALID_SESSION_ID", "Session expired or invalid", NeedsAttention),
        (400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access", TryLater),
        (400, "DUPLICATE_VALUE", "duplicate value found: Orderhub_Order__c", TryLater),
        (400, "DUPLICATES_DETECTED", "Use one of these records?", Refused),
        (400, "INVALID_FIELD", "No such column 'Orderhub_Order__c' on sobject of type Opportunity", NeedsAttention),
        (400, "INVALID_FIELD", "No such column 'Fax' on sobject of type Contact", Refused),
        (404, "NOT_FOUND", "external ID field does not exist: Orderhub_Contact__c", NeedsAttention),
        (404, "ENTITY_IS_DELETED", "entity is deleted", Missing),
        (400, "STRING_TOO_LONG", "FirstName: data value too large", Refused),
        (300, "", "", Refused),
        (500, "UNKNOWN_EXCEPTION", "An unexpected error occurred", Unknown),
        (503, "SERVER_UNAVAILABLE", "", Unknown),
    ],
)
def test_an_error_says_what_to_do_next(status: int, code: str, words: str, error: type[HubError]) -> None:
    found = meant(answer(status, (code, words)))

    assert type(found) is error or (error is NeedsAttention and isinstance(found, NeedsAttention))
    assert code in str(found)


def test_a_days_limit_is_waited_for_longer_than_a_moments() -> None:
    day = meant(answer(403, ("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")))
    moment = meant(answer(403, ("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API) Limit exceeded.")))

    assert isinstance(day, TryLater) and isinstance(moment, TryLater)
    assert day.after.total_seconds() == 900 and moment.after.total_seconds() == 30


def test_a_page_for_people_is_no_good_answer() -> None:
    page = httpx.Response(200, content=b"<html>", request=httpx.Request("PATCH", "http://localhost/x"))

    assert CONNECTOR.verdict is not None
    with pytest.raises(ValueError):
        CONNECTOR.verdict(page)


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("", 0),
        ("api-usage=25/5000", 0),
        ("api-usage=5000/5000", 900),
        ("api-usage=5001/5000; per-app-api-usage=17/250(appName=sample)", 900),
        ("per-app-api-usage=250/250(appName=sample)", 0),
        ("api-usage=0/0", 0),
        ("api-usage=x", 0),
    ],
)
def test_an_org_that_has_used_up_its_calls_is_left_alone(said: str, seconds: float) -> None:
    assert CONNECTOR.pause is not None
    assert CONNECTOR.pause(answer(200, **{"sforce-limit-info": said})) == seconds


# --------------------------------------------------------------------------------------------- check, sandbox


async def findings(crm: Crm) -> dict[str, bool]:
    assert CONNECTOR.check is not None
    return {each.subject: each.ok async for each in CONNECTOR.check(crm.account)}


async def test_check_finds_all_well_in_an_org_that_is_prepared() -> None:
    found = await findings(Crm())

    assert all(found.values()) and len(found) == 14


async def test_check_names_what_is_missing_and_what_does_not_fit() -> None:
    options = {"organization_id": "00D5e0000000009AAA", "multicurrency": True, "stages": {"paid": "Won"}}
    found = await findings(Crm(prepared=False, options=options, per_day=4))

    wrong = {subject for subject, ok in found.items() if not ok}
    assert {"credentials", "field Orderhub_Order__c of Opportunity", "multicurrency", "stages.paid"} <= wrong
    assert "calls" not in wrong
    assert not (await findings(Crm(per_day=0)))["credentials"]


async def test_a_field_that_is_not_unique_is_found_before_it_does_harm() -> None:
    crm = Crm()
    body = {"fields": [{"name": "Orderhub_Contact__c", "externalId": True, "createable": True, "updateable": True}]}
    http = httpx.AsyncClient(
        base_url="http://localhost",
        transport=httpx.MockTransport(
            lambda request: httpx.Response(
                200, json=body if "describe" in request.url.path else {"records": [{"Id": ORG, "Name": "x"}]}
            )
        ),
    )
    crm.account = type(crm.account)(connection="crm", settings=crm.settings, http=http, now=crm.clock)

    assert (await findings(crm))["field Orderhub_Contact__c of Contact"] is False


async def test_calls_beyond_the_days_number_come_free_after_a_day() -> None:
    crm = Crm(per_day=2)
    for _ in range(2):
        await crm.account.http.get("/limits")

    with pytest.raises(TryLater, match="TotalRequests"):
        await crm.account.http.get("/limits")
    crm.clock.forward(days=1)
    await crm.account.http.get("/limits")


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"grant_type": "refresh_token", "refresh_token": "sandbox-refresh"}, 200),
        ({"grant_type": "client_credentials"}, 200),
        ({"grant_type": "refresh_token", "refresh_token": "old"}, 400),
        ({"grant_type": "password"}, 400),
        ({"grant_type": "client_credentials", "client_secret": "x"}, 400),
    ],
)
async def test_the_sandbox_gives_tokens_to_whoever_may_have_them(form: dict[str, str], status: int) -> None:
    sandbox = SalesforceSandbox(now=lambda: NOON)
    given = {"client_id": sandbox.client_id, "client_secret": sandbox.client_secret} | form
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox), base_url="http://localhost") as http:
        answered = await http.post("/services/oauth2/token", data=given)

        assert answered.status_code == status
        if status == 200:
            head = {"Authorization": f"Bearer {answered.json()['access_token']}"}
            assert (await http.get("/services/data/v62.0/limits", headers=head)).status_code == 200
            sandbox.expire_tokens()
            refused = await http.get("/services/data/v62.0/limits", headers=head)
            assert (refused.status_code, refused.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


@pytest.mark.parametrize(
    "query",
    [
        "",
        "SELECT",
        "SELECT Id",
        "SELECT Id FROM Contact WHERE",
        "SELECT Id FROM Contact WHERE Id LIKE 'x'",
        "SELECT Id FROM Contact WHERE Email = 'a' OR Email = 'b' AND Id = 'c'",
        "SELECT Id FROM Contact WHERE Email = 'a'b'",
        "SELECT Id FROM Contact WHERE Email = 'a\\q'",
        "SELECT Id FROM Contact LIMIT x",
        "SELECT Id FROM Contact; DROP",
    ],
)
def test_the_sandbox_takes_no_query_that_salesforce_would_not(query: str) -> None:
    with pytest.raises(Malformed):
        parse(query)
