"""Settings, the check, what an account lacks, and what its answers mean."""

import json
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from connectors.hubspot import CONNECTOR
from connectors.hubspot.commands import Person, SaveContact
from connectors.hubspot.sandbox_portal import Declined
from connectors.hubspot.settings import way
from hub.connector import Headers, OAuth2
from hub.domain.errors import HubError, NeedsAttention, TryLater
from tests.connectors.hubspot.portal import Crm, settings

PUBLIC = {"access_token": None, "client_id": "c", "client_secret": "shh"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"access_token": None},
        {"client_id": "c", "client_secret": "s"},  # both ways in at once
        {"webhook_url": "http://hub.example/x"},
        {"base_url": "http://api.example"},
        {"portal_id": "62515x"},
        {"currency": "EURO"},
        {"stages": {"piad": "x"}},
        {"stages": {"paid": ""}},
        {"deals": "some"},
    ],
)
def test_settings_that_cannot_be_right_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_a_private_app_has_a_token_and_a_public_one_refreshes_it() -> None:
    private, public = way(settings()).auth, way(settings(**PUBLIC)).auth

    assert isinstance(private, Headers) and private.headers == {"Authorization": "Bearer sandbox-token"}
    assert isinstance(public, OAuth2)
    assert (public.client_auth, public.token_url) == ("body", "http://localhost/oauth/v1/token")
    assert "crm.objects.deals.write" in public.scopes and public.authorize_url.startswith("https://")
    assert "shh" not in repr(public) and "sandbox-token" not in repr(private)


def test_a_good_status_with_a_page_of_html_is_no_answer() -> None:
    with pytest.raises(ValueError, match="JSON"):
        refusal(200, b"<html>")
    assert refusal(204, b"") is None


def refusal(status: int, body: Any = None, **headers: str) -> HubError | None:
    assert CONNECTOR.verdict is not None
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = httpx.Request("PATCH", "https://api.hubapi.com/crm/v3/objects/deals/1")
    return CONNECTOR.verdict(httpx.Response(status, content=content, headers=headers, request=request))


@pytest.mark.parametrize(
    ("policy", "seconds"), [("TEN_SECONDLY_ROLLING", 10), ("SECONDLY", 1), ("DAILY", 3600), ("NEW", 10), (None, 10)]
)
def test_which_limit_was_reached_tells_how_long_to_wait(policy: str | None, seconds: int) -> None:
    error = refusal(429, {"status": "error", "message": "You have reached your limit.", "policyName": policy})

    assert isinstance(error, TryLater) and error.after.total_seconds() == seconds


def test_a_longer_wait_in_the_header_counts_even_on_a_page_of_html() -> None:
    error = refusal(429, b"<html>no</html>", **{"retry-after": "77"})

    assert isinstance(error, TryLater) and error.after.total_seconds() == 77


@pytest.mark.parametrize("status", [409, 423, 477])
def test_what_may_work_next_time_is_tried_later(status: int) -> None:
    assert isinstance(refusal(status, {"message": "x"}), TryLater)


@pytest.mark.parametrize("status", [200, 207, 400, 401, 403, 404, 500])
def test_other_answers_are_left_to_the_usual_reading(status: int) -> None:
    assert refusal(status, {"message": 'Property "x" does not exist', "category": None}) is None
    assert status < 300 or refusal(status, b"<html>") is None


async def found(crm: Crm) -> dict[str, str]:
    assert CONNECTOR.check is not None
    return {each.subject: each.message async for each in CONNECTOR.check(crm.account) if not each.ok}


async def test_an_account_that_fits_has_nothing_to_complain_of() -> None:
    assert await found(Crm(options={"multicurrency": True})) == {}


async def test_what_does_not_fit_is_named() -> None:
    stages = {"paid": "paid-in-full"}
    crm = Crm(options={"portal_id": "1", "currency": "GBP", "stages": stages}, prepared=False)

    wrong = await found(crm)

    assert set(wrong) == {
        "credentials",
        "currency",
        "stages.paid",
        "property orderhub_customer of contacts",
        "property orderhub_wrote of contacts",
        "property orderhub_order of deals",
        "property orderhub_command of deals",
    }
    assert "unique values" in wrong["property orderhub_order of deals"]


async def test_a_pipeline_that_is_not_there_and_an_order_property_that_is_not_unique_are_named() -> None:
    crm = Crm(options={"pipeline": "other"})
    crm.portal.definitions["deals"]["orderhub_order"]["hasUniqueValue"] = False

    wrong = await found(crm)

    assert set(wrong) == {"pipeline", "property orderhub_order of deals"}


async def test_a_token_that_is_refused_ends_the_check_at_once() -> None:
    crm = Crm()
    crm.sandbox.access_token = "another"

    assert set(await found(crm)) == {"credentials"}
    with pytest.raises(NeedsAttention):
        await CONNECTOR.fetch["deal"](crm.account, "1")


async def test_what_is_missing_is_created_when_it_is_needed_and_once() -> None:
    crm = Crm(prepared=False)

    for _ in range(2):
        await crm.push(SaveContact(subject="cus_a", person=Person(email="ada@example.com")))

    assert sum(path.startswith("/crm/v3/properties") and method == "POST" for method, path in crm.sandbox.calls) == 4
    assert await found(crm) == {}


async def test_a_search_by_a_property_that_is_missing_creates_it() -> None:
    crm = Crm(prepared=False)

    assert await crm.pull("deals", "since:2026-11-22T00:00:00Z") == ([], "at:1795305300000", False)
    assert await found(crm) == {}


async def test_whoever_may_not_create_properties_is_told_which_are_missing() -> None:
    crm = Crm(prepared=False)
    crm.portal.define = _forbidden  # type: ignore[method-assign, assignment]  # for this test alone

    with pytest.raises(NeedsAttention, match=r"orderhub_.*create our properties.*403"):
        await crm.push(SaveContact(subject="cus_a", person=Person(email="ada@example.com")))
    assert crm.sandbox.state()["contacts"] == []


async def test_properties_that_another_process_creates_meanwhile_are_no_trouble() -> None:
    crm = Crm(prepared=False)
    define = crm.portal.define

    def raced(objects: str, definition: Any) -> Any:
        define(objects, definition)
        return define(objects, definition)  # 409

    crm.portal.define = raced  # type: ignore[method-assign]  # for this test alone

    (record,) = await crm.push(SaveContact(subject="cus_a", person=Person(email="ada@example.com")))

    assert record.claims == ("cus_a",)


def _forbidden(_objects: str, _definition: Any) -> Any:
    raise Declined(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes")


async def test_the_token_server_gives_tokens_that_end() -> None:
    crm = Crm()
    http = crm.account.http
    form = {"grant_type": "refresh_token", "client_id": "sandbox-client", "client_secret": "client-secret"}

    refused = await _token(http, form | {"refresh_token": "wrong"})
    token = (await _token(http, form | {"refresh_token": "sandbox-refresh"})).json()
    http.headers["Authorization"] = f"Bearer {token['access_token']}"

    assert refused.status_code == 400 and token["refresh_token"] == "sandbox-refresh"
    assert (await http.get("/account-info/v3/details")).status_code == 200
    crm.clock.forward(seconds=token["expires_in"])
    with pytest.raises(NeedsAttention):
        await http.get("/account-info/v3/details")


async def _token(http: httpx.AsyncClient, form: dict[str, str]) -> httpx.Response:
    http.event_hooks["response"], hooks = [], http.event_hooks["response"]
    try:
        return await http.post("/oauth/v1/token", data=form)
    finally:
        http.event_hooks["response"] = hooks
